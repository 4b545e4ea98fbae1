"""Alerts: what a site decides about them, what a reader wants, and push services that need rest."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

UP = (
    # A site without a row has the defaults. `daily_cap`: alerts that one browser gets within 24
    # hours, 0 is any number. Quiet hours are in the reader's time zone. `paused_reason`: 'restored'
    # where the database has forgotten what was sent, 'editor' where somebody has paused.
    """
    create table push_setting (
        site_id uuid primary key references site (id),
        daily_cap integer not null default 20 check (daily_cap between 0 and 1000),
        quiet_from time,
        quiet_until time,
        check_url boolean not null default false,
        utm_source text not null default '',
        utm_medium text not null default '',
        utm_campaign text not null default '',
        icon text not null default '',
        badge text not null default '',
        inactive_days integer not null default 180 check (inactive_days between 0 and 3650),
        paused_at timestamptz,
        paused_reason text check (paused_reason in ('restored', 'editor')),
        updated_at timestamptz not null default now(),
        check ((quiet_from is null) = (quiet_until is null)),
        check ((paused_at is null) = (paused_reason is null))
    )
    """,
    # What a reader wants: fewer than the site's cap, other quiet hours, articles that are followed,
    # topics of which there were too many.
    """
    alter table subscription
        add column daily_cap integer check (daily_cap between 1 and 1000),
        add column quiet_from time,
        add column quiet_until time,
        add column articles uuid[] not null default '{}',
        add column muted text[] not null default '{}',
        add constraint subscription_quiet check ((quiet_from is null) = (quiet_until is null))
    """,
    "alter table subscription drop constraint subscription_removed_reason_check",
    """
    alter table subscription add constraint subscription_removed_reason_check
        check (removed_reason in ('unsubscribed', 'gone', 'refused', 'inactive'))
    """,
    # `breaking` goes beyond caps and quiet hours. `checks`: how often the article's address was
    # asked for in vain, and `check_failed` what it answered last.
    """
    alter table alert
        add column breaking boolean not null default false,
        add column checks integer not null default 0,
        add column check_failed text
    """,
    # Pairs: the seconds since the alert started, how many had been accepted by then.
    "alter table delivery_batch add column progress integer[] not null default '{}'",
    # Of every site: a push service that asks for rest asks all who send to it.
    """
    create table push_origin (
        origin text primary key,
        not_before timestamptz not null,
        failures integer not null check (failures >= 0),
        updated_at timestamptz not null default now()
    )
    """,
    # What tells this database from a copy of it (service/push/restored.py); one row.
    """
    create table database_identity (
        id integer primary key default 1 check (id = 1),
        fingerprint text not null,
        known_at timestamptz not null default now()
    )
    """,
)

DOWN = (
    "drop table database_identity, push_origin, push_setting",
    "alter table delivery_batch drop column progress",
    "alter table alert drop column breaking, drop column checks, drop column check_failed",
    "update subscription set removed_reason = 'refused' where removed_reason = 'inactive'",
    "alter table subscription drop constraint subscription_removed_reason_check",
    """
    alter table subscription add constraint subscription_removed_reason_check
        check (removed_reason in ('unsubscribed', 'gone', 'refused'))
    """,
    """
    alter table subscription
        drop column daily_cap, drop column quiet_from, drop column quiet_until,
        drop column articles, drop column muted
    """,
)


def upgrade() -> None:
    """Add the tables and columns; every site and subscription starts with the defaults."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Forget them; who was removed for inactivity counts as refused."""
    for statement in DOWN:
        op.execute(statement)
