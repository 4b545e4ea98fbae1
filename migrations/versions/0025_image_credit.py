"""Whose picture an article's is."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; null: nobody is named."""
    op.execute(
        """
        alter table article add image_credit text
        check (char_length(image_credit) between 1 and 200)
        """
    )


def downgrade() -> None:
    """Drop it."""
    op.execute("alter table article drop column image_credit")
