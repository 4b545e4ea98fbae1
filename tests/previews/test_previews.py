"""Letters at the desk: in every language, as they would go out, and to the editor who asks."""

import re
from typing import Any

import httpx
import msgspec
import pytest
from correspondence.conftest import SENDER, text_of
from letterbox import Mailbox
from thread import bearer

from service.core.db import Pool
from service.core.outbox import PostOffice
from service.core.tokens import Keyring
from service.previews.routes import KINDS
from service.settings import Settings
from service.web.words import catalogues

LETTERS = "/v1/moderation/letters"


@pytest.mark.parametrize("lang", sorted(catalogues()))
async def test_every_kind_is_shown_in_every_language(
    client: httpx.AsyncClient, mailing: Settings, editor_token: str, lang: str
) -> None:
    mine = bearer(editor_token)
    answer = await client.get(f"{LETTERS}?site=default&lang={lang}", headers=mine)
    shown = answer.json()
    assert answer.status_code == 200
    assert shown["missing"] == []
    assert [one["kind"] for one in shown["items"]] == list(KINDS)
    for one in shown["items"]:
        assert one["sender"] == f"The Courier <{SENDER}>"
        assert not re.search(r"[{}]", one["subject"] + one["text"])
        frame = await client.get(f"/desk/letters/{one['kind']}?lang={lang}", headers=mine)
        assert f'<html lang="{lang}"' in frame.text
        policy = frame.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "sandbox" in policy
        assert frame.headers["cache-control"] == "no-store"


async def test_no_link_of_a_sample_opens_anything(
    client: httpx.AsyncClient, mailing: Settings, editor_token: str
) -> None:
    shown = (await client.get(LETTERS, headers=bearer(editor_token))).json()
    links = {
        link
        for one in shown["items"]
        for link in re.findall(r"https://comments.example(/sites/\S+key=\S+)", one["text"])
    }
    assert len(links) >= 4
    for link in links:
        assert (await client.get(link)).status_code in {404, 410}, link


async def test_a_test_goes_to_the_editor_who_asks(
    client: httpx.AsyncClient,
    mailing: Settings,
    editor_token: str,
    pool: Pool,
    keyring: Keyring,
    letterbox: Mailbox,
) -> None:
    letterbox.mails.clear()
    answer = await client.post(
        f"{LETTERS}/test?site=default", json={"kind": "reply", "lang": "de"},
        headers=bearer(editor_token),
    )  # fmt: skip
    assert (answer.status_code, answer.json()) == (202, {"to": "editor@courier.example"})
    await PostOffice(pool, keyring, mailing.smtp, SENDER).sweep()
    (mail,) = letterbox.mails
    assert mail["To"] == "editor@courier.example"
    assert mail["Subject"].startswith("[Test] Zoë Harper hat Ihnen geantwortet")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Zoë Harper" in text_of(mail, "html")


async def test_what_is_missing_is_said_and_addresses_are_counted_not_named(
    client: httpx.AsyncClient, state: dict[str, Any], editor_token: str, pool: Pool
) -> None:
    mine = bearer(editor_token)
    for address_hash, reason, site in ((b"1", "asked", True), (b"2", "bounced", False)):
        await pool.execute(
            "insert into mail_stop (site_id, address_hash, reason)"
            " select case when $3 then id end, $1, $2 from site",
            address_hash, reason, site,
        )  # fmt: skip
    state["settings"] = msgspec.structs.replace(state["settings"], smtp=None, public_url=None)
    await client.patch(
        "/v1/moderation/sites/default", json={"confirm_readers": False}, headers=mine
    )
    shown = (await client.get(LETTERS, headers=mine)).json()
    assert shown["missing"] == ["no_server", "no_public_url", "switched_off"]
    assert shown["stopped"] == {"asked": 1, "bounced": 1, "complained": 0}
    assert len(shown["items"]) == len(KINDS)
    refused = await client.post(f"{LETTERS}/test", json={"kind": "reply"}, headers=mine)
    assert refused.status_code == 409
    assert "REJOINDER_SMTP_URL" in refused.json()["detail"]


async def test_what_there_isn_t_is_told_and_moderators_see_none(
    client: httpx.AsyncClient, mailing: Settings, editor_token: str, moderator_token: str
) -> None:
    mine = bearer(editor_token)
    assert (await client.get(f"{LETTERS}?lang=xx", headers=mine)).status_code == 422
    assert (await client.get("/desk/letters/bill", headers=mine)).status_code == 422
    assert (await client.get("/desk/letters/reply?lang=xx", headers=mine)).status_code == 422
    body = {"kind": "reply", "lang": "xx"}
    assert (await client.post(f"{LETTERS}/test", json=body, headers=mine)).status_code == 422
    for token, status in ((moderator_token, 403), ("", 401)):
        headers = bearer(token) if token else {}
        assert (await client.get("/desk/letters/reply", headers=headers)).status_code == status
