"""Whether a site's desk shows from the start which words carried a score."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Off: first the text is read."""
    op.execute("alter table site add column words_marked boolean not null default false")


def downgrade() -> None:
    """Take it back."""
    op.execute("alter table site drop column words_marked")
