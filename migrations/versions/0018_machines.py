"""Keys of other systems: quotas, what each was used for, and what it sent to be learnt from."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

UP = (
    # quota: requests a minute, null for none. keeps: texts that it doesn't forbid to store may be.
    # trusted: the models of its site learn from what it sends.
    """
    alter table api_key
        add column quota integer check (quota between 1 and 1000000),
        add column keeps boolean not null default false,
        add column trusted boolean not null default false
    """,
    # One text says one thing of spam and one of abuse for each key: sent again, it is replaced.
    # Null in what is older than this.
    "alter table example add column text_hash bytea",
    """
    create unique index example_once
        on example (api_key_id, text_hash, (label in ('spam', 'ham')))
        where text_hash is not null
    """,
    "create index example_newest on example (api_key_id, id desc)",
    # blog: the address of the site that called, as it says itself; '' where the protocol has none.
    """
    create table key_usage (
        site_id uuid not null references site (id),
        api_key_id uuid not null references api_key (id),
        day date not null,
        blog text not null check (length(blog) <= 200),
        calls bigint not null default 0,
        spam bigint not null default 0,
        ham bigint not null default 0,
        missed_spam bigint not null default 0,
        false_positives bigint not null default 0,
        primary key (api_key_id, day, blog)
    )
    """,
    # Texts that a client let be stored. Forgotten after 30 days.
    """
    create table kept_text (
        site_id uuid not null references site (id),
        id uuid primary key,
        api_key_id uuid not null references api_key (id),
        text text not null check (length(text) between 1 and 20480),
        scores json not null,
        created_at timestamptz not null default now()
    )
    """,
    "create index kept_text_newest on kept_text (api_key_id, id desc)",
    "create index kept_text_age on kept_text (created_at)",
    # What is known of an address, an e-mail, a name or a linked host of those who comment
    # elsewhere: digests only, by day, forgotten after 30 days.
    """
    create table sender_day (
        site_id uuid not null references site (id),
        kind text not null check (kind in ('address', 'email', 'author', 'host')),
        digest bytea not null,
        day date not null,
        checked integer not null default 0,
        taken integer not null default 0,
        spam integer not null default 0,
        ham integer not null default 0,
        primary key (site_id, kind, digest, day)
    )
    """,
    "create index sender_day_age on sender_day (day)",
)

DOWN = (
    "drop table sender_day, kept_text, key_usage",
    "drop index example_newest, example_once",
    "alter table example drop column text_hash",
    "alter table api_key drop column quota, drop column keeps, drop column trusted",
)


def upgrade() -> None:
    """Add what a key may do, and the three tables."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Forget quotas, trust, usage and records."""
    for statement in DOWN:
        op.execute(statement)
