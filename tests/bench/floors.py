"""What the service is compared with: the least that the same framework and database can do."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.server import OPTIONS


def ready_bytes(body: bytes) -> Starlette:
    """An endpoint that answers bytes that are there."""

    async def answer(_request: Request[Any]) -> Response:
        return Response(body, media_type="application/json")

    return Starlette(routes=[Route("/", answer)])


def bare_insert(url: str) -> Starlette:
    """An endpoint that stores its body in one row and commits; nothing else."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with asyncpg.create_pool(url, min_size=1, max_size=16) as pool:
            await pool.execute("create table if not exists floor (id uuid primary key, body text)")
            yield {"pool": pool}

    async def answer(request: Request[Any]) -> Response:
        body = (await request.body()).decode()
        await request.state["pool"].execute("insert into floor values ($1, $2)", uuid4(), body)
        return Response(b"{}", status_code=201, media_type="application/json")

    return Starlette(routes=[Route("/", answer, methods=["POST"])], lifespan=lifespan)


if __name__ == "__main__":
    what, argument, port = sys.argv[1:]
    app = ready_bytes(Path(argument).read_bytes()) if what == "read" else bare_insert(argument)
    uvicorn.run(app, host="127.0.0.1", port=int(port), **OPTIONS)
