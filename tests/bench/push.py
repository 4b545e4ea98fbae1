"""What sending alerts costs, beside two open senders: `python -m tests.bench.push`.

One local sink over TLS (HTTP/2, or HTTP/1.1 for who speaks no other) answers 201 to all. Every
sender sends the same 300 bytes to the same browsers, as many at a time as it likes best, and what
counts is messages for each second of its own CPU time; a second of the clock where latency is what
is measured. The peers are pywebpush (`webpush_async` with a shared session) and, where Node.js is,
npm's web-push with its VAPID header cached.
"""

import asyncio
import base64
import datetime as dt
import ipaddress
import json
import multiprocessing
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from py_vapid import Vapid02
from pywebpush import webpush_async
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from service.push.delivery import WINDOW
from service.push.encryption import Encrypt, Encryptor
from service.push.message import Message
from service.push.sender import open_sender
from service.push.vapid import Signer

HERE = Path(__file__).parent
BROWSERS = 2_000
MESSAGES = 6_000
MANY = 30_000  # where a message costs so little
WARM = 2_000  # each browser once
SUBJECT = "mailto:bench@news.example"
TEXT = json.dumps(
    {"web_push": 8030, "notification": {"title": "The boat sails", "body": "x" * 220}}
)
LATENCY = 100  # milliseconds
FLIGHTS = {"pywebpush": 50, "web-push": 50, "ours": 100, "latency": 800}

Send = Callable[[int], Awaitable[None]]
Taken = tuple[float, float]  # seconds of CPU, and of the clock


