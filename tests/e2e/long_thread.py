"""An article with very many comments, put straight into the database."""

import asyncpg

ROOTS = """
with read_by as (
    insert into reader (site_id, id, email, name, name_key)
    select id, gen_random_uuid(), $1 || '@readers.example', $1, $1 from site where slug = 'default'
    returning site_id, id
), about as (
    insert into article (site_id, id, key, url, title, verified, comment_count)
    select id, gen_random_uuid(), $1, $2, $1, true, $3 from site where slug = 'default'
    returning site_id, id
)
insert into comment (
    site_id, id, article_id, depth, reader_id, author_name, body, html, status, risk, created_at
)
select about.site_id, gen_random_uuid(), about.id, 0, read_by.id, 'Reader ' || n, 'x',
    '<p>Remark ' || n || ': ' || repeat('the evening boat is late again, ', 1 + n % 9) || '.</p>',
    'published', 0, now() - ($3 - n) * interval '1 second' - interval '1 hour'
from about, read_by, generate_series(1, $3) n
"""


async def fill(database_url: str, key: str, url: str, count: int) -> None:
    """`count` comments of up to some 300 characters; the last is the newest."""
    conn = await asyncpg.connect(database_url)
    try:
        await conn.execute(ROOTS, key, url, count)
    finally:
        await conn.close()
