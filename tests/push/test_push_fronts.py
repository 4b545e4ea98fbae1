"""Through web servers that speak HTTP/2 each in a way of their own, to a service that decrypts."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bench.push import certify
from cryptography.hazmat.primitives.asymmetric import ec
from fronts import Front, alone, libraries, program, start_of_apache, start_of_nginx
from live import free_port
from push.push_service import Browser, PushService

from service.push.encryption import Encryptor
from service.push.message import Message
from service.push.rules import Answer
from service.push.sender import open_sender
from service.push.vapid import Signer

NOT_TRIED = "nothing was sent over HTTP/2 through it"
FEW = 20  # messages after which nginx ends a connection, as it does after 1,000 by itself
Files = tuple[Path, Path]  # key and certificate


def nginx(folder: Path, port: int, upstream: str, files: Files) -> Front:
    inside = (
        f"server {{ listen 127.0.0.1:{port} ssl http2; keepalive_requests {FEW};"
        f"ssl_certificate {files[1]}; ssl_certificate_key {files[0]};"
        f"location / {{ proxy_pass {upstream}; }} }}"
    )
    return Front([program("nginx", NOT_TRIED), "-p", folder, "-c"], start_of_nginx(folder, inside))


def caddy(folder: Path, port: int, upstream: str, files: Files) -> Front:
    return Front(
        [program("caddy", NOT_TRIED), "run", "--adapter", "caddyfile", "--config"],
        f"{{\n\tadmin off\n\tauto_https off\n}}\nhttps://127.0.0.1:{port} {{\n\tbind 127.0.0.1\n"
        f"\ttls {files[1]} {files[0]}\n\treverse_proxy {upstream}\n}}\n",
        alone(folder),
    )


def apache(folder: Path, port: int, upstream: str, files: Files) -> Front:
    binary = program("apache2", NOT_TRIED)
    configuration = (
        start_of_apache(binary, folder, "ssl", "http2", "socache_shmcb")
        + f"ServerName 127.0.0.1\nListen 127.0.0.1:{port}\nProtocols h2\nH2MaxSessionStreams 10\n"
        f"SSLEngine on\nSSLCertificateFile {files[1]}\nSSLCertificateKeyFile {files[0]}\n"
        f"ProxyPass / {upstream}/\n"
    )
    return Front([binary, "-D", "FOREGROUND", "-f"], configuration, libraries(binary))


@pytest.fixture(params=[nginx, caddy, apache], ids=lambda made: made.__name__)
async def front(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    service: PushService,
    tmp_path: Path,
) -> AsyncIterator[str]:
    """The origin of a push service over HTTP/2."""
    for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
        monkeypatch.setenv(name, "")  # restored in the end
    port, files = free_port(), certify(tmp_path)
    made: Front = request.param(tmp_path, port, service.origin, files)
    (tmp_path / "configuration").write_text(made.configuration)
    with (tmp_path / "output").open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *made.command, tmp_path / "configuration", env={**os.environ, **made.env},
            stdout=out, stderr=out,
        )  # fmt: skip
    try:
        service.origin = f"https://127.0.0.1:{port}"
        await _listens(port, process, tmp_path)
        yield service.origin
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _listens(port: int, process: asyncio.subprocess.Process, folder: Path) -> None:
    for _ in range(400):
        if process.returncode is not None:
            break
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    logs = [log.read_text() for log in (folder / "output", folder / "errors") if log.exists()]
    raise RuntimeError("\n".join(logs))


@pytest.mark.parametrize("lasts", [0, 3600])
async def test_every_message_arrives_and_opens(
    front: str, service: PushService, lasts: int
) -> None:
    encryptor, signer, key = Encryptor(lasts), Signer(), ec.generate_private_key(ec.SECP256R1())
    browsers = [service.browser() for _ in range(120)]
    browsers[7].script = [(410, {})]
    browsers[8].script = [(429, {"Retry-After": "9"})]

    def message(browser: Browser, text: bytes, topic: str) -> Message:
        body = encryptor(text, browser.p256dh, browser.auth)
        header = signer.header(key, "tests", front, "mailto:desk@courier.example")
        return Message(browser.endpoint, header, body, 60, "normal", topic)

    async with open_sender(allow_local=True) as sender:
        for topic in ("one", "two"):
            text = b'{"alert": "%s"}' % topic.encode()
            windows = [
                sender([message(one, text, topic) for one in browsers[start : start + 40]])
                for start in range(0, 120, 40)
            ]
            answers = [answer for window in await asyncio.gather(*windows) for answer in window]
            expected = [Answer("a")] * 120
            if topic == "one":
                expected[7:9] = [Answer("g"), Answer("p", retry_after=9)]
            assert answers == expected
    received = [[one["alert"] for one in browser.messages] for browser in browsers]
    assert received[7:9] == [["two"], ["two"]]
    assert received[:7] + received[9:] == [["one", "two"]] * 118
    assert {h["Topic"] for browser in browsers for h in browser.headers} == {"one", "two"}