def letters(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def certify(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate for 127.0.0.1 that this process and its children believe."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sink")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    files = folder / "key.pem", folder / "cert.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    files[0].write_bytes(pem)
    files[1].write_bytes(certificate.public_bytes(Encoding.PEM))
    os.environ["SSL_CERT_FILE"] = os.environ["NODE_EXTRA_CA_CERTS"] = str(files[1])
    return files


@contextmanager
def sink(files: tuple[Path, Path], delay: int = 0) -> Iterator[str]:
    """A push service; its origin."""
    command = ["node", str(HERE / "push_sink.mjs"), *map(str, files), str(delay)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"https://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


def browsers(origin: str) -> list[dict[str, object]]:
    """Subscriptions as a browser gives them."""
    made: list[dict[str, object]] = []
    for number in range(BROWSERS):
        public = ec.generate_private_key(ec.SECP256R1()).public_key()
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": letters(point), "auth": letters(os.urandom(16))}
        made.append({"endpoint": f"{origin}/send/{number}", "keys": keys})
    return made


async def drive(send: Send, count: int, flights: int) -> Taken:
    """Send this many, so many at a time."""
    numbers = iter(range(count))

    async def flight() -> None:
        for number in numbers:
            await send(number % BROWSERS)

    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*(flight() for _ in range(flights)))
    return time.process_time() - cpu, time.perf_counter() - wall


async def pywebpush(
    subscriptions: list[dict[str, object]], key: ec.EllipticCurvePrivateKey
) -> Taken:
    """The reference: `webpush_async` over one session."""
    vapid = Vapid02(key)
    trust = ssl.create_default_context()  # the library's own is made before the sink's is known
    limit = aiohttp.TCPConnector(limit=FLIGHTS["pywebpush"], ssl=trust)
    async with aiohttp.ClientSession(connector=limit) as session:

        async def send(number: int) -> None:
            await webpush_async(
                subscriptions[number], TEXT, vapid, {"sub": SUBJECT}, ttl=60,
                aiohttp_session=session,
            )  # fmt: skip

        await drive(send, WARM // 4, FLIGHTS["pywebpush"])
        return await drive(send, MESSAGES // 2, FLIGHTS["pywebpush"])


async def ours(
    subscriptions: list[dict[str, object]],
    key: ec.EllipticCurvePrivateKey,
    lasts: int,
    flights: int = FLIGHTS["ours"],
    count: int = MANY,
) -> Taken:
    """Encryption, VAPID and network as the worker has them, window by window."""
    encryptor, signer = Encryptor(lasts), Signer()
    origin = str(subscriptions[0]["endpoint"]).rpartition("/send/")[0]
    plain = TEXT.encode()
    known = [(str(one["endpoint"]), *_keys(one)) for one in subscriptions]

    def message(browser: tuple[str, bytes, bytes], encrypt: Encrypt) -> Message:
        endpoint, p256dh, auth = browser
        header = signer.header(key, "bench", origin, SUBJECT)
        return Message(endpoint, header, encrypt(plain, p256dh, auth), 60, "normal", "topic")

    async with open_sender(allow_local=True) as sender:

        async def send_window(number: int) -> None:
            some = [known[(number * WINDOW + more) % BROWSERS] for more in range(WINDOW)]
            encrypt = encryptor.window([(p256dh, auth) for _, p256dh, auth in some])
            answers = await sender([message(one, encrypt) for one in some])
            if any(answer.outcome != "a" for answer in answers):
                raise RuntimeError(answers)

        await drive(send_window, WARM // WINDOW, flights // WINDOW)
        return await drive(send_window, count // WINDOW, flights // WINDOW)


def _keys(subscription: dict[str, object]) -> tuple[bytes, bytes]:
    keys = subscription["keys"]
    assert isinstance(keys, dict)
    return (
        base64.urlsafe_b64decode(keys["p256dh"] + "="),
        base64.urlsafe_b64decode(keys["auth"] + "=="),
    )


def _process(origin: str, lasts: int) -> Taken:
    """A worker of its own, with a key of its own."""
    return uvloop.run(ours(browsers(origin), ec.generate_private_key(ec.SECP256R1()), lasts))


def node(subscriptions: list[dict[str, object]], folder: Path) -> Taken | None:
    """Npm's web-push; None where it can't be had."""
    npm = shutil.which("npm")
    command = [npm or "", "install", "--no-save", "--no-audit", "--no-fund", "web-push@3"]
    if npm is None or _fails(command, folder):
        return None
    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    private = key.private_numbers().private_value.to_bytes(32, "big")
    given = {
        "subscriptions": subscriptions, "message": TEXT, "subject": SUBJECT,
        "publicKey": letters(point), "privateKey": letters(private),
    }  # fmt: skip
    (folder / "given.json").write_text(json.dumps(given))
    shutil.copy(HERE / "push_peer.mjs", folder)
    done = subprocess.run(
        ["node", "push_peer.mjs", "given.json", str(MESSAGES // 2), str(FLIGHTS["web-push"])],
        cwd=folder, check=True, capture_output=True, text=True,
    )  # fmt: skip
    taken = json.loads(done.stdout)
    return taken["cpu"], taken["wall"]


def _fails(command: list[str], folder: Path) -> bool:
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode != 0


def bench(folder: Path, say: Console) -> None:
    """Measure, print."""
    if shutil.which("node") is None:
        say.print("Not measured: alerts, whose sink needs Node.js")
        return
    files = certify(folder)
    key = ec.generate_private_key(ec.SECP256R1())
    table = Table(title="Alerts to a local push service over TLS (messages)")
    for name in ("Sender", "A second of its CPU", "To pywebpush", "To web-push"):
        table.add_column(name, justify="left" if name == "Sender" else "right")
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=say, transient=True) as progress:
        task = progress.add_task("pywebpush …")
        with sink(files) as origin:
            subscriptions = browsers(origin)
            cpu, _ = uvloop.run(pywebpush(subscriptions, key))
            reference = MESSAGES // 2 / cpu
            progress.update(task, description="web-push …")
            theirs = node(subscriptions, folder)
            peer = MESSAGES // 2 / theirs[0] if theirs else None

            def line(what: str, rate: float) -> None:
                ratio = f"{rate / peer:.1f}" if peer else "-"
                table.add_row(what, f"{rate:,.0f}", f"{rate / reference:.1f}", ratio)

            line("pywebpush, webpush_async", reference)
            if peer:
                line("web-push (Node.js), VAPID cached", peer)
            for what, lasts in (("ours, a sender key a message", 0), ("ours", 3600)):
                progress.update(task, description=f"{what} …")
                cpu, _ = uvloop.run(ours(subscriptions, key, lasts))
                line(what, MANY / cpu)
            progress.update(task, description="two processes …")
            # The best of three: what else the machine does only ever takes away.
            alone, both = (max(_side_by_side(origin, n) for _ in range(3)) for n in (1, 2))
        progress.update(task, description="latency …")
        with sink(files, LATENCY) as origin:
            _, wall = uvloop.run(ours(browsers(origin), key, 3600, FLIGHTS["latency"]))
    say.print(table)
    say.print(f"Two processes beside each other: {both / alone:.2f} of one, by CPU time.")
    say.print(f"With {LATENCY} ms until each answer: {MANY / wall:,.0f} a second, one process.")


def _side_by_side(origin: str, processes: int) -> float:
    """Messages for each second of a process's CPU time, summed over processes."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        taken = pool.starmap(_process, [(origin, 3600)] * processes)
    return sum(MANY / cpu for cpu, _ in taken)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name:
        bench(Path(name), Console())
    sys.exit()
