"""The policy: facts packed for simulating it, and slow mode."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UP = (
    # service/screening/facts.py has the layout. Null in rows of earlier releases, which are packed
    # from their signals when they are asked about.
    "alter table screening add column packed bytea",
    # Fixed-size floats hardly compress, and trying costs every read.
    "alter table screening alter column packed set storage plain",
    # Facts are read from the index alone: the rows are ten times as wide with their signals.
    "create index screening_facts on screening (site_id, id) include (comment_id, packed)",
    "drop index screening_site",
    # Empty once everything is packed.
    "create index screening_unpacked on screening (id) where packed is null",
    # What was said and done after the machine: a small part of the ledger, read by the simulator.
    """
    create index ledger_people on ledger (site_id, id)
    include (comment_id, actor, to_status) where actor <> 'machine'
    """,
    """
    alter table article add column slow_mode integer check (slow_mode between 0 and 86400)
    """,
)

DOWN = (
    "alter table article drop column slow_mode",
    "drop index ledger_people",
    "drop index screening_unpacked",
    "create index screening_site on screening (site_id, id)",
    "drop index screening_facts",
    "alter table screening drop column packed",
)


def upgrade() -> None:
    """Add everything."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Take it back."""
    for statement in DOWN:
        op.execute(statement)
