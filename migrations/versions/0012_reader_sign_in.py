"""Readers who have signed in at their publisher's: what a site believes, and who they are."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

UP = (
    "alter table site add column sign_in_required boolean not null default false",
    """
    create table reader_sign_in (
        site_id uuid primary key references site (id),
        issuer text,
        audience text,
        jwks_url text
    )
    """,
    # A secret is sealed; a public key is public.
    """
    create table reader_sign_in_key (
        site_id uuid not null references site (id),
        id uuid primary key,
        algorithm text not null check (algorithm in ('HS256', 'EdDSA')),
        kid text,
        sealed bytea,
        jwk text,
        created_by uuid references moderator (id),
        created_at timestamptz not null default now(),
        check ((algorithm = 'HS256') = (sealed is not null)),
        check ((algorithm = 'EdDSA') = (jwk is not null))
    )
    """,
    "create index reader_sign_in_key_site on reader_sign_in_key (site_id, id)",
    # A reader with a subject is known by that alone. The column email then holds the reader's own
    # id, which no address is like: the release before this one finds such readers by it, and no
    # unconfirmed reader of the same address can be taken for them. Their address is contact.
    "alter table reader add column subject text, add column contact text",
    "create unique index reader_subject on reader (site_id, subject) where subject is not null",
)

DOWN = (
    "drop index reader_subject",
    "alter table reader drop column subject, drop column contact",
    "drop table reader_sign_in_key, reader_sign_in",
    "alter table site drop column sign_in_required",
)


def upgrade() -> None:
    """Add everything."""
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Take it back."""
    for statement in DOWN:
        op.execute(statement)
