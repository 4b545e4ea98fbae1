"""An endpoint is attacker-supplied: what is refused when saved, and at the connection."""

import asyncio
import socket
from contextlib import closing
from typing import Any

import aiohttp
import pycurl
import pytest
from push.push_service import PushService

from service.core.outbound import guarded_connector, may_connect
from service.core.problems import Invalid
from service.push import endpoints
from service.push.curl_sender import CurlSender
from service.push.endpoints import check_endpoint, refusal
from service.push.message import Message
from service.push.rules import Answer
from service.push.sender import open_sender

GOOD = [
    "https://fcm.googleapis.com/fcm/send/abc:APA91b",
    "https://fcm.googleapis.com:443/wp/abc",
    "https://jmt17.google.com/fcm/send/abc",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAAAAB-_=",
    "https://web.push.apple.com/QGuQyavXutnMH",
    "https://wns2-par02p.notify.windows.com/w/?token=BQYAAAC%2bx%2f",
]

BAD = [
    "",
    "x",
    "http://fcm.googleapis.com/a",  # plain http
    "ftp://fcm.googleapis.com/a",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "//fcm.googleapis.com/a",
    "https:///a",
    "https://fcm.googleapis.com:8443/a",  # another port
    "https://fcm.googleapis.com:80/a",
    "https://fcm.googleapis.com:99999/a",
    "https://fcm.googleapis.com:x/a",
    "https://user@fcm.googleapis.com/a",  # user-info
    "https://user:secret@fcm.googleapis.com/a",
    "https://@fcm.googleapis.com/a",
    "https://fcm.googleapis.com@127.0.0.1/a",
    "https://127.0.0.1#@fcm.googleapis.com/a",
    "https://fcm.googleapis.com/a#fragment",
    "https://127.0.0.1\\@fcm.googleapis.com/a",  # what parsers disagree about
    "https://fcm.googleapis.com\\.evil.example/a",
    "https://evil.example\t.push.apple.com/a",
    "https://fcm.googleapis.com/a\r\nHost: evil.example",
    "https://fcm.googleapis.com/a b",
    "https://fcm.googleapis.com/a\x00",
    "https://evil.example/fcm.googleapis.com",  # look-alike hosts
    "https://fcm.googleapis.com.evil.example/a",
    "https://evilfcm.googleapis.com.example/a",
    "https://xfcm.googleapis.com/a",
    "https://googleapis.com/a",
    "https://storage.googleapis.com/a",
    "https://evilpush.apple.com/a",
    "https://apple.com/a",
    "https://notify.windows.com.evil.example/a",
    "https://fcm.googleapis.com./a",
    "https://%ff.push.apple.com/a",  # a host that some parsers decode
    "https://%6cocalhost%2f.push.apple.com/a",
    "https://fcm.googleapis.c\u043em/a",  # a Cyrillic letter
    "https://\uff46cm.googleapis.com/a",  # a full-width one
    "https://xn--fcm-googleapis-0fb.com/a",
    "https://127.0.0.1/a",  # addresses, in every spelling
    "https://127.1/a",
    "https://2130706433/a",
    "https://0x7f000001/a",
    "https://0177.0.0.1/a",
    "https://10.0.0.1/a",
    "https://169.254.169.254/latest/meta-data/",
    "https://8.8.8.8/a",
    "https://[::1]/a",
    "https://[::ffff:127.0.0.1]/a",
    "https://[fe80::1%25eth0]/a",
    "https://[::1/a",
    "https://localhost/a",
    "http://localhost:8000/a",
    "https://metadata.google.internal/a",
]


@pytest.mark.parametrize("endpoint", GOOD)
def test_browsers_push_services_are_allowed(endpoint: str) -> None:
    assert refusal(endpoint, (), allow_local=False) is None


@pytest.mark.parametrize("endpoint", BAD)
def test_everything_else_is_refused(endpoint: str) -> None:
    assert refusal(endpoint, (), allow_local=False)


@pytest.mark.parametrize("endpoint", [e for e in BAD if not e.startswith("http://localhost")])
def test_development_opens_this_machine_alone(endpoint: str) -> None:
    assert refusal(endpoint, (), allow_local=True)


def test_development_opens_this_machine() -> None:
    assert refusal("http://127.0.0.1:9000/a", (), allow_local=True) is None
    assert refusal("http://localhost:9000/a", (), allow_local=True) is None
    assert refusal("http://10.0.0.1:9000/a", (), allow_local=True)
    assert refusal("http://127.0.0.1.evil.example/a", (), allow_local=True)
    assert refusal("http://user@localhost:9000/a", (), allow_local=True)


def test_operator_adds_hosts_by_suffix() -> None:
    hosts = ("push.example", "10.0.0.1")
    assert refusal("https://push.example/a", hosts, allow_local=False) is None
    assert refusal("https://eu.push.example/a", hosts, allow_local=False) is None
    assert refusal("https://evilpush.example/a", hosts, allow_local=False)
    assert refusal("https://10.0.0.1/a", hosts, allow_local=False), "an address is never a host"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("142.250.74.10", True),
        ("2a00:1450:4001:82a::200a", True),
        ("::ffff:142.250.74.10", True),
        ("64:ff9b::8efa:4a0a", True),  # a public one behind NAT64
        ("127.0.0.1", False),
        ("127.8.8.8", False),
        ("0.0.0.0", False),  # noqa: S104 (an address to refuse)
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),  # carriers' NAT
        ("169.254.169.254", False),
        ("192.0.2.1", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("fd12:3456::1", False),
        ("ff02::1", False),
        ("2001:db8::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("64:ff9b::7f00:1", False),  # NAT64 of 127.0.0.1
        ("64:ff9b::a9fe:a9fe", False),
        ("2002:7f00:1::", False),  # 6to4 of 127.0.0.1
        ("2002:a00:1::", False),
        ("", False),
        ("fcm.googleapis.com", False),
    ],
)
def test_only_public_addresses_are_connected_to(address: str, public: bool) -> None:  # noqa: FBT001
    assert may_connect(address, allow_local=False) is public


