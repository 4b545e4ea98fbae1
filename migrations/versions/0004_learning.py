"""Learning: each site's models, and examples that publishers' keys sent."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UP = (
    # `content` is the packed adapter; a refused one is not kept, only what spoke against it.
    # live: in use. retired: was live until a newer one came. withdrawn: a person took it back.
    """
    create table model (
        site_id uuid not null references site (id),
        id uuid primary key,
        number integer not null check (number > 0),
        base text not null,
        name text not null,
        content bytea,
        status text not null check (status in ('live', 'retired', 'withdrawn', 'refused')),
        report json not null,
        created_at timestamptz not null default now(),
        live_since timestamptz,
        unique (site_id, number),
        check ((content is null) = (status = 'refused'))
    )
    """,
    "create unique index model_live on model (site_id) where status = 'live'",
    """
    create table example (
        site_id uuid not null references site (id),
        id uuid primary key,
        api_key_id uuid not null references api_key (id),
        text text not null check (length(text) between 1 and 20480),
        label text not null check (label in ('spam', 'ham', 'abuse', 'fine')),
        source text not null check (source in ('submit-spam', 'submit-ham', 'suggestscore')),
        score real check (score between 0 and 1),
        trusted boolean not null default false,
        created_at timestamptz not null default now()
    )
    """,
    "create index example_trusted on example (site_id, created_at) where trusted",
    "create index example_key on example (api_key_id, created_at)",
)

DOWN = ("drop table example, model",)


def upgrade() -> None:
    """Create both."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop both."""
    for statement in DOWN:
        op.execute(statement)
