"""Letters to readers: who has confirmed an address, the links they are mailed, who wants none."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

UP = (
    "alter table site add column confirm_readers boolean not null default true",
    "alter table reader add column lang text",
    # Whoever has confirmed an address is another reader than whoever types it: known by an id, as
    # those are who sign in (0012), with the address in contact. So that no post by name and
    # address finds them, in this release or in the one before.
    """
    update reader set contact = email, email = id::text
    where confirmed_at is not null and subject is null and contact is null and email like '%@%'
    """,
    """
    create unique index reader_contact on reader (site_id, contact)
    where subject is null and contact is not null
    """,
    # Written with the comment, taken by the worker.
    """
    create table confirmation_due (
        site_id uuid not null references site on delete cascade,
        comment_id uuid primary key references comment on delete cascade,
        lang text not null,
        created_at timestamptz not null default now()
    )
    """,
    "create index confirmation_due_age on confirmation_due (created_at)",
    # `comment_id`: what a confirmation is about; without one, the link opens the reader's page.
    """
    create table reader_link (
        site_id uuid not null references site on delete cascade,
        token_hash bytea primary key,
        address text not null,
        comment_id uuid references comment on delete cascade,
        asked_from bytea,
        lang text not null,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null,
        used_at timestamptz
    )
    """,
    "create index reader_link_address on reader_link (site_id, address, created_at)",
    "create index reader_link_from on reader_link (asked_from, created_at) where asked_from is not null",
    "create index reader_link_age on reader_link (created_at)",
    # `page`: the reader's page is open in a browser; `post`: a browser may write as the reader.
    """
    create table reader_token (
        site_id uuid not null references site on delete cascade,
        token_hash bytea primary key,
        reader_id uuid not null references reader on delete cascade,
        kind text not null check (kind in ('page', 'post')),
        created_at timestamptz not null default now(),
        expires_at timestamptz not null
    )
    """,
    "create index reader_token_reader on reader_token (reader_id, created_at)",
    "create index reader_token_age on reader_token (expires_at)",
    # Keyed hashes: what must be known for ever of an address that mustn't be kept. No site: all.
    """
    create table mail_stop (
        site_id uuid references site on delete cascade,
        address_hash bytea not null,
        reason text not null check (reason in ('asked', 'bounced', 'complained')),
        created_at timestamptz not null default now(),
        unique nulls not distinct (address_hash, site_id)
    )
    """,
    # Whoever owns an address says of a comment under it that somebody else wrote it.
    """
    create table disowned (
        site_id uuid not null references site on delete cascade,
        comment_id uuid primary key references comment on delete cascade,
        created_at timestamptz not null default now()
    )
    """,
)

# Before, a confirmed address and one that was only typed were one reader.
DOWN = (
    "drop table disowned, mail_stop, reader_token, reader_link, confirmation_due",
    "drop index reader_contact",
    """
    update comment c set reader_id = typed.id
    from reader r join reader typed on typed.site_id = r.site_id and typed.email = r.contact
    where c.reader_id = r.id and r.subject is null
    """,
    """
    update sanction s set reader_id = typed.id
    from reader r join reader typed on typed.site_id = r.site_id and typed.email = r.contact
    where s.reader_id = r.id and r.subject is null
    """,
    """
    delete from reader r using reader typed
    where typed.site_id = r.site_id and typed.email = r.contact and r.subject is null
    """,
    """
    update reader set email = contact, contact = null
    where contact is not null and subject is null
    """,
    "alter table reader drop column lang",
    "alter table site drop column confirm_readers",
)


def upgrade() -> None:
    """Add everything."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Take it back; whoever has confirmed an address that others typed too has not any more."""
    for statement in DOWN:
        op.execute(statement)
