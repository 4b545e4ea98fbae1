"""Why somebody was left out of an alert, and a reader's "fewer like this"."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

UP = (
    # Batches of those who were asked for and left out on purpose: beyond the cap of the day, or
    # because the alert would have been stale after their quiet hours.
    """
    alter table delivery_batch
        add column skipped_for text check (skipped_for in ('cap', 'quiet')),
        add constraint delivery_batch_skipped check (skipped_for is null or done_at is not null)
    """,
    # Kept beside the others, so that the same tap counts once.
    "alter table receipt drop constraint receipt_event_check",
    """
    alter table receipt add constraint receipt_event_check
        check (event in ('shown', 'clicked', 'fewer'))
    """,
)

DOWN = (
    "delete from receipt where event = 'fewer'",
    "alter table receipt drop constraint receipt_event_check",
    """
    alter table receipt add constraint receipt_event_check check (event in ('shown', 'clicked'))
    """,
    "alter table delivery_batch drop constraint delivery_batch_skipped, drop column skipped_for",
    # What the code before this took for all alerts.
    "update subscription set topics = '{}' where topics = '{*}'",
)


def upgrade() -> None:
    """Add the column and the event."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Forget the reasons; those who were left out still count as skipped."""
    for statement in DOWN:
        op.execute(statement)
