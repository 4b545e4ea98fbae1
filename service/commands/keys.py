"""Publishers' keys."""

from typing import Annotated, Any, cast
from uuid import UUID

import typer
from msgspec import UNSET

from service.accounts.types import Scope
from service.commands.shared import SiteOption, in_database, print_rows, say, shown_time, site_of
from service.core.db import Conn

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="As `rejoinder keys list` shows it.")]
QuotaOption = Annotated[
    int | None, typer.Option(min=1, max=1_000_000, help="Requests a minute; without it any number.")
]
KeepsOption = Annotated[
    bool, typer.Option("--keeps", help="Store texts whose sender lets them be stored.")
]

app = typer.Typer(help="Publishers' keys.", no_args_is_help=True)


@app.command("create")
def create_key(
    site: SiteOption,
    scope: Annotated[
        list[str] | None, typer.Option(help="publish or classify; both by default.")
    ] = None,
    label: Annotated[str, typer.Option(help="What it is for: website, import.")] = "",
    quota: QuotaOption = None,
    *,
    keeps: KeepsOption = False,
) -> None:
    """Make a publisher's key and print it, once."""
    from service.administration import keys  # noqa: PLC0415 (slow to load)
    from service.administration.types import NewKey  # noqa: PLC0415 (as above)

    scopes = scope or ["publish", "classify"]
    if unknown := set(scopes) - {"publish", "classify"}:
        raise typer.BadParameter(f"unknown scope {', '.join(sorted(unknown))}")

    new = NewKey(cast("list[Scope]", scopes), label, quota, keeps)

    async def run(conn: Conn) -> str:
        site_id = (await site_of(conn, site)).id
        return (await keys.make_key(conn, None, site_id, new)).token

    typer.echo(in_database(run))


@app.command("list")
def list_keys(site: SiteOption) -> None:
    """Show a site's keys: what each may do, and when it was used last."""
    from service.administration.keys_store import list_keys as listed  # noqa: PLC0415 (slow to load)

    async def run(conn: Conn) -> list[list[str]]:
        return [
            [
                str(key.id),
                ", ".join(key.scopes),
                key.label,
                shown_time(key.created_at),
                shown_time(key.last_used_at),
                str(key.quota or "none"),
                str(key.calls),
                f"{key.examples} {'trusted' if key.trusted else 'not trusted'}",
            ]
            for key in await listed(conn, (await site_of(conn, site)).id)
        ]

    headings = ["ID", "SCOPES", "LABEL", "MADE", "LAST USED", "A MINUTE", "30 DAYS", "EXAMPLES"]
    print_rows(headings, in_database(run))


@app.command("change")
def change_key(
    ident: IdArgument,
    label: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    quota: Annotated[
        int | None, typer.Option(min=0, max=1_000_000, help="Requests a minute; 0 for no quota.")
    ] = None,
    keeps: Annotated[
        bool | None,
        typer.Option("--keeps/--no-keeps", help="Store texts whose sender lets them be stored."),
    ] = None,
) -> None:
    """Change a key's label, its quota, or whether texts are stored."""
    _change(
        ident,
        label=UNSET if label is None else label,
        quota=UNSET if quota is None else quota or None,
        keeps=UNSET if keeps is None else keeps,
    )
    say.print("Changed.")


@app.command("trust")
def trust_key(ident: IdArgument) -> None:
    """Let the site's model learn from what a key says: until now, and from now on."""
    _change(ident, trusted=True)
    say.print("Trusted. The next retraining learns from its examples.")


@app.command("distrust")
def distrust_key(ident: IdArgument) -> None:
    """Let nothing learn from what a key says."""
    _change(ident, trusted=False)
    say.print("Not trusted. The next retraining learns nothing from it.")


def _change(ident: str, **given: Any) -> None:  # noqa: ANN401 (a change's own fields)
    from service.administration import keys  # noqa: PLC0415 (slow to load)
    from service.administration.types import KeyChange  # noqa: PLC0415 (as above)

    key = _id(ident)

    async def run(conn: Conn) -> None:
        await keys.change_key(conn, None, key, KeyChange(**given))

    in_database(run)


@app.command("examples")
def list_examples(
    ident: IdArgument,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="So many, the newest.")] = 50,
) -> None:
    """Show what a key says of texts, newest first: look before you trust."""
    from service.administration import keys, keys_store  # noqa: PLC0415 (slow to load)

    key = _id(ident)

    async def run(conn: Conn) -> list[list[str]]:
        await keys.find_key(conn, None, key)
        return [
            [shown_time(one.created_at), one.label, one.source, " ".join(one.text.split())[:200]]
            for one in await keys_store.list_examples(conn, key, None, limit)
        ]

    print_rows(["SAID", "LABEL", "BY", "TEXT"], in_database(run))


def _id(ident: str) -> UUID:
    try:
        return UUID(ident)
    except ValueError as error:
        raise typer.BadParameter("an id as `rejoinder keys list` shows it") from error


@app.command("revoke")
def revoke_key(
    ident: IdArgument,
) -> None:
    """Revoke a key, for good. Nothing that uses it works from then on."""
    from service.administration import keys  # noqa: PLC0415 (slow to load)

    key = _id(ident)

    async def run(conn: Conn) -> None:
        await keys.revoke_key(conn, None, key)

    in_database(run)
    say.print("Revoked.")
