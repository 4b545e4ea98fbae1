"""What was imported, in the order in which it came: for copies elsewhere."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the order."""
    op.execute("create index imported_order on imported (site_id, imported_at, comment_id)")


def downgrade() -> None:
    """Drop it."""
    op.execute("drop index imported_order")
