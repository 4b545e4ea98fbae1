"""Mozilla's push service, as far as a real Firefox needs it: WebSocket inside, HTTP outside.

It knows no key but the one that the browser registered with, and decrypts nothing: that is
the browser's part.
"""

import base64
import json
import secrets
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiohttp import WSMsgType, web
from py_vapid import Vapid02
from py_vapid.jwt import decode

LARGEST = 4096
DAY = 24 * 3600


@dataclass
class Channel:
    """One subscription of the browser."""

    ident: str
    key: str  # the VAPID key that it was made for


class MozillaService:
    """`async with MozillaService() as service:`, then point Firefox at `service.url`."""

    def __init__(self) -> None:
        self.channels: dict[str, Channel] = {}
        self.answers: list[int] = []
        self.acks: list[dict[str, Any]] = []
        self._socket: web.WebSocketResponse | None = None
        self._forgetful = False

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/", self._browser)
        app.router.add_post("/wpush/{token}", self._post)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._socket is not None:
            await self._socket.close()
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._port}/"

    @property
    def preferences(self) -> dict[str, object]:
        """What makes Firefox use this service."""
        return {
            "dom.push.serverURL": self.url,
            "dom.push.testing.allowInsecureServerURL": True,
            # Marionette's own preferences turn it off.
            "dom.push.connection.enabled": True,
            "permissions.default.desktop-notification": 1,
            "alerts.useSystemBackend": False,
            "dom.push.retryBaseInterval": 200,
        }

    async def forget(self) -> None:
        """Lose the browser's subscriptions, as after an accident: it hears so when it is back."""
        self._forgetful = True
        self.channels.clear()
        if self._socket is not None:
            await self._socket.close()

    async def _browser(self, request: web.Request) -> web.WebSocketResponse:
        socket = self._socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for packet in socket:
            if packet.type is WSMsgType.TEXT:
                message = json.loads(packet.data)
                answer = self._answer(message)
                if answer is not None:
                    await socket.send_json(answer)
        return socket

    def _answer(self, message: dict[str, Any]) -> dict[str, Any] | None:
        match message.get("messageType"):
            case "hello":
                # Another id than its own tells the browser that all of its channels are gone.
                known = None if self._forgetful else message.get("uaid")
                uaid = known or secrets.token_hex(16)
                self._forgetful = False
                return {**message, "status": 200, "uaid": uaid, "use_webpush": True}
            case "register":
                token = secrets.token_urlsafe(24)
                self.channels[token] = Channel(message["channelID"], message["key"].rstrip("="))
                endpoint = f"http://127.0.0.1:{self._port}/wpush/{token}"
                return {**message, "status": 200, "pushEndpoint": endpoint}
            case "unregister":
                ident = message["channelID"]
                self.channels = {t: c for t, c in self.channels.items() if c.ident != ident}
                return {**message, "status": 200}
            case "ack":
                self.acks += message["updates"]
                return None
            case None:
                return {}  # a ping
            case _:
                return None

    async def _post(self, request: web.Request) -> web.Response:
        status = await self._take(request)
        self.answers.append(status)
        return web.Response(status=status)

    async def _take(self, request: web.Request) -> int:
        channel = self.channels.get(request.match_info["token"])
        body = await request.read()
        if channel is None or self._socket is None or self._socket.closed:
            return 410
        if len(body) > LARGEST:
            return 413
        if not request.headers.get("TTL", "").isdigit():
            return 400
        if not self._is_signed(request.headers.get("Authorization", ""), channel):
            return 401
        await self._socket.send_json(
            {
                "messageType": "notification",
                "channelID": channel.ident,
                "version": secrets.token_hex(8),
                "data": base64.urlsafe_b64encode(body).decode().rstrip("="),
                "headers": {"encoding": request.headers["Content-Encoding"]},
            }
        )
        return 201

    def _is_signed(self, authorization: str, channel: Channel) -> bool:
        fields = dict(
            part.split("=", 1) for part in authorization.removeprefix("vapid ").split(",")
        )
        if fields["k"].rstrip("=") != channel.key or not Vapid02.verify(authorization):
            return False
        claims = decode(fields["t"], fields["k"])
        aud: bool = claims["aud"] == f"http://127.0.0.1:{self._port}"
        return aud and time.time() < claims["exp"] <= time.time() + DAY
