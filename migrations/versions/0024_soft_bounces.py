"""Addresses to which mail didn't get through for the time being, by keyed hash."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table. `days`: on which mail came back, the last one in `last_on`."""
    op.execute(
        """
        create table soft_bounce (
            address_hash bytea primary key,
            days integer not null,
            last_on date not null
        )
        """
    )


def downgrade() -> None:
    """Drop it."""
    op.execute("drop table soft_bounce")
