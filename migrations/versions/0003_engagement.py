"""Shares and support clicks, counted by day without anybody's name."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the counters."""
    op.execute(
        """
        create table engagement_daily (
            site_id uuid not null references site (id),
            article_id uuid not null references article (id),
            day date not null,
            kind text not null check (kind in ('share', 'support')),
            channel text not null,
            count integer not null,
            primary key (article_id, day, kind, channel)
        )
        """
    )


def downgrade() -> None:
    """Drop them."""
    op.execute("drop table engagement_daily")
