"""The key that is made of a page's address means the article that its publisher put there."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# A path as browsers write it: what isn't ASCII as the bytes of its UTF-8, escaped.
ESCAPED = """
insert into article_alias (site_id, kind, value, article_id, verified)
select l.site_id, 'url', host || path.escaped, l.article_id, l.verified
from article_alias l
cross join lateral (select split_part(l.value, '/', 1) as host) h
cross join lateral (
    select string_agg(
        case when ascii(letter) < 128 then letter
            else regexp_replace(
                upper(encode(convert_to(letter, 'UTF8'), 'hex')), '(..)', '%\\1', 'g'
            )
        end, '' order by n
    ) as escaped
    from unnest(string_to_array(substr(l.value, length(host) + 1), null))
        with ordinality letters (letter, n)
) path
where l.kind = 'url' and octet_length(l.value) > length(l.value) and path.escaped is not null
on conflict do nothing
"""

# The same as articles/rules.py makes. Where another article has such a key for its own, it stays.
MADE = """
insert into article_alias (site_id, kind, value, article_id, verified)
select l.site_id, 'key', made.key, l.article_id, true
from article_alias l
cross join lateral (
    select string_agg(
        case when letter collate "C" ~ '[A-Za-z0-9._~:-]' then letter
            else '-' || encode(convert_to(letter, 'UTF8'), 'hex')
        end, '' order by n
    ) as key
    from unnest(string_to_array(replace(l.value, '/', '~'), null))
        with ordinality letters (letter, n)
) whole
cross join lateral (
    select case when length(whole.key) <= 200 then whole.key
        else left(whole.key, 167) || '-'
            || left(encode(sha256(convert_to(whole.key, 'UTF8')), 'hex'), 32)
    end as key
) made
where l.kind = 'url' and l.verified and made.key is not null
    and not exists (select from article a where a.site_id = l.site_id and a.key = made.key)
on conflict do nothing
"""


def upgrade() -> None:
    """Add what articles registered from now on get by themselves."""
    op.execute(ESCAPED)
    op.execute(MADE)


def downgrade() -> None:
    """Nothing: the release before this one reads these, and they are as true there."""
