"""Ledgers of other sites: who decided there; and a comment may have come by several imports."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

UP = (
    # The actor of such a row is 'import': nobody here did it. Who did it there is told beside.
    "alter table ledger add column imported_actor text, add column imported_moderator text",
    # Who sanctioned a reader elsewhere, '' where that isn't known; null: somebody did it here.
    "alter table sanction add column imported_by text",
    "drop trigger sanction_tells_webhooks on sanction",
    """
    create trigger sanction_tells_webhooks after insert on sanction
    for each row when (new.imported_by is null) execute function sanction_tells_webhooks()
    """,
    "drop index imported_comment",
    "create index imported_comment on imported (comment_id)",
)

DOWN = (
    """
    delete from imported i using imported o
    where o.comment_id = i.comment_id
        and (o.imported_at, o.source, o.source_id) < (i.imported_at, i.source, i.source_id)
    """,
    "drop index imported_comment",
    "create unique index imported_comment on imported (comment_id)",
    "drop trigger sanction_tells_webhooks on sanction",
    "alter table sanction drop column imported_by",
    """
    create trigger sanction_tells_webhooks after insert on sanction
    for each row execute function sanction_tells_webhooks()
    """,
    "alter table ledger drop column imported_moderator, drop column imported_actor",
)


def upgrade() -> None:
    """Let both be told."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Forget both; the import that came first stays."""
    for statement in DOWN:
        op.execute(statement)
