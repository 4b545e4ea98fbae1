"""Packages of npm that tests look at the service with."""

import shutil
import subprocess
from pathlib import Path

import pytest


def install(package: str, folder: Path, unchecked: str) -> Path:
    """Install a package; where it stands. Skips, saying what stays `unchecked`, without npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"NPM IS MISSING: {unchecked} (install Node.js)")
    command = [npm, "install", "--no-save", "--no-audit", "--no-fund", package]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "node_modules" / package.partition("@")[0]
