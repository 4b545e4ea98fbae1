"""Sites."""

from typing import Annotated

import typer

from service.articles import store as article_store
from service.articles.types import Site
from service.commands.shared import in_database, print_rows, say
from service.core.db import Conn
from service.core.tokens import Keyring
from service.settings import Settings

app = typer.Typer(help="Sites and their origins.", no_args_is_help=True)


@app.command("add")
def add_site(
    slug: Annotated[str, typer.Argument(help="Short name in addresses: courier")],
    origin: Annotated[
        list[str], typer.Option(help="Where its pages live: https://news.example. Repeatable.")
    ],
    name: Annotated[str, typer.Option(help="The name that readers see.")] = "",
) -> None:
    """Add a site."""
    from service.administration import actions  # noqa: PLC0415 (slow to load)

    keyring = Keyring(Settings.from_environment().secret)

    async def run(conn: Conn) -> Site:
        return await actions.add_site(conn, keyring, None, slug, name, origin)

    added = in_database(run)
    say.print(f"Added {added.slug} for {', '.join(added.origins)}.")


@app.command("list")
def list_sites() -> None:
    """Show every site with its origins."""
    rows = [[s.slug, s.name, " ".join(s.origins)] for s in in_database(article_store.list_sites)]
    print_rows(["SITE", "NAME", "ORIGINS"], rows)


@app.command("edit")
def edit_site(
    slug: str,
    name: Annotated[str | None, typer.Option(help="The name that readers see.")] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(help="All of its origins from now on. Repeatable."),
    ] = None,
) -> None:
    """Rename a site, or say anew where its pages live."""
    from service.administration import actions  # noqa: PLC0415 (slow to load)

    if name is None and not origin:
        raise typer.BadParameter("give --name, --origin or both")

    async def run(conn: Conn) -> Site:
        return await actions.change_site(conn, None, slug, name, origin or None)

    changed = in_database(run)
    say.print(f"{changed.slug} is {changed.name} on {', '.join(changed.origins)}.")


@app.command("sign-in")
def sign_in(  # noqa: PLR0913 (typer reads options from parameters)
    slug: str,
    *,
    issuer: Annotated[str | None, typer.Option(help="What iss must be; - for anything.")] = None,
    audience: Annotated[
        str | None, typer.Option(help="What aud must be or hold; - for anything.")
    ] = None,
    jwks_url: Annotated[
        str | None, typer.Option(help="Where the publisher shows its keys; - for nowhere.")
    ] = None,
    required: Annotated[
        bool | None,
        typer.Option("--required/--optional", help="Whether only who has signed in may comment."),
    ] = None,
    new_secret: Annotated[
        bool, typer.Option("--new-secret", help="Make a secret and print it, once.")
    ] = False,
    secret_file: Annotated[
        typer.FileText | None, typer.Option(help="Believe tokens of this secret; - reads it.")
    ] = None,
    public_keys: Annotated[
        typer.FileText | None,
        typer.Option(help="Believe tokens of these public keys: JWK, JWKS or PEM; - reads them."),
    ] = None,
    remove_key: Annotated[str | None, typer.Option(help="Forget the key of this id.")] = None,
    off: Annotated[bool, typer.Option("--off", help="Forget every key and setting.")] = False,
) -> None:
    """Say whose tokens sign a site's readers in; without options, show it."""
    from service.commands import reader_sign_in  # noqa: PLC0415 (slow to load)

    changes = {"issuer": issuer, "audience": audience, "jwks_url": jwks_url}
    given = {name: None if value == "-" else value for name, value in changes.items() if value}
    wanted = reader_sign_in.Wanted(
        slug,
        given if required is None else {**given, "required": required},
        new_secret=new_secret,
        secret=secret_file.read().strip("\r\n") if secret_file else None,
        public=public_keys.read() if public_keys else None,
        remove=remove_key,
        off=off,
    )
    reader_sign_in.run(wanted)
