"""What other systems install."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from service.commands.shared import say

OutOption = Annotated[
    Path, typer.Option(help="File to write; replaced if it is there. -: standard output.")
]


def wordpress_plugin(out: OutOption = Path("rejoinder.zip")) -> None:
    """Write the plugin for WordPress, ready for its upload page."""
    from service.integrations.packing import plugin_zip  # noqa: PLC0415 (slow to load)

    data = plugin_zip()
    if out == Path("-"):
        sys.stdout.buffer.write(data)
        return
    out.write_bytes(data)
    say.print(f"Wrote {out}: in WordPress, Plugins, Add New, Upload Plugin.", highlight=False)
