"""Whom the sender believes: certificates by the system's roots, and nothing of the environment."""

import ssl
from pathlib import Path

import pytest
from bench.push import certify
from push.push_answers import TAKEN, answering, message, nothing, says

from service.push.rules import Answer
from service.push.sender import open_sender


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Path, Path]:
    """Key and certificate of 127.0.0.1, which SSL_CERT_FILE names."""
    for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
        monkeypatch.setenv(name, "")  # restored in the end
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    return certify(tmp_path)


@pytest.mark.parametrize(
    ("host", "trusted", "answer"),
    [
        ("127.0.0.1", "cert.pem", Answer("a")),
        ("localhost", "cert.pem", Answer("p")),  # another's name
        ("127.0.0.1", "other/cert.pem", Answer("p")),  # nobody's we know
        ("127.0.0.1", "none.pem", Answer("p")),  # no roots at all: nobody is believed
    ],
)
async def test_certificates_are_checked(
    files: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    trusted: str,
    answer: Answer,
) -> None:
    folder = files[0].parent
    (folder / "other").mkdir()
    certify(folder / "other")
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / trusted))
    identity = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identity.load_cert_chain(files[1], files[0])
    async with (
        answering(says(TAKEN), identity) as endpoint,
        open_sender(allow_local=True) as sender,
    ):
        assert await sender([message(endpoint.replace("127.0.0.1", host))]) == [answer]


async def test_no_proxy_of_the_environment_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with answering(nothing) as proxy, answering(says(TAKEN)) as endpoint:
        for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy)
        for name in ("HOME", "CURL_HOME", "XDG_CONFIG_HOME"):
            monkeypatch.setenv(name, str(tmp_path))
        (tmp_path / ".curlrc").write_text(f"proxy = {proxy}\n")
        async with open_sender(allow_local=True) as sender:
            assert await sender([message(endpoint)]) == [Answer("a")]
