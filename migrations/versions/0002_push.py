"""Push: VAPID keys, subscriptions, alerts, their delivery batches and receipts."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UP = (
    """
    create table vapid_key (
        site_id uuid not null references site (id),
        id text not null,
        public_key bytea not null check (length(public_key) = 65),
        private_key bytea not null,
        created_at timestamptz not null default now(),
        retired_at timestamptz,
        primary key (site_id, id)
    )
    """,
    "create unique index vapid_key_current on vapid_key (site_id) where retired_at is null",
    # A removed subscription keeps its hash, so that the same browser gets its row (and token)
    # back, and its reason; what could still reach or describe the reader is erased.
    """
    create table subscription (
        site_id uuid not null references site (id),
        id uuid primary key,
        endpoint_hash bytea not null check (length(endpoint_hash) = 32),
        endpoint text,
        p256dh bytea check (length(p256dh) = 65),
        auth bytea check (length(auth) = 16),
        topics text[] not null,
        time_zone text,
        locale text,
        vapid_key_id text not null,
        address_hash bytea,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        last_success_at timestamptz,
        failures integer not null default 0,
        removed_at timestamptz,
        removed_reason text check (removed_reason in ('unsubscribed', 'gone', 'refused')),
        unique (site_id, endpoint_hash),
        foreign key (site_id, vapid_key_id) references vapid_key (site_id, id),
        check ((removed_at is null) = (removed_reason is null)),
        check (removed_at is not null or (endpoint, p256dh, auth) is not null)
    )
    """,
    "create index subscription_audience on subscription (site_id, id) where removed_at is null",
    "create index subscription_removed on subscription (site_id, removed_at) where removed_at is not null",
    "create index subscription_address on subscription (updated_at) where address_hash is not null",
    """
    create table alert (
        site_id uuid not null references site (id),
        id uuid primary key,
        article_id uuid not null references article (id),
        edition integer not null check (edition > 0),
        title text not null,
        body text not null,
        image text,
        url text not null,
        topics text[] not null,
        urgency text not null check (urgency in ('very-low', 'low', 'normal', 'high')),
        ttl integer not null check (ttl between 0 and 2419200),
        state text not null default 'scheduled'
            check (state in ('scheduled', 'sending', 'sent', 'cancelled')),
        send_at timestamptz not null,
        created_at timestamptz not null default now(),
        started_at timestamptz,
        finished_at timestamptz,
        shown integer not null default 0,
        clicked integer not null default 0,
        receipts_folded_at timestamptz,
        unique (article_id, edition),
        check ((started_at is null) = (state in ('scheduled', 'cancelled')))
    )
    """,
    "create index alert_site on alert (site_id, id)",
    "create index alert_due on alert (send_at) where state = 'scheduled'",
    "create index alert_sending on alert (id) where state = 'sending'",
    "create index alert_receipts on alert (started_at) where receipts_folded_at is null",
    # One letter of `outcomes` for each subscription, in order: p(ending), a(ccepted), g(one),
    # f(ailed), s(kipped). The counters are generated from the letters, so that no two places
    # can disagree about what happened. A batch has one origin: its back-off is nobody else's.
    """
    create table delivery_batch (
        site_id uuid not null references site (id),
        alert_id uuid not null references alert (id),
        number integer not null,
        origin text not null,
        subscription_ids uuid[] not null,
        outcomes text not null check (outcomes ~ '^[pagfs]+$'),
        accepted integer generated always as (length(outcomes) - length(replace(outcomes, 'a', ''))) stored,
        gone integer generated always as (length(outcomes) - length(replace(outcomes, 'g', ''))) stored,
        failed integer generated always as (length(outcomes) - length(replace(outcomes, 'f', ''))) stored,
        skipped integer generated always as (length(outcomes) - length(replace(outcomes, 's', ''))) stored,
        pending integer generated always as (length(outcomes) - length(replace(outcomes, 'p', ''))) stored,
        attempts integer not null default 0,
        not_before timestamptz not null,
        lease uuid,
        leased_until timestamptz,
        done_at timestamptz,
        primary key (alert_id, number),
        check (length(outcomes) = cardinality(subscription_ids)),
        check (done_at is null or position('p' in outcomes) = 0)
    )
    """,
    "create index delivery_batch_open on delivery_batch (not_before, number) where done_at is null",
    "create index delivery_batch_undone on delivery_batch (alert_id) where done_at is null",
    # Who was shown an alert is nobody's business: `tag` is a keyed hash, kept until the counts
    # are folded into the alert.
    """
    create table receipt (
        site_id uuid not null references site (id),
        alert_id uuid not null references alert (id),
        event text not null check (event in ('shown', 'clicked')),
        tag bytea not null,
        primary key (alert_id, event, tag)
    )
    """,
)

DOWN = ("drop table receipt, delivery_batch, alert, subscription, vapid_key",)


def upgrade() -> None:
    """Create everything."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop everything."""
    for statement in DOWN:
        op.execute(statement)
