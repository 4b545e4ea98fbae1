"""Feeds: what is polled when, what was seen of it, and the hubs that tell when to look."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

UP = (
    # `given`: the address as it was added; `url` follows permanent redirects. `primed_at`: since when
    # new entries may alert. `newest`: the latest time of an entry that was seen. `poked_at`: a hub
    # has said that something is new. `floor`: seconds that the feed asks to wait. Without `next_poll_at` a feed is never polled: it has stopped.
    """
    create table feed (
        site_id uuid not null references site (id),
        id uuid primary key,
        url text not null,
        given text not null,
        host text not null,
        alert boolean not null default false,
        format text check (format in ('rss', 'atom', 'json', 'sitemap')),
        title text,
        etag text,
        modified text,
        primed_at timestamptz,
        newest timestamptz,
        floor double precision,
        refused integer not null default 0,
        refused_url text,
        notice text,
        noticed_at timestamptz,
        last_poll_at timestamptz,
        last_status integer,
        last_error text,
        failures integer not null default 0,
        stopped text,
        next_poll_at timestamptz default now(),
        poked_at timestamptz,
        lease uuid,
        leased_until timestamptz,
        created_by uuid references moderator (id),
        created_at timestamptz not null default now(),
        unique (site_id, url),
        check ((stopped is null) = (next_poll_at is not null))
    )
    """,
    "create index feed_due on feed (next_poll_at) where next_poll_at is not null",
    "create index feed_leased on feed (host) where lease is not null",
    # `title` as the feed last gave it. `made`: the feed has registered the article, and may rename it.
    # Without `article_id`: a worker ended before it was registered.
    """
    create table feed_entry (
        site_id uuid not null references site (id),
        feed_id uuid not null references feed (id) on delete cascade,
        identity bytea not null,
        url text not null,
        title text not null,
        article_id uuid references article (id),
        made boolean not null default false,
        alert_id uuid references alert (id),
        published_at timestamptz,
        first_seen timestamptz not null default now(),
        last_seen timestamptz not null default now(),
        primary key (feed_id, identity)
    )
    """,
    "create index feed_entry_article on feed_entry (feed_id, article_id)",
    "create index feed_entry_first on feed_entry (feed_id, first_seen)",
    "create index feed_entry_last on feed_entry (last_seen)",
    # WebSub. `secret` is sealed (service/core/sealing.py). `asked_at`: the hub was asked then, and may
    # ask back for a day. `told_at`: the hub has told something since it last failed to.
    """
    create table feed_hub (
        site_id uuid not null references site (id),
        feed_id uuid primary key references feed (id) on delete cascade,
        hub text not null,
        topic text not null,
        secret bytea not null,
        state text not null check (state in ('asked', 'active', 'denied', 'failed')),
        asked_at timestamptz not null default now(),
        lease_until timestamptz,
        told_at timestamptz,
        next_try_at timestamptz not null,
        last_error text
    )
    """,
)

DOWN = ("drop table feed_hub, feed_entry, feed",)


def upgrade() -> None:
    """Create everything."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop everything; articles and alerts that came of feeds stay."""
    for statement in DOWN:
        op.execute(statement)
