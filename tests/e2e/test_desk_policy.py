"""The policy page in a browser: moved, tried, saved, and then what is posted is judged by it."""

import uuid
from typing import Any

import pytest
from e2e.policy_page import open_policy, put_policy
from e2e.visitors import Api, Visitor, text
from live import LiveServer
from playwright.async_api import Page, expect

pytestmark = pytest.mark.browser


async def figure(page: Page, name: str) -> int:
    """One of the figures."""
    shown = await page.locator(f"output[name={name}]").inner_text()
    return int(shown.replace(",", ""))


async def settled(page: Page) -> None:
    await expect(page.locator("output[name=held]")).to_be_visible()
    await page.wait_for_timeout(300)
    await expect(page.locator(".figures")).not_to_have_attribute("aria-busy", "true")


@pytest.fixture
async def page(visitor: Visitor, live_server: LiveServer) -> Any:
    """An editor's policy page; afterwards the policy is the default again."""
    page = await visitor.page()
    await open_policy(page, live_server)
    yield page
    await put_policy(live_server, {})


async def test_a_slider_moves_the_figures_and_once_saved_it_judges(
    page: Page, api: Api, key: str
) -> None:
    assert (await api.post(key, text()))["status"] == "published"
    await page.reload()
    await settled(page)
    published = await figure(page, "published")
    assert published >= 1
    slider = page.get_by_label("Insult: held from", exact=True)
    await slider.focus()
    await page.keyboard.press("Home")
    await expect(page.get_by_label("Insult: held from, as a number")).to_have_value("0")
    # What is in no language that the classifier knows stays out.
    await expect(page.locator(".outcome-row.held .change")).to_contain_text("+")
    assert await figure(page, "published") < published / 2
    await expect(page.locator(".outcome-row.published .change")).to_contain_text("\N{MINUS SIGN}")
    await expect(page.get_by_role("heading", name="Would be held now")).to_be_visible()
    # What is only tried judges nothing.
    assert (await api.post(key, text()))["status"] == "published"
    save = page.get_by_role("button", name="Save as version")
    await save.click()
    await expect(page.locator(".save-bar")).to_contain_text("Saved. Version")
    assert (await api.post(key, text()))["status"] == "held"
    await expect(page.locator(".in-force")).to_contain_text("put by editor@desk.example")
    await expect(page.locator(".versions li").first).to_contain_text("in force")
    # Back to the classifier's own, which for insults is never.
    await page.get_by_role("button", name="Insult: use the classifier").click()
    await expect(page.get_by_label("Insult: held from, as a number")).to_have_value("")
    await page.get_by_role("button", name="Discard").click()
    await expect(page.get_by_label("Insult: held from, as a number")).to_have_value("0")


async def test_words_are_tried_and_looked_for(page: Page, api: Api, key: str) -> None:
    word = f"w{uuid.uuid4().hex[:8]}"
    comment = await api.post(key, f"{text()} {word}")
    assert comment["status"] == "published"
    # The comments of the last week may be known for a minute; nobody has asked for these yet.
    await page.get_by_label("Of how many days").select_option("30")
    await page.get_by_label("Suspect words").fill(f"{word}\n\n  ferry* ")
    await expect(page.locator("#suspect_words-count")).to_have_text("2 entries")
    await page.get_by_label("Try a text").fill(f"The {word.upper()} and the F3rryman")
    await page.get_by_role("button", name="Try", exact=True).click()
    await expect(page.locator(".found")).to_contain_text("It would be held.")
    await expect(page.locator(".found")).to_contain_text(f"contains the suspect word “{word}”")
    example = page.locator("details.example", has_text=word).first
    await expect(example).to_be_visible()
    await example.locator("summary").click()
    await expect(example.locator(".words")).to_contain_text(word)
    await page.get_by_role("button", name="Discard").click()
    await expect(page.get_by_label("Suspect words")).to_have_value("")


