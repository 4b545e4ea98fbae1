"""Alarms and digests: whom a site tells, when, and what they have been told."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UP = (
    # A null in the first column of an alarm's: that alarm is off.
    """
    create table notice_rule (
        site_id uuid primary key references site (id) on delete cascade,
        recipients text[] not null,
        time_zone text,
        digest text not null check (digest in ('off', 'daily', 'weekly')),
        digest_hour smallint not null check (digest_hour between 0 and 23),
        digest_day smallint not null check (digest_day between 0 and 6),
        digest_at timestamptz not null,
        held_minutes integer check (held_minutes > 0),
        staffed_only boolean not null,
        jump_times real check (jump_times > 1),
        jump_comments integer not null,
        jump_reports integer not null,
        failing_count integer check (failing_count > 0),
        failing_share real not null,
        updated_by uuid references moderator (id),
        updated_at timestamptz not null default now()
    )
    """,
    # A row an alarm that was ever on; null in `since`: it is over. Whoever changes a row tells of
    # it in the same transaction, so that two workers never tell twice.
    """
    create table notice_state (
        site_id uuid not null references notice_rule (site_id) on delete cascade,
        alarm text not null check (alarm in ('held', 'comments', 'reports', 'classifier')),
        since timestamptz,
        told_at timestamptz not null,
        said text not null,
        primary key (site_id, alarm)
    )
    """,
    "create index report_site on report (site_id, created_at)",
)

DOWN = ("drop index report_site", "drop table notice_state, notice_rule")


def upgrade() -> None:
    """Add everything."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Take it back."""
    for statement in DOWN:
        op.execute(statement)
