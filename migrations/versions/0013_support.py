"""When an article's page asks for support, and figures of articles found by their site."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """On, as it was before there was a switch; never where the article is tagged sensitive."""
    op.execute(
        """
        alter table site
            add column support_enabled boolean not null default true,
            add column support_headline text not null default '',
            add column support_text text not null default '',
            add column support_url text not null default '',
            add column sensitive_tags text[] not null
                default '{sensitive,obituary,obituaries}'
        """
    )
    op.execute("alter table article add column support boolean")
    op.execute("create index article_newest on article (site_id, id)")
    op.execute("create index engagement_daily_day on engagement_daily (site_id, day)")


def downgrade() -> None:
    """Take it back."""
    op.execute("drop index engagement_daily_day")
    op.execute("drop index article_newest")
    op.execute("alter table article drop column support")
    op.execute(
        """
        alter table site drop column support_enabled, drop column support_headline,
            drop column support_text, drop column support_url, drop column sensitive_tags
        """
    )
