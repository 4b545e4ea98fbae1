"""Passwords, identities at another provider, labels of keys and tokens, who changed accounts."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UP = (
    # Disabled members are shown and can come back; removed ones are only what the ledger names.
    "alter table moderator add column removed_at timestamptz",
    "alter table moderator add check (removed_at is null or disabled_at is not null)",
    # method: how a session was opened. agent: the browser's own name for itself.
    """
    alter table moderator_token
        add column id uuid not null unique default gen_random_uuid(),
        add column label text not null default '',
        add column method text check (method in ('link', 'password', 'openid')),
        add column agent text not null default '',
        add column last_used_at timestamptz
    """,
    """
    alter table api_key
        add column label text not null default '',
        add column created_by uuid references moderator (id),
        add column last_used_at timestamptz
    """,
    "create index api_key_site on api_key (site_id, id) where revoked_at is null",
    # Apart from the moderator, so that no ordinary read carries the hash.
    """
    create table moderator_password (
        moderator_id uuid primary key references moderator (id),
        hash text not null,
        changed_at timestamptz not null default now()
    )
    """,
    """
    create table moderator_identity (
        issuer text not null,
        subject text not null,
        moderator_id uuid not null references moderator (id),
        created_at timestamptz not null default now(),
        primary key (issuer, subject),
        unique (moderator_id, issuer)
    )
    """,
    # actor_id null: the command line. site_ids: the sites that it is about, none for all of them.
    """
    create table account_event (
        id uuid primary key,
        actor_id uuid references moderator (id),
        action text not null,
        moderator_id uuid references moderator (id),
        site_ids uuid[] not null,
        detail json not null,
        created_at timestamptz not null default now()
    )
    """,
    """
    create function account_event_is_append_only() returns trigger language plpgsql as $$
    begin
        raise exception 'account_event is append-only' using errcode = 'restrict_violation';
    end
    $$
    """,
    """
    create trigger account_event_append_only before update or delete on account_event
    for each row execute function account_event_is_append_only()
    """,
)

DOWN = (
    "drop table account_event",
    "drop function account_event_is_append_only()",
    "drop table moderator_identity, moderator_password",
    "drop index api_key_site",
    """
    alter table api_key drop column label, drop column created_by, drop column last_used_at
    """,
    """
    alter table moderator_token
        drop column id, drop column label, drop column method, drop column agent,
        drop column last_used_at
    """,
    "alter table moderator drop column removed_at",
)


def upgrade() -> None:
    """Add everything."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Take it back."""
    for statement in DOWN:
        op.execute(statement)
