"""Comments of other systems: where each came from; and nobody is told of them."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

UP = (
    # source_id: the old system's own. decided: a person there had published it or called it spam.
    """
    create table imported (
        site_id uuid not null references site (id),
        source text not null check (source ~ '^[a-z0-9][a-z0-9._-]{0,39}$'),
        source_id text not null check (length(source_id) between 1 and 400),
        comment_id uuid not null references comment (id),
        decided boolean not null,
        imported_at timestamptz not null default now(),
        primary key (site_id, source, source_id)
    )
    """,
    "create unique index imported_comment on imported (comment_id)",
    # Old permalinks say no more than the id.
    "create index imported_source_id on imported (site_id, source_id)",
    "alter table ledger drop constraint ledger_actor_check",
    """
    alter table ledger add constraint ledger_actor_check
    check (actor in ('machine', 'moderator', 'author', 'system', 'undo', 'import'))
    """,
    # As in 0005, but for what is imported: a hundred thousand old comments are no news.
    """
    create or replace function tell_the_desk() returns trigger language plpgsql as $$
    begin
        perform pg_notify('desk', json_build_object(
            'site', site_id, 'kind', kind, 'status', to_status, 'ids', (array_agg(comment_id))[1:50]
        )::text)
        from (
            select site_id, comment_id, to_status, case
                when from_status is null then 'created'
                when actor = 'author' and to_status <> 'removed' then 'edited'
                when actor = 'undo' then 'undone'
                else 'decided'
            end as kind
            from fresh where actor <> 'import'
        ) changed
        group by site_id, kind, to_status;
        return null;
    end
    $$
    """,
    # As in 0009, but for what is imported.
    """
    create or replace function ledger_tells_webhooks() returns trigger language plpgsql as $$
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
            from fresh
            where (from_status is distinct from to_status or actor = 'moderator')
                and actor <> 'import'
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
)

# The functions stay: with no such rows they are what they were. So does the looser check.
DOWN = ("drop table imported",)


def upgrade() -> None:
    """Add the table; let the ledger say what was imported."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Forget where comments came from."""
    for statement in DOWN:
        op.execute(statement)
