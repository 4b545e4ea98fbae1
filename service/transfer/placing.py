"""Where a comment hangs: the same rule as for what is posted (comments/rules.py)."""

from uuid import UUID

from service.comments.rules import DEEPEST
from service.transfer.store import Known


def place(ident: UUID, article_id: UUID, parent: Known | None) -> Known:
    """The place of a new comment: a reply stays in its parent's article and thread."""
    if parent is None:
        return Known(ident, article_id, None, None, 0)
    root = parent.root_id or parent.id
    if parent.depth >= DEEPEST:
        return Known(ident, parent.article_id, root, parent.parent_id, DEEPEST)
    return Known(ident, parent.article_id, root, parent.id, parent.depth + 1)
