"""The plugin for WordPress as a file that its upload page takes."""

import functools
import io
import zipfile
from pathlib import Path

import msgspec

from service.web.files import FOLDER as STATIC
from service.web.words import FOLDER as CATALOGUES

FOLDER = Path(__file__).parent / "wordpress" / "rejoinder"
KINDS = {".php", ".js", ".css", ".txt"}
# What the plugin writes for readers, as the elements say it in their language.
WORDS = {
    "replies": ("comments", "none"),
    "write": ("comments", "title"),
    "removed": ("comments", "removed"),
    "away": ("comments", "notLoaded"),
    "whole": ("page", "whole"),
}
# The earliest that the format can say: the same files make the same bytes.
LONG_AGO = (1980, 1, 1, 0, 0, 0)


def plugin_files() -> dict[str, bytes]:
    """Every file of the plugin by its path; the worker and the words are the widgets' own."""
    found = {
        f"rejoinder/{path.relative_to(FOLDER).as_posix()}": path.read_bytes()
        for path in FOLDER.rglob("*")
        if path.suffix in KINDS
    }
    found["rejoinder/push-worker.js"] = (STATIC / "push-worker.js").read_bytes()
    found["rejoinder/words.json"] = _words()
    return dict(sorted(found.items()))


def _words() -> bytes:
    spoken = {}
    for path in sorted(CATALOGUES.glob("*.json")):
        sections = msgspec.json.decode(path.read_bytes())
        spoken[path.stem] = {name: sections[part][key] for name, (part, key) in WORDS.items()}
    return msgspec.json.encode(spoken)


@functools.cache
def plugin_zip() -> bytes:
    """The archive; the same bytes on every machine of a release."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in plugin_files().items():
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, whose permissions the next line says
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data, compresslevel=9)
    return output.getvalue()
