"""Letters about replies and followed articles: who gets them, and who has been told what."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

UP = (
    # An address that letters go to. `letters`: when the last few went; `next_at`: not before.
    """
    create table mail_recipient (
        site_id uuid not null references site on delete cascade,
        id uuid primary key default gen_random_uuid(),
        address text not null,
        lang text not null,
        letters timestamptz[] not null default '{}',
        next_at timestamptz not null default '-infinity',
        created_at timestamptz not null default now(),
        unique (site_id, address)
    )
    """,
    "create index mail_recipient_age on mail_recipient (created_at)",
    # Asked for by whoever typed the address; in force once its owner has confirmed it.
    """
    create table article_follow (
        site_id uuid not null references site on delete cascade,
        id uuid primary key default gen_random_uuid(),
        recipient_id uuid not null references mail_recipient on delete cascade,
        article_id uuid not null references article on delete cascade,
        asked_from bytea,
        asked_at timestamptz not null default now(),
        confirmed_at timestamptz,
        unique (recipient_id, article_id)
    )
    """,
    "create index article_follow_article on article_follow (article_id) where confirmed_at is not null",
    "create index article_follow_asked on article_follow (asked_from, asked_at) where asked_from is not null",
    # Published, and somebody may want to know; taken by the worker once a moderator had time to act.
    """
    create table notification_due (
        site_id uuid not null references site on delete cascade,
        comment_id uuid primary key references comment on delete cascade,
        created_at timestamptz not null default now()
    )
    """,
    "create index notification_due_age on notification_due (created_at)",
    # One recipient is told of a comment once: this row is kept longer than anybody could be told.
    """
    create table notification (
        recipient_id uuid not null references mail_recipient on delete cascade,
        comment_id uuid not null references comment on delete cascade,
        reply boolean not null,
        created_at timestamptz not null default now(),
        told_at timestamptz,
        mail_id uuid,
        primary key (recipient_id, comment_id)
    )
    """,
    "create index notification_untold on notification (recipient_id) where told_at is null",
    "create index notification_mail on notification (mail_id) where mail_id is not null",
    "create index notification_comment on notification (comment_id)",
    "create index notification_age on notification (created_at)",
    # Here, so that no way of publishing a comment can forget to say it; set by set, as 0009 does.
    # What is imported is told to nobody.
    """
    create function ledger_tells_readers() returns trigger language plpgsql as $$
    begin
        insert into notification_due (site_id, comment_id)
        select f.site_id, f.comment_id
        from fresh f join comment c on c.id = f.comment_id
        where f.to_status = 'published' and f.from_status is distinct from 'published'
            and f.actor <> 'import' and (
                exists (select from comment p where p.id = c.parent_id and p.notify)
                or exists (
                    select from article_follow w
                    where w.article_id = c.article_id and w.confirmed_at is not null
                )
            )
        on conflict do nothing;
        return null;
    end
    $$
    """,
    """
    create trigger ledger_tells_readers after insert on ledger
    referencing new table as fresh for each statement execute function ledger_tells_readers()
    """,
)

DOWN = (
    "drop trigger ledger_tells_readers on ledger",
    "drop function ledger_tells_readers()",
    "drop table notification, notification_due, article_follow, mail_recipient",
)


def upgrade() -> None:
    """Create everything."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Drop everything; whoever follows an article is told no more."""
    for statement in DOWN:
        op.execute(statement)
