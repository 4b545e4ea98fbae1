"""What was imported and not screened yet."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

UP = (
    # A queue of its own: rows go when they are done, and the comment table needs no index for it.
    """
    create table unscreened (
        site_id uuid not null references site (id),
        comment_id uuid primary key,
        held boolean not null
    )
    """,
    "create index unscreened_order on unscreened (held desc, comment_id desc)",
    """
    insert into unscreened (site_id, comment_id, held)
    select i.site_id, i.comment_id, c.status = 'held'
    from imported i join comment c on c.id = i.comment_id
    where c.body <> '' and not exists (select from screening s where s.comment_id = c.id)
    """,
)

DOWN = ("drop table unscreened",)


def upgrade() -> None:
    """Add the queue, with what the release before has imported."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Forget what is to be screened."""
    for statement in DOWN:
        op.execute(statement)