def test_development_connects_to_this_machine_alone() -> None:
    assert may_connect("127.0.0.1", allow_local=True)
    assert may_connect("::1", allow_local=True)
    assert not may_connect("10.0.0.1", allow_local=True)
    assert not may_connect("169.254.169.254", allow_local=True)


def answers(*addresses: str) -> Any:
    async def lookup(_host: str) -> list[str]:
        return list(addresses)

    return lookup


@pytest.mark.parametrize(
    "addresses", [("127.0.0.1",), ("142.250.74.10", "10.0.0.1"), ("::ffff:192.168.0.1",)]
)
async def test_name_that_leads_inside_is_refused_when_saved(
    monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    monkeypatch.setattr(endpoints, "lookup", answers(*addresses))
    with pytest.raises(Invalid, match="Not a push service"):
        await check_endpoint("https://evil.push.apple.com/a", (), allow_local=False)


@pytest.mark.parametrize("addresses", [(), ("142.250.74.10",)])
async def test_public_name_or_a_resolvers_hiccup_passes(
    monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    monkeypatch.setattr(endpoints, "lookup", answers(*addresses))
    await check_endpoint("https://web.push.apple.com/a", (), allow_local=False)


class Rebinding(aiohttp.abc.AbstractResolver):
    """A name server that answers a private address once it comes to connecting."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[aiohttp.abc.ResolveResult]:
        del port, family
        self.asked.append(host)
        return [
            aiohttp.abc.ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=self.port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing is open."""


async def test_name_that_answers_inside_at_the_connection_is_refused_there(
    service: PushService,
) -> None:
    """Checked when it was saved, rebound since: no byte may reach the inside."""
    port = int(service.origin.rsplit(":", 1)[1])
    for allow_local, reached in ((False, False), (True, True)):
        connector = guarded_connector(allow_local=allow_local, limit=1)
        resolver = connector._resolver = Rebinding(port)
        async with aiohttp.ClientSession(connector=connector) as session:
            try:
                async with session.post(f"http://web.push.apple.com:{port}/inside") as response:
                    assert response.status == 201
                got_in = True
            except aiohttp.ClientConnectorError as error:
                assert isinstance(error.os_error, PermissionError)  # noqa: PT017 (both ways run)
                got_in = False
        assert got_in is reached
        assert resolver.asked == ["web.push.apple.com"]
    # The second pass shows that the first would have got in but for the guard.
    assert service.faults == ["somebody followed a redirect"]
    service.faults.clear()


async def test_literal_address_is_refused_at_the_connection_too(service: PushService) -> None:
    async with open_sender(allow_local=False) as sender:
        # Plain http is no protocol of a push service; https gets as far as the socket.
        assert await sender([_message(f"{service.origin}/inside")]) == [Answer("f")]
        secure = service.origin.replace("http:", "https:")
        assert await sender([_message(f"{secure}/inside")]) == [Answer("p")]
    assert service.faults == []


@pytest.mark.parametrize("allow_local", [False, True])
async def test_a_name_that_leads_inside_is_refused_at_the_connection(
    service: PushService, *, allow_local: bool
) -> None:
    """However it was looked up before: here the answer has changed since."""
    port = service.origin.rsplit(":", 1)[1]
    scheme = "http" if allow_local else "https"
    with closing(CurlSender(allow_local=allow_local)) as sender:
        easy = sender._new()
        easy.setopt(pycurl.RESOLVE, [f"web.push.apple.com:{port}:127.0.0.1"])
        sender._idle.append(easy)
        await sender(_message(f"{scheme}://web.push.apple.com:{port}/inside"))
        opened = easy.getinfo(pycurl.NUM_CONNECTS)
    assert opened == int(allow_local)
    # The second pass shows that the first would have got in but for the guard.
    assert service.faults == (["somebody followed a redirect"] if allow_local else [])
    service.faults.clear()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_is_not_followed(service: PushService, status: int) -> None:
    browser = service.browser(status, Location=f"{service.origin}/inside")
    service._check = lambda *_: None  # type: ignore[method-assign]
    browser.decrypt = lambda _: {}  # type: ignore[method-assign]
    async with open_sender(allow_local=True) as sender:
        (answer,) = await sender([_message(browser.endpoint)])
    assert answer.outcome == "f"
    assert service.faults == []


async def test_service_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.push.curl_sender.TOTAL_SECONDS", 0.2)
    ended = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1024):
            pass
        writer.close()
        ended.set()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server, open_sender(allow_local=True) as sender:
        port = server.sockets[0].getsockname()[1]
        assert await sender([_message(f"http://127.0.0.1:{port}/a")]) == [Answer("p")]
        await ended.wait()


def _message(endpoint: str) -> Message:
    return Message(endpoint, "vapid t=a,k=b", b"body", 60, "normal", "topic")
