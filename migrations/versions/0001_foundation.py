"""Sites, accounts, articles, comments, screening and the ledger."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UP = (
    """
    create table site (
        id uuid primary key,
        slug text not null unique check (slug ~ '^[a-z0-9](-?[a-z0-9])*$' and length(slug) <= 63),
        name text not null,
        origins text[] not null,
        created_at timestamptz not null default now()
    )
    """,
    """
    create table api_key (
        site_id uuid not null references site (id),
        id uuid primary key,
        token_hash bytea not null unique,
        scopes text[] not null,
        created_at timestamptz not null default now(),
        revoked_at timestamptz
    )
    """,
    """
    create table moderator (
        id uuid primary key,
        email text not null unique,
        name text not null,
        name_key text not null,
        role text not null check (role in ('moderator', 'editor')),
        all_sites boolean not null,
        created_at timestamptz not null default now(),
        disabled_at timestamptz
    )
    """,
    "create index moderator_name on moderator (name_key) where disabled_at is null",
    """
    create table moderator_site (
        site_id uuid not null references site (id),
        moderator_id uuid not null references moderator (id),
        primary key (moderator_id, site_id)
    )
    """,
    """
    create table moderator_token (
        token_hash bytea primary key,
        moderator_id uuid not null references moderator (id),
        kind text not null check (kind in ('api', 'link', 'session')),
        created_at timestamptz not null default now(),
        expires_at timestamptz
    )
    """,
    "create index moderator_token_moderator on moderator_token (moderator_id)",
    """
    create table article (
        site_id uuid not null references site (id),
        id uuid primary key,
        key text not null,
        url text not null,
        title text not null,
        summary text,
        image text,
        section text,
        tags text[] not null default '{}',
        published_at timestamptz,
        open boolean not null default true,
        mode text check (mode in ('post', 'pre')),
        verified boolean not null,
        comment_count integer not null default 0,
        thread_version bigint not null default 1,
        thread_at timestamptz not null default now(),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        unique (site_id, key)
    )
    """,
    """
    create table article_alias (
        site_id uuid not null references site (id),
        kind text not null check (kind in ('key', 'url')),
        value text not null,
        article_id uuid not null references article (id),
        verified boolean not null,
        primary key (site_id, kind, value)
    )
    """,
    "create index article_alias_article on article_alias (article_id)",
    """
    create table reader (
        site_id uuid not null references site (id),
        id uuid primary key,
        email text not null,
        name text not null,
        name_key text not null,
        confirmed_at timestamptz,
        created_at timestamptz not null default now(),
        unique (site_id, email)
    )
    """,
    "create index reader_reserved_name on reader (site_id, name_key) where confirmed_at is not null",
    """
    create table sanction (
        site_id uuid not null references site (id),
        id uuid primary key,
        reader_id uuid not null references reader (id),
        kind text not null check (kind in ('hold', 'ban')),
        reason text not null,
        until timestamptz,
        created_by uuid references moderator (id),
        created_at timestamptz not null default now(),
        lifted_at timestamptz
    )
    """,
    "create index sanction_reader on sanction (reader_id) where lifted_at is null",
    """
    create table comment (
        site_id uuid not null references site (id),
        id uuid primary key,
        article_id uuid not null references article (id),
        root_id uuid references comment (id),
        parent_id uuid references comment (id),
        depth smallint not null check (depth between 0 and 4),
        reader_id uuid not null references reader (id),
        author_name text not null,
        badge text,
        website text,
        notify boolean not null default false,
        body text not null,
        html text not null,
        status text not null check (status in ('published', 'held', 'rejected', 'spam', 'removed')),
        reason text,
        risk real not null,
        version integer not null default 1,
        likes integer not null default 0,
        reports integer not null default 0,
        reply_count integer not null default 0,
        address_hash bytea,
        created_at timestamptz not null,
        edited_at timestamptz,
        check ((root_id is null) = (depth = 0) and (parent_id is null) = (depth = 0))
    )
    """,
    # A root stays in its thread while published comments hang below it, whatever became of it.
    """
    create index comment_thread on comment (article_id, created_at, id)
    where root_id is null and (status = 'published' or reply_count > 0)
    """,
    """
    create index comment_thread_top on comment (article_id, likes, created_at, id)
    where root_id is null and (status = 'published' or reply_count > 0)
    """,
    """
    create index comment_replies on comment (root_id, created_at, id)
    where root_id is not null and status = 'published'
    """,
    "create index comment_parent on comment (parent_id) where parent_id is not null",
    "create index comment_queue on comment (site_id, status, created_at, id)",
    "create index comment_risk on comment (site_id, risk desc, id) where status = 'held'",
    "create index comment_reported on comment (site_id, created_at, id) where reports > 0 and status = 'published'",
    "create index comment_reader on comment (reader_id, created_at)",
    "create index comment_address on comment (site_id, address_hash, created_at) where address_hash is not null",
    """
    create table fingerprint (
        site_id uuid not null references site (id),
        comment_id uuid primary key references comment (id),
        exact bytea not null,
        bands bigint[] not null,
        sketch bytea not null,
        created_at timestamptz not null default now()
    )
    """,
    "create index fingerprint_exact on fingerprint (exact)",
    # A row a band: with a GIN index on the array the planner chose to scan small tables, which
    # cost four times as much as all other statements of a posted comment together.
    """
    create table fingerprint_band (
        site_id uuid not null references site (id),
        band bigint not null,
        comment_id uuid not null,
        primary key (band, comment_id)
    )
    """,
    "create index fingerprint_age on fingerprint (created_at)",
    # json, not jsonb: read back whole and far more often than searched.
    """
    create table screening (
        site_id uuid not null references site (id),
        id uuid primary key,
        comment_id uuid not null references comment (id),
        comment_version integer not null,
        model text,
        policy_version integer not null,
        verdict text not null check (verdict in ('publish', 'hold', 'spam')),
        reason text,
        risk real not null,
        signals json not null,
        created_at timestamptz not null default now()
    )
    """,
    "create index screening_comment on screening (comment_id, id)",
    "create index screening_site on screening (site_id, id)",
    """
    create table ledger (
        site_id uuid not null references site (id),
        id uuid primary key,
        comment_id uuid not null references comment (id),
        actor text not null check (actor in ('machine', 'moderator', 'author', 'system')),
        moderator_id uuid references moderator (id),
        from_status text,
        to_status text not null,
        version integer not null,
        reason text,
        note text,
        batch_id uuid,
        created_at timestamptz not null default now()
    )
    """,
    "create index ledger_comment on ledger (comment_id, id)",
    "create index ledger_site on ledger (site_id, id)",
    "create index ledger_batch on ledger (batch_id) where batch_id is not null",
    """
    create function ledger_is_append_only() returns trigger language plpgsql as $$
    begin
        raise exception 'the ledger is append-only' using errcode = 'restrict_violation';
    end
    $$
    """,
    """
    create trigger ledger_append_only before update or delete on ledger
    for each row execute function ledger_is_append_only()
    """,
    """
    create table report (
        site_id uuid not null references site (id),
        comment_id uuid not null references comment (id),
        reporter bytea not null,
        reason text not null,
        note text,
        created_at timestamptz not null default now(),
        primary key (comment_id, reporter)
    )
    """,
    """
    create table reaction (
        site_id uuid not null references site (id),
        comment_id uuid not null references comment (id),
        reactor bytea not null,
        created_at timestamptz not null default now(),
        primary key (comment_id, reactor)
    )
    """,
    """
    create table policy (
        site_id uuid not null references site (id),
        version integer not null,
        rules json not null,
        created_by uuid references moderator (id),
        created_at timestamptz not null default now(),
        primary key (site_id, version)
    )
    """,
    """
    create table idempotency (
        site_id uuid not null references site (id),
        key_hash bytea not null,
        request_hash bytea not null,
        comment_id uuid not null references comment (id),
        created_at timestamptz not null default now(),
        primary key (site_id, key_hash)
    )
    """,
    "create index idempotency_age on idempotency (created_at)",
    # Unlogged: counters of the last minutes are worth no crash recovery.
    """
    create unlogged table rate_limit (
        bucket bytea primary key,
        full_at timestamptz not null
    )
    """,
    "create index rate_limit_age on rate_limit (full_at)",
)

DOWN = (
    """
    drop table rate_limit, idempotency, policy, reaction, report, ledger, screening,
        fingerprint_band, fingerprint,
        comment, sanction, reader, article_alias, article, moderator_token, moderator_site,
        moderator, api_key, site
    """,
    "drop function ledger_is_append_only()",
)


def upgrade() -> None:
    """Create everything."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop everything."""
    for statement in DOWN:
        op.execute(statement)