async def test_signals_hours_and_threads_are_kept(page: Page, api: Api) -> None:
    links = page.get_by_role("group", name="Links", exact=True)
    await links.get_by_label("spam", exact=True).check()
    await page.get_by_label("From how many links").fill("7")
    await page.get_by_label("New until so many are published").fill("3")
    await page.get_by_label("Refused, per cent").fill("65")
    await page.get_by_label("Days after which comments close").fill("30")
    await page.get_by_label("Somebody is at the desk").check()
    await page.get_by_label("Time zone").fill("Europe/Lisbon")
    await page.get_by_label("Hours 1: Saturday").check()
    await page.get_by_label("Hours 1: from").fill("07:30")
    await page.get_by_label("When nobody is there").select_option("hold_risky")
    await page.get_by_role("button", name="Add hours").click()
    await page.get_by_role("button", name="Remove hours 2").click()
    await page.get_by_role("button", name="Save as version").click()
    await expect(page.locator(".save-bar")).to_contain_text("Saved. Version")
    found = await api.moderation("GET", "policy?site=default")
    policy = found["policy"]
    assert policy["signals"] == {"links": "spam"}
    assert (policy["links"], policy["new_readers"], policy["close_after_days"]) == (7, 3, 30)
    assert policy["history_rate"] == 0.65
    assert policy["hours"] == {
        "time_zone": "Europe/Lisbon",
        "windows": [{"days": [0, 1, 2, 3, 4, 5], "from": "07:30", "to": "18:00"}],
        "outside": "hold_risky",
    }
    await page.reload()
    await expect(page.get_by_label("From how many links")).to_have_value("7")
    await expect(page.get_by_label("Hours 1: from")).to_have_value("07:30")
    await page.get_by_role("button", name="Take it up: the defaults").click()
    await expect(page.get_by_label("From how many links")).to_have_value("3")
    await expect(page.get_by_text("Changes that are not saved")).to_be_visible()


async def test_a_conflict_is_shown(page: Page, live_server: LiveServer) -> None:
    await page.get_by_label("From how many links").fill("8")
    await put_policy(live_server, {"links": 5, "mode": "pre"})
    await page.get_by_role("button", name="Save as version").click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("somebody was faster")
    await expect(alert).to_contain_text("put by editor@desk.example")
    await alert.get_by_role("button", name="Keep my changes").click()
    await expect(alert).to_be_hidden()
    await expect(page.get_by_label("From how many links")).to_have_value("8")
    await page.get_by_role("button", name="Save as version").click()
    await expect(page.locator(".save-bar")).to_contain_text("Saved. Version")


async def test_what_the_service_refuses_is_said(page: Page) -> None:
    await page.get_by_label("Somebody is at the desk").check()
    await page.get_by_label("Time zone").fill("Europe/Atlantis")
    await page.get_by_label("Time zone").blur()
    await page.get_by_role("button", name="Save as version").click()
    await expect(page.get_by_role("alert")).to_contain_text("$.policy.hours.time_zone")


async def test_a_moderator_reads_only(visitor: Visitor, live_server: LiveServer) -> None:
    page = await visitor.page()
    await open_policy(page, live_server, "moderator")
    await settled(page)
    await expect(page.get_by_text("Editors change the policy.")).to_be_visible()
    await expect(page.get_by_role("button", name="Save as version")).to_have_count(0)
    enabled = ".policy-parts :is(input, select, textarea):enabled:not([readonly])"
    assert await page.locator(enabled).evaluate_all("all => all.map(one => one.name)") == ["text"]


async def test_it_fits_and_every_control_has_a_name(page: Page) -> None:
    await page.get_by_label("Somebody is at the desk").check()
    for width in (360, 768, 1280):
        await page.set_viewport_size({"width": width, "height": 800})
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    nameless = """all => all.filter(one => !one.labels?.length && !one.ariaLabel)
        .map(one => one.outerHTML)"""
    assert await page.locator("input, select, textarea").evaluate_all(nameless) == []


async def test_who_leaves_asks_nothing_more(page: Page) -> None:
    await settled(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.get_by_label("From how many links").fill("9")
    await page.get_by_role("link", name="Held").click()
    await page.wait_for_timeout(600)
    assert [one for one in asked if "policy" in one] == []
