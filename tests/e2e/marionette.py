"""A real Firefox, headless, driven through its built-in Marionette port.

The protocol is JSON over TCP, each packet led by its length: `12:[0,1,"…",{}]`. No geckodriver
is needed, and chrome context (the browser's own code) is within reach.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

PATIENCE = 60.0  # seconds; a slow machine starts Firefox in ten
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key that WebDriver names elements by
QUIET: Mapping[str, object] = {
    "marionette.port": 0,  # any free one; Firefox writes which into the profile
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}


class FirefoxError(Exception):
    """Firefox answered an error; the message is its own."""


class Firefox:
    """One session. Commands are sent one after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._number = 0

    async def _read(self) -> Any:
        length = await self._reader.readuntil(b":")
        return json.loads(await self._reader.readexactly(int(length[:-1])))

    async def begin(self) -> None:
        """Read the greeting and open a session."""
        await self._read()
        await self.command("WebDriver:NewSession", {"strictFileInteractability": False})
        await self.command("WebDriver:SetTimeouts", {"script": int(PATIENCE * 1000)})

    async def command(self, name: str, parameters: Mapping[str, Any]) -> Any:
        """Send one command; its result, or FirefoxError."""
        self._number += 1
        packet = json.dumps([0, self._number, name, parameters]).encode()
        self._writer.write(str(len(packet)).encode() + b":" + packet)
        async with asyncio.timeout(PATIENCE * 2):
            _, number, error, result = await self._read()
        assert number == self._number
        if error:
            raise FirefoxError(f"{name}: {error['error']}: {error['message']}")
        return result

    async def go(self, url: str) -> None:
        """Load a page."""
        await self.command("WebDriver:Navigate", {"url": url})

    async def run(self, script: str, *args: object, context: str = "content") -> Any:
        """Run the body of an async function with `arguments`; what it returns."""
        await self.command("Marionette:SetContext", {"value": context})
        body = (
            "const done = arguments[arguments.length - 1];"
            f"(async (...arguments_) => {{ {script} }})(...Array.from(arguments).slice(0, -1))"
            ".then((value) => done({ value }), (error) => done({ error: String(error) }));"
        )
        answer = await self.command(
            "WebDriver:ExecuteAsyncScript", {"script": body, "args": list(args), "sandbox": None}
        )
        await self.command("Marionette:SetContext", {"value": "content"})
        if answer["value"] is None:
            return None  # the page went away meanwhile
        if "error" in answer["value"]:
            raise FirefoxError(answer["value"]["error"])
        return answer["value"].get("value")

    async def click(self, element: Mapping[str, str]) -> None:
        """Click with a real mouse event, which counts as the user's own gesture."""
        await self.command("WebDriver:ElementClick", {"id": element[ELEMENT]})

    async def type(self, element: Mapping[str, str], text: str) -> None:
        """Type into a field, key by key."""
        await self.command("WebDriver:ElementSendKeys", {"id": element[ELEMENT], "text": text})


def executable() -> str | None:
    """Where Firefox is, None where it is missing."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


@contextlib.asynccontextmanager
async def firefox(profile: Path, preferences: Mapping[str, object]) -> AsyncIterator[Firefox]:
    """Run Firefox with this profile; it and its children are gone on leaving, however that is."""
    lines = {**QUIET, **preferences}.items()
    (profile / "user.js").write_text(
        "".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in lines)
    )
    with (profile / "firefox.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            str(executable()),
            *("--marionette", "--remote-allow-system-access", "--no-remote"),
            *("--profile", str(profile)),
            env={**os.environ, "MOZ_HEADLESS": "1", "HOME": str(profile)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # so that its content processes can be ended with it
        )
    writer: asyncio.StreamWriter | None = None
    try:
        port = await _port(profile, process)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        browser = Firefox(reader, writer)
        await browser.begin()
        yield browser
    finally:
        if writer is not None:
            writer.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _port(profile: Path, process: asyncio.subprocess.Process) -> int:
    path = profile / "MarionetteActivePort"
    async with asyncio.timeout(PATIENCE):
        while process.returncode is None:
            with contextlib.suppress(FileNotFoundError, ValueError):
                return int(path.read_text())
            await asyncio.sleep(0.1)
    raise FirefoxError((profile / "firefox.log").read_text(errors="replace"))
