"""The desk: urgency, campaigns, claims, search, what became of reports, undo."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UP = (
    # Accents off, and the scripts written without spaces cut into single letters, so that a word
    # within a sentence can be found (as a phrase of its letters). Both parts of a search pass it.
    """
    create function search_text(words text) returns text language sql immutable parallel safe
    return regexp_replace(
        regexp_replace(normalize(lower(words), NFKD), '[\\u0300-\\u036f]', '', 'g'),
        '([\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u3040-\\u30ff\\u3400-\\u9fff])', ' \\1 ', 'g'
    )
    """,
    # urgency: the logarithm of expected harm, and age on the same scale: what waits six hours
    # longer stands beside what is e times as harmful. Every comment ages alike, so the order of
    # two comments never changes by itself, and an index holds it.
    # campaign_id: the id of the first comment of a campaign; campaign_id or id is the queue's item.
    # report_weight: how likely the open reports are right, 0 to 1; standing and reach:
    # logarithms of what the author's record and the readers to come multiply the harm by.
    # scores: the newest screening's, in the order of the labels; null where nothing was judged.
    """
    alter table comment
        add column campaign_id uuid references comment (id),
        add column reviewed boolean not null default false,
        add column scores real[],
        add column report_weight real not null default 0 check (report_weight between 0 and 1),
        add column standing real not null default 0,
        add column reach real not null default 0,
        add column urgency double precision generated always as (
            ln(greatest(1 - (1 - risk) * (1 - report_weight), 0.01)::double precision)
            + standing + reach
            - extract(epoch from created_at - timestamptz '2026-01-01 00:00+00')::double precision
                / 21600
        ) stored,
        add column search tsvector generated always as (
            to_tsvector('simple', search_text(body || ' ' || author_name))
        ) stored
    """,
    """
    update comment c set reviewed = true where exists (
        select from ledger l where l.comment_id = c.id and l.actor = 'moderator'
    )
    """,
    """
    create index comment_urgency on comment (site_id, status, urgency desc, id desc)
    include (campaign_id)
    """,
    """
    create index comment_campaign on comment (campaign_id, status, urgency desc)
    where campaign_id is not null
    """,
    "create index comment_article on comment (article_id, status, created_at)",
    """
    create index comment_new on comment (site_id, created_at, id)
    where status = 'published' and not reviewed
    """,
    """
    create index comment_new_urgency on comment (site_id, urgency desc, id desc)
    where status = 'published' and not reviewed
    """,
    """
    create index comment_reported_urgency on comment (site_id, urgency desc, id desc)
    where reports > 0 and status = 'published'
    """,
    "create index comment_search on comment using gin (search)",
    "drop index comment_risk",
    # What tells kin, however reworded (service/screening/kin.py); terms are kept to be deleted by.
    "alter table fingerprint add column kin bytea, add column terms bigint[] not null default '{}'",
    """
    create table campaign_term (
        site_id uuid not null references site (id),
        term bigint not null,
        comment_id uuid not null,
        primary key (site_id, term, comment_id)
    )
    """,
    # What people made of a report: the record of whoever sent it.
    """
    alter table report
        add column outcome text check (outcome in ('upheld', 'dismissed')),
        add column batch_id uuid
    """,
    "create index report_reporter on report (site_id, reporter) where outcome is not null",
    "create index report_batch on report (batch_id) where batch_id is not null",
    "alter table sanction add column lifted_by uuid references moderator (id)",
    # Unlogged: leases of two minutes are worth no crash recovery.
    """
    create unlogged table claim (
        site_id uuid not null references site (id),
        item_id uuid primary key,
        moderator_id uuid not null references moderator (id),
        leased_until timestamptz not null
    )
    """,
    "create index claim_moderator on claim (moderator_id)",
    # What a person has taken back is no decision, but somebody did it.
    "alter table ledger drop constraint ledger_actor_check",
    """
    alter table ledger add constraint ledger_actor_check
    check (actor in ('machine', 'moderator', 'author', 'system', 'undo'))
    """,
    "alter table ledger add column undoes uuid",
    "create index ledger_undoes on ledger (undoes) where undoes is not null",
    # Every open desk hears what became of comments; here, so that no change can forget to say it.
    """
    create function tell_the_desk() returns trigger language plpgsql as $$
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
            from fresh
        ) changed
        group by site_id, kind, to_status;
        return null;
    end
    $$
    """,
    """
    create trigger ledger_tells_the_desk after insert on ledger
    referencing new table as fresh for each statement execute function tell_the_desk()
    """,
)

DOWN = (
    "drop trigger ledger_tells_the_desk on ledger",
    "drop function tell_the_desk()",
    "alter table ledger drop column undoes",
    "drop table claim, campaign_term",
    "alter table sanction drop column lifted_by",
    "alter table fingerprint drop column terms, drop column kin",
    "drop index report_batch, report_reporter",
    "alter table report drop column batch_id, drop column outcome",
    "create index comment_risk on comment (site_id, risk desc, id) where status = 'held'",
    """
    drop index comment_search, comment_reported_urgency, comment_new_urgency, comment_new,
        comment_article, comment_campaign, comment_urgency
    """,
    """
    alter table comment drop column search, drop column urgency, drop column reach,
        drop column standing, drop column report_weight, drop column scores, drop column reviewed,
        drop column campaign_id
    """,
    "drop function search_text(text)",
)


def upgrade() -> None:
    """Create everything."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop everything; the ledger's older check is looser than its rows, so the new one stays."""
    for statement in DOWN:
        op.execute(statement)
