"""The files under static/: read at the start, answered with tags, compressed once, when asked."""

import functools
import gzip
import hashlib
import mimetypes
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from service.core.problems import NotFound
from service.web import words

FOLDER = Path(__file__).parent / "static"
WORDS = "/words/{tag}/{sections}.json"
COMPRESSED = {".js", ".css", ".html", ".svg", ".json"}

# The desk and the demo page run under the policy that publishers are told is enough.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# The desk shows letters as they would look, each in a frame that is shut in (previews/routes.py).
DESK_POLICY = PAGE_POLICY + "; frame-src 'self'"
DESK = {"/desk/", "/desk/index.html"}


class StaticFile(msgspec.Struct, frozen=True):
    """One file, ready to send."""

    plain: bytes
    etag: str
    media_type: str
    compressible: bool


class Files:
    """All files by path, `/embed.js` and the like."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Read the folder; a few dozen small files."""
        self._files = {
            "/" + path.relative_to(folder).as_posix(): _read(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }

    def routes(self) -> list[Route]:
        """One route a file; a folder's index.html also answers for the folder."""
        routes = [Route(path, self._answer, methods=["GET"]) for path in self._files]
        folders = [path.removesuffix("index.html") for path in self._files]
        for folder, path in zip(folders, self._files, strict=True):
            if folder != path:
                routes.append(Route(folder, self._answer, methods=["GET"]))
                routes.append(Route(folder.rstrip("/"), self._add_slash, methods=["GET"]))
        return [*routes, Route(WORDS, self._answer_words, methods=["GET"])]

    async def _add_slash(self, request: Request[Any]) -> Response:
        # Relative to the folder above, so that it holds under any prefix and any host.
        name = request.scope["path"].rsplit("/", 1)[1]
        return RedirectResponse(f"{name}/", status_code=308)

    async def _answer(self, request: Request[Any]) -> Response:
        path = request.scope["path"]
        file = self._files.get(path + "index.html" if path.endswith("/") else path)
        if file is None:
            raise NotFound
        return _send(request, file)

    async def _answer_words(self, request: Request[Any]) -> Response:
        # The nearest language that there is: the page asks once, whatever it is written in, and
        # reads in the answer what it got.
        lang = words.catalogue(request.path_params["tag"]).lang
        try:
            return _send(request, _words(lang, request.path_params["sections"]))
        except KeyError as error:
            raise NotFound from error


def _send(request: Request[Any], file: StaticFile) -> Response:
    path = request.scope["path"]
    headers = {
        "etag": file.etag,
        "cache-control": "public, max-age=60",
        "vary": "Accept-Encoding",
    }
    if file.media_type == "text/html":
        headers["cache-control"] = "no-cache"
        headers["content-security-policy"] = DESK_POLICY if path in DESK else PAGE_POLICY
        headers["referrer-policy"] = "same-origin"
    if path == "/push-worker.js":
        # Served from the publisher's own origin, it may take any scope there.
        headers["service-worker-allowed"] = "/"
    if file.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if file.compressible and "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        return Response(_packed(file.plain), headers=headers, media_type=file.media_type)
    return Response(file.plain, headers=headers, media_type=file.media_type)


def _read(path: Path) -> StaticFile:
    return _file(path.read_bytes(), path)


@functools.lru_cache(maxsize=256)
def _words(lang: str, sections: str) -> StaticFile:
    return _file(words.encoded(lang, sections), Path("words.json"))


def _file(data: bytes, path: Path) -> StaticFile:
    etag = f'W/"{hashlib.blake2b(data, digest_size=9).hexdigest()}"'
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return StaticFile(data, etag, media_type, path.suffix in COMPRESSED)


# At the start it would be half of what a start costs, for files that most servers never send.
@functools.lru_cache(maxsize=512)
def _packed(data: bytes) -> bytes:
    return gzip.compress(data, 9, mtime=0)
