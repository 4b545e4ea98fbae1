"""What axe-core finds wrong with a page."""

import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.async_api import Page


def script(folder: Path) -> str:
    """The script, from npm; the test is skipped where that is missing."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("NPM IS MISSING: axe-core looked at nothing (install Node.js)")
    command = [npm, "install", "--no-save", "--no-audit", "--no-fund", "axe-core@4"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return (folder / "node_modules/axe-core/axe.min.js").read_text()


async def violations(page: Page, axe: str) -> list[str]:
    """Each as a line, in words; open shadow roots are looked into."""
    # A strict policy forbids inline scripts, not what the test runs in the page.
    await page.evaluate(axe)
    found = await page.evaluate("axe.run(document)")
    return [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}"
        for one in found["violations"]
    ]
