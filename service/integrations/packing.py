"""The plugin for WordPress as a file that its upload page takes."""

import functools
import io
import zipfile
from pathlib import Path

from service.web.files import FOLDER as STATIC

FOLDER = Path(__file__).parent / "wordpress" / "rejoinder"
KINDS = {".php", ".js", ".css", ".txt"}
# The earliest that the format can say: the same files make the same bytes.
LONG_AGO = (1980, 1, 1, 0, 0, 0)


def plugin_files() -> dict[str, bytes]:
    """Every file of the plugin by its path in the archive; the push worker is the widgets' own."""
    found = {
        f"rejoinder/{path.relative_to(FOLDER).as_posix()}": path.read_bytes()
        for path in FOLDER.rglob("*")
        if path.suffix in KINDS
    }
    found["rejoinder/push-worker.js"] = (STATIC / "push-worker.js").read_bytes()
    return dict(sorted(found.items()))


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
