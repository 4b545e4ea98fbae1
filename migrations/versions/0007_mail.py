"""The outbox for mail."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

UP = (
    """
    create table mail (
        id uuid primary key,
        site_id uuid references site on delete cascade,
        kind text not null,
        recipient text not null,
        sealed bytea not null,
        attempts smallint not null default 0,
        next_at timestamptz not null default now(),
        useless_at timestamptz not null,
        error text,
        failed_at timestamptz,
        given_up boolean not null default false,
        created_at timestamptz not null default now()
    )
    """,
    "create index mail_due on mail (next_at) where not given_up",
    "create index mail_failed on mail (site_id, failed_at) where error is not null",
)

DOWN = ("drop table mail",)


def upgrade() -> None:
    """Add everything."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Take it back."""
    for statement in DOWN:
        op.execute(statement)
