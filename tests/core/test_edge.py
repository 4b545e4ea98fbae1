"""The outermost layer: prefix, headers, static files."""

import httpx
import msgspec
from support import running_app

from service.articles.types import Site
from service.settings import Settings
from service.web.files import FOLDER


async def test_everything_works_under_a_prefix(settings: Settings, site: Site) -> None:
    placed = msgspec.structs.replace(settings, public_url="https://news.example/rejoinder")
    async with running_app(placed) as (app, _):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="https://news.example"
        ) as client:
            for path in ("/v1/sites/default/push", "/embed.js", "/desk/", "/healthz"):
                assert (await client.get(f"/rejoinder{path}")).status_code == 200, path
                assert (await client.get(path)).status_code == 200, path
            assert (await client.get("/rejoinderx/healthz")).status_code == 404
            assert "/rejoinder/openapi.json" in (await client.get("/rejoinder/docs")).text


async def test_every_static_file_is_served_with_tag_and_type(client: httpx.AsyncClient) -> None:
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert files
    for path in files:
        address = "/" + path.relative_to(FOLDER).as_posix()
        answer = await client.get(address)
        assert answer.status_code == 200
        assert answer.content == path.read_bytes()
        tagged = {"If-None-Match": answer.headers["etag"]}
        assert (await client.get(address, headers=tagged)).status_code == 304
        if path.suffix == ".html":
            assert "default-src 'none'" in answer.headers["content-security-policy"]
        if path.suffix == ".js":
            assert "javascript" in answer.headers["content-type"]


async def test_scripts_can_be_loaded_from_any_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/embed.js", headers={"Origin": "https://news.example"})
    assert answer.headers["access-control-allow-origin"] == "https://news.example"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_nothing_outside_the_folder_is_served(client: httpx.AsyncClient) -> None:
    for path in ("/../files.py", "/%2e%2e/files.py", "/static/embed.js", "/.hidden"):
        assert (await client.get(path)).status_code == 404
