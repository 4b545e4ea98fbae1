"""The OpenAPI 3.1 description, made from the route table, and its page."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import msgspec

from service.accounts.auth import SESSION_COOKIE
from service.core.http import Endpoint
from service.core.problems import ProblemDetails

SCHEMES = {
    "author": "the comment's edit token, or its author's JWT",
    "reader": "the JWT that the publisher gave a reader who has signed in",
    "subscriber": "the subscription's token",
    "publisher": "a publisher's key of scope publish",
    "classify": "a publisher's key of scope classify, or a moderator's token",
    "moderator": "a moderator's token, or the desk's session with X-CSRF-Token",
    "editor": "the same of an editor",
    "session": "the desk's session with X-CSRF-Token, and no token",
}


def document(endpoints: Sequence[Endpoint], server: str) -> dict[str, Any]:
    """The description of every documented endpoint."""
    listed = [endpoint for endpoint in endpoints if endpoint.documented]
    kinds = [kind for e in listed for kind in (e.body, e.answer) if kind is not None]
    schemas, components = msgspec.json.schema_components(
        [*kinds, ProblemDetails], ref_template="#/components/schemas/{name}"
    )
    by_kind = dict(zip([id(kind) for kind in [*kinds, ProblemDetails]], schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in listed:
        operation = _operation(endpoint, by_kind)
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Rejoinder", "version": "1"},
        "servers": [{"url": server or "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                name: {**_carrier(name), "description": description}
                for name, description in SCHEMES.items()
            },
        },
    }


def _carrier(scheme: str) -> dict[str, str]:
    if scheme == "session":
        return {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE}
    return {"type": "http", "scheme": "bearer"}


def _operation(endpoint: Endpoint, schemas: dict[int, dict[str, Any]]) -> dict[str, Any]:
    problem = {"content": {"application/problem+json": {"schema": schemas[id(ProblemDetails)]}}}
    answer: dict[str, Any] = {"description": "Done"}
    if endpoint.answer is not None:
        answer["content"] = {"application/json": {"schema": schemas[id(endpoint.answer)]}}
    operation: dict[str, Any] = {
        "summary": endpoint.summary,
        "operationId": f"{endpoint.method.lower()}{re.sub(r'[^a-z0-9]+', '_', endpoint.path)}",
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"{(\w+)}", endpoint.path)
        ]
        + [
            {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
            for name in endpoint.query
        ],
        "responses": {
            str(endpoint.status): answer,
            "default": {"description": "A problem (RFC 9457)", **problem},
        },
    }
    if endpoint.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schemas[id(endpoint.body)]}},
        }
    if endpoint.access != "public":
        operation["security"] = [{endpoint.access: []}]
    return operation


def page(endpoints: Iterable[Endpoint], prefix: str) -> str:
    """A plain page of the same, without scripts."""
    rows = "".join(
        f"<tr><td><code>{e.method}</code></td><td><code>{escape(e.path)}</code></td>"
        f"<td>{escape(e.summary)}</td><td>{escape(SCHEMES.get(e.access, 'anybody'))}</td></tr>"
        for e in endpoints
        if e.documented
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<title>Rejoinder: the API</title>"
        "<h1>The API</h1>"
        f'<p>Machine-readable: <a href="{prefix}/openapi.json">openapi.json</a> (OpenAPI 3.1). '
        "Errors are RFC 9457 problem+json.</p>"
        "<table><thead><tr><th>Method<th>Path<th>What it does<th>Who may call</thead>"
        f"<tbody>{rows}</tbody></table></html>"
    )
