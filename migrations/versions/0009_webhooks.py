"""Webhooks: where they go, what happened, and what has become of telling it."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UP = (
    # Secrets are sealed (service/core/sealing.py); the one before signs, too, for a day.
    """
    create table webhook (
        site_id uuid not null references site (id),
        id uuid primary key,
        url text not null,
        events text[] not null,
        secret bytea not null,
        previous bytea,
        previous_until timestamptz,
        enabled boolean not null default true,
        stopped text,
        failing_since timestamptz,
        created_by uuid references moderator (id),
        created_at timestamptz not null default now(),
        unique (site_id, url)
    )
    """,
    # What it is about by reference: a text is kept in one place, and erased in one.
    """
    create table webhook_event (
        site_id uuid not null references site (id),
        id uuid primary key default gen_random_uuid(),
        kind text not null,
        comment_id uuid references comment (id) on delete cascade,
        ledger_id uuid references ledger (id) on delete cascade,
        sanction_id uuid references sanction (id) on delete cascade,
        data json not null default '{}',
        created_at timestamptz not null default now()
    )
    """,
    "create index webhook_event_age on webhook_event (created_at)",
    "create index webhook_event_comment on webhook_event (comment_id) where comment_id is not null",
    """
    create table webhook_delivery (
        site_id uuid not null references site (id),
        id uuid primary key default gen_random_uuid(),
        webhook_id uuid not null references webhook (id) on delete cascade,
        event_id uuid not null references webhook_event (id) on delete cascade,
        state text not null default 'pending' check (state in ('pending', 'delivered', 'dead')),
        attempts integer not null default 0,
        next_at timestamptz not null default now(),
        lease uuid,
        leased_until timestamptz,
        last_status integer,
        last_error text,
        created_at timestamptz not null default now(),
        done_at timestamptz,
        unique (event_id, webhook_id)
    )
    """,
    "create index webhook_delivery_due on webhook_delivery (webhook_id, next_at) where state = 'pending'",
    "create index webhook_delivery_leased on webhook_delivery (webhook_id) where lease is not null",
    "create index webhook_delivery_list on webhook_delivery (webhook_id, created_at desc, id desc)",
    "create index webhook_delivery_done on webhook_delivery (done_at) where state <> 'pending'",
    # A job like those of service/core/jobs.py. Where PgQueuer's table isn't there yet, or is another
    # one some day, the sweep finds what waits: a comment must not fail for it.
    """
    create function wake_webhooks() returns void language plpgsql as $$
    begin
        insert into pgqueuer (priority, entrypoint, payload, status)
        values (0, 'webhooks-deliver', '', 'queued');
    exception when undefined_table or undefined_column or not_null_violation then
        null;
    end
    $$
    """,
    """
    create function announce_to_webhooks(
        of_site uuid, what text, of_comment uuid, of_sanction uuid, detail json
    ) returns void language plpgsql as $$
    begin
        with told as (
            insert into webhook_event (site_id, kind, comment_id, sanction_id, data)
            select of_site, what, of_comment, of_sanction, detail
            where exists (
                select from webhook w
                where w.site_id = of_site and w.enabled and what = any(w.events)
            )
            returning id
        )
        insert into webhook_delivery (site_id, webhook_id, event_id)
        select of_site, w.id, told.id from told
        join webhook w on w.site_id = of_site and w.enabled and what = any(w.events)
        for key share of w;
        if found then
            perform wake_webhooks();
        end if;
    end
    $$
    """,
    # Here, so that no change can forget to say it. Set by set: five hundred are decided at once.
    # Webhooks are locked as the foreign key would lock them: one that somebody is removing is waited
    # for and left out, where the key would fail, and a comment with it.
    """
    create function ledger_tells_webhooks() returns trigger language plpgsql as $$
    begin
        if not exists (
            select from webhook w where w.enabled and w.site_id in (select site_id from fresh)
        ) then
            return null;
        end if;
        with heard as (
            select id, site_id, comment_id, case
                when from_status is null then 'comment.created' else 'comment.decided'
            end as kind
            from fresh where from_status is distinct from to_status or actor = 'moderator'
        ), told as (
            insert into webhook_event (site_id, kind, comment_id, ledger_id)
            select site_id, kind, comment_id, id from heard h
            where exists (
                select from webhook w
                where w.site_id = h.site_id and w.enabled and h.kind = any(w.events)
            )
            returning site_id, id, kind
        )
        insert into webhook_delivery (site_id, webhook_id, event_id)
        select told.site_id, w.id, told.id from told
        join webhook w on w.site_id = told.site_id and w.enabled and told.kind = any(w.events)
        for key share of w;
        if found then
            perform wake_webhooks();
        end if;
        return null;
    end
    $$
    """,
    """
    create trigger ledger_tells_webhooks after insert on ledger
    referencing new table as fresh for each statement execute function ledger_tells_webhooks()
    """,
    # Never who has reported, nor the note: it may say who.
    """
    create function report_tells_webhooks() returns trigger language plpgsql as $$
    begin
        perform announce_to_webhooks(
            new.site_id, 'comment.reported', new.comment_id, null,
            json_build_object('reason', new.reason)
        );
        return null;
    end
    $$
    """,
    """
    create trigger report_tells_webhooks after insert on report
    for each row execute function report_tells_webhooks()
    """,
    """
    create function sanction_tells_webhooks() returns trigger language plpgsql as $$
    begin
        perform announce_to_webhooks(
            new.site_id, 'reader.sanctioned', null, new.id,
            json_build_object('state', case when tg_op = 'INSERT' then 'imposed' else 'lifted' end)
        );
        return null;
    end
    $$
    """,
    """
    create trigger sanction_tells_webhooks after insert on sanction
    for each row execute function sanction_tells_webhooks()
    """,
    """
    create trigger sanction_lifted_tells_webhooks after update on sanction
    for each row when (old.lifted_at is null and new.lifted_at is not null)
    execute function sanction_tells_webhooks()
    """,
)

DOWN = (
    "drop trigger sanction_lifted_tells_webhooks on sanction",
    "drop trigger sanction_tells_webhooks on sanction",
    "drop function sanction_tells_webhooks()",
    "drop trigger report_tells_webhooks on report",
    "drop function report_tells_webhooks()",
    "drop trigger ledger_tells_webhooks on ledger",
    "drop function ledger_tells_webhooks()",
    "drop function announce_to_webhooks(uuid, text, uuid, uuid, json)",
    "drop function wake_webhooks()",
    "drop table webhook_delivery, webhook_event, webhook",
)


def upgrade() -> None:
    """Create everything."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop everything."""
    for statement in DOWN:
        op.execute(statement)
