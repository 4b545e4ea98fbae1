"""What can be searched for in a comment, in words that end."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# PostgreSQL's parser looks ahead through a run of letters and signs for an address, again from each
# of its words: ten thousand characters of "1a@1a@1a@" took it ten seconds, sixty thousand minutes.
BEGIN = """
create or replace function search_text(words text) returns text
language sql immutable parallel safe
"""
FOLDED = r"""
    regexp_replace(
        regexp_replace(normalize(lower(words), NFKD), '[\u0300-\u036f]', '', 'g'),
        '([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff])', ' \1 ', 'g'
    )
"""


def upgrade() -> None:
    """Part runs of over a hundred characters, in what is kept as in what is asked for.

    Not before a hyphen, which is a "not" where a word of a search begins with it.
    """
    op.execute(rf"{BEGIN} return regexp_replace({FOLDED}, '(\S{{100}}-*)', '\1 ', 'g')")


def downgrade() -> None:
    """As it was."""
    op.execute(f"{BEGIN} return {FOLDED}")
