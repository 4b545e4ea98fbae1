"""SQL of the drop-ins: usage, texts that were let be stored, and examples of keys."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal, get_args
from uuid import UUID

from service.core.db import Executor, uuid7
from service.screening.learning_types import ExampleLabel, ExampleSource

Used = Literal["calls", "spam", "ham", "missed_spam", "false_positives"]

USED: tuple[Used, ...] = get_args(Used)
MOST_BLOGS = 1000  # rows of a key and day; beyond them addresses are no longer told apart
KEPT = "30 days"
USAGE_DAYS = 400  # thirteen months, to compare one with the year before
LONGEST = 20_480  # characters, as the tables check


def storable(text: str) -> str:
    """A text without NUL, which PostgreSQL refuses, and no longer than a row may be."""
    return text.replace("\x00", "")[:LONGEST]


async def add_usage(
    conn: Executor, rows: Sequence[tuple[UUID, UUID, date, str, Mapping[Used, int]]]
) -> None:
    """Add to what keys were used for: site, key, day, blog and counts, each row once."""
    if not rows:
        return
    await conn.execute(
        """
        with counted as (
            select u.site_id, u.api_key_id, u.day,
                case when exists (
                    select from key_usage k
                    where k.api_key_id = u.api_key_id and k.day = u.day and k.blog = u.blog
                ) or (
                    select count(*) from key_usage k
                    where k.api_key_id = u.api_key_id and k.day = u.day
                ) < $10 then u.blog else '' end as blog,
                u.calls, u.spam, u.ham, u.missed_spam, u.false_positives
            from unnest(
                $1::uuid[], $2::uuid[], $3::date[], $4::text[], $5::bigint[], $6::bigint[],
                $7::bigint[], $8::bigint[], $9::bigint[]
            ) u (site_id, api_key_id, day, blog, calls, spam, ham, missed_spam, false_positives)
        )
        insert into key_usage as k (
            site_id, api_key_id, day, blog, calls, spam, ham, missed_spam, false_positives
        )
        select site_id, api_key_id, day, blog, sum(calls), sum(spam), sum(ham), sum(missed_spam),
            sum(false_positives)
        from counted group by 1, 2, 3, 4 order by 2, 3, 4
        on conflict (api_key_id, day, blog) do update set
            calls = k.calls + excluded.calls,
            spam = k.spam + excluded.spam,
            ham = k.ham + excluded.ham,
            missed_spam = k.missed_spam + excluded.missed_spam,
            false_positives = k.false_positives + excluded.false_positives
        """,
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
        [row[3] for row in rows],
        *([row[4].get(name, 0) for row in rows] for name in USED),
        MOST_BLOGS,
    )


async def insert_kept_text(
    conn: Executor, site_id: UUID, api_key_id: UUID, text: str, scores: bytes
) -> None:
    """Keep a text that its sender let be stored, with what it was answered (JSON)."""
    await conn.execute(
        """
        insert into kept_text (site_id, id, api_key_id, text, scores)
        values ($1, $2, $3, $4, $5)
        """,
        site_id,
        uuid7(),
        api_key_id,
        text,
        scores,
    )


async def put_example(
    conn: Executor,
    site_id: UUID,
    api_key_id: UUID,
    text: str,
    label: ExampleLabel,
    source: ExampleSource,
    *,
    score: float | None = None,
) -> None:
    """Keep what a key says of a text; of spam and of abuse the last that it says stands.

    It counts if the key is trusted now. The key's row is locked until the transaction ends, so
    that whoever ends the trust finds what was said before.
    """
    # A shared lock would be passed on from one call to the next, and never come to who changes
    # the key.
    await conn.execute(
        """
        with key as (select trusted from api_key where id = $3 for no key update)
        insert into example (
            site_id, id, api_key_id, text, text_hash, label, source, score, trusted
        )
        select $1::uuid, $2::uuid, $3::uuid, $4::text, sha256(convert_to($4::text, 'UTF8')),
            $5::text, $6::text, $7::real, key.trusted
        from key
        on conflict (api_key_id, text_hash, (label in ('spam', 'ham'))) where text_hash is not null
        do update set id = excluded.id, label = excluded.label, source = excluded.source,
            score = excluded.score, created_at = now(),
            trusted = excluded.trusted or (example.trusted and example.label = excluded.label)
        """,
        site_id,
        uuid7(),
        api_key_id,
        text,
        label,
        source,
        score,
    )


async def delete_old(conn: Executor, most: int) -> None:
    """Forget kept texts and senders after 30 days, and usage after 400.

    Of a key's kept texts and untrusted examples only the newest `most` stay; of a revoked key no
    example, after 30 days: no editor can look at them any more.
    """
    await conn.execute("delete from kept_text where created_at < now() - $1::text::interval", KEPT)
    await conn.execute(
        "delete from sender_day where day < (now() at time zone 'utc' - $1::text::interval)::date",
        KEPT,
    )
    await conn.execute(
        "delete from key_usage where day < (now() at time zone 'utc')::date - $1::integer",
        USAGE_DAYS,
    )
    await conn.execute(
        """
        delete from example e using api_key k
        where k.id = e.api_key_id and k.revoked_at < now() - $1::text::interval
        """,
        KEPT,
    )
    await conn.execute(
        """
        delete from example e using (
            select id, row_number() over (partition by api_key_id order by id desc) as place
            from example where not trusted
        ) placed
        where placed.id = e.id and placed.place > $1
        """,
        most,
    )
    await conn.execute(
        """
        delete from kept_text t using (
            select id, row_number() over (partition by api_key_id order by id desc) as place
            from kept_text
        ) placed
        where placed.id = t.id and placed.place > $1
        """,
        most,
    )
