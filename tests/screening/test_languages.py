"""Languages that the classifier hasn't learnt: not judged is not clean, and word lists help."""

# ruff: noqa: RUF001 - letters of other alphabets are what this is about

from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from steps import count_lines
from thread import bearer, post

from classifiers import LABELS
from classifiers.language import language
from service.core.db import Pool
from service.screening import tongues
from service.screening.actions import screen
from service.screening.store import insert_policy
from service.screening.tongues import Listed
from service.screening.types import (
    Context,
    Duplicates,
    History,
    Policy,
    Scores,
    Screening,
    SitePolicy,
)

RUSSIAN = "Когда наконец откроют мост? Мы ждём уже третий год, а чиновники только обещают."
INSULT = "You are a fucking idiot, go kill yourself."


async def signals_of(pool: Pool, posted: dict[str, Any]) -> dict[str, Any]:
    text = await pool.fetchval(
        "select signals from screening where comment_id = $1", posted["comment"]["id"]
    )
    return {signal["check"]: signal for signal in msgspec.json.decode(text)}


async def put(pool: Pool, site: Any, state: dict[str, Any], policy: Policy) -> None:
    async with pool.acquire() as conn:
        assert await insert_policy(conn, site.id, 1, policy, None)
    state["policies"]._known.clear()


async def test_what_is_not_judged_has_no_score_and_stands_above_the_clean(
    client: httpx.AsyncClient, pool: Pool, moderator_token: str
) -> None:
    clean = await post(client, "Thank you for this article, my mother worked on that ferry.")
    posted = await post(client, RUSSIAN)
    assert posted["comment"]["status"] == "published"
    answer = await client.get(
        "/v1/moderation/queue?view=new&order=risk", headers=bearer(moderator_token)
    )
    first, second = answer.json()["items"]
    assert (first["id"], second["id"]) == (posted["comment"]["id"], clean["comment"]["id"])
    assert first["risk"] == pytest.approx(0.2)
    signals = {signal["check"]: signal for signal in first["signals"]}
    for label in LABELS:
        assert signals[label]["score"] is None
        assert signals[label]["verdict"] == "nothing"
        assert signals[label]["evidence"].items() >= {"grounded": False, "language": "ru"}.items()
    assert signals["language"]["fires"]
    assert signals["language"]["evidence"] == {"language": "ru", "grounded": False, "judged": 0.0}


async def test_an_unknown_language_holds_where_a_site_says_so(
    client: httpx.AsyncClient, pool: Pool, site: Any, state: dict[str, Any]
) -> None:
    await put(pool, site, state, Policy(unknown_language="hold"))
    assert (await post(client, RUSSIAN))["comment"]["status"] == "held"
    assert (await post(client, "Fine words."))["comment"]["status"] == "published"
    assert (await post(client, "Der Bericht ist gut."))["comment"]["status"] == "published"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("Автор этой статьи просто МУДАК, вот и всё", "МУДАК"),
        ("Автор цієї статті мудак, от і все", "мудак"),
        ("El alcalde es un gilipollas y lo sabe todo el pueblo", "gilipollas"),
        ("Ten burmistrz to zwykły kutas i wszyscy o tym wiedzą", "kutas"),
        ("Ce maire est un vrai connard, tout le monde le sait", "connard"),
        ("Belediye başkanı tam bir orospu çocuğu, herkes biliyor", "orospu"),
    ],
)
async def test_a_listed_word_holds_where_nothing_better_is_known(
    body: str, word: str, client: httpx.AsyncClient, pool: Pool
) -> None:
    posted = await post(client, body)
    assert (posted["comment"]["status"], posted["comment"]["reason"]) == ("held", "banned_word")
    signal = (await signals_of(pool, posted))["word_list"]
    assert signal["verdict"] == "hold"
    [hit] = signal["evidence"]["words"]
    assert body[hit["begin"] : hit["end"]] == word
    assert hit["language"] in {"ru", "es", "pl", "fr", "tr"}


async def test_a_site_may_do_without_the_lists(
    client: httpx.AsyncClient, pool: Pool, site: Any, state: dict[str, Any]
) -> None:
    await put(pool, site, state, Policy(word_lists="nothing"))
    posted = await post(client, "Автор этой статьи просто мудак, вот и всё")
    assert posted["comment"]["status"] == "published"
    signal = (await signals_of(pool, posted))["word_list"]
    assert signal["evidence"]["words"][0]["word"].startswith("мудак")


@pytest.mark.parametrize(
    "body",
    [
        f"{RUSSIAN} {INSULT} {RUSSIAN}",
        f"El puente sigue cerrado y nadie hace nada por la gente. {INSULT}",
    ],
)
async def test_an_insult_in_english_is_judged_among_other_words(
    body: str, client: httpx.AsyncClient, pool: Pool
) -> None:
    posted = await post(client, body)
    assert posted["comment"]["status"] == "held"
    signals = await signals_of(pool, posted)
    assert signals["abuse"]["score"] > 0.8
    spans = signals["abuse"]["evidence"]["spans"]
    assert any("idiot" in body[span["begin"] : span["end"]] for span in spans)
    assert signals["language"]["evidence"]["grounded"] is False
    assert 0 < signals["language"]["evidence"]["judged"] < 0.6


async def test_a_part_that_is_not_judged_is_said(client: httpx.AsyncClient, pool: Pool) -> None:
    body = f"My mother worked on that ferry for twenty years and nobody asked her. {RUSSIAN[:27]}"
    posted = await post(client, body)
    signals = await signals_of(pool, posted)
    assert signals["language"]["fires"]
    assert signals["language"]["evidence"]["language"] == "en"
    assert signals["abuse"]["score"] is not None
    risk = await pool.fetchval(
        "select risk from comment where id = $1::uuid", posted["comment"]["id"]
    )
    assert risk >= 0.19


async def test_a_disguise_is_no_other_language(client: httpx.AsyncClient, pool: Pool) -> None:
    body = INSULT.translate(str.maketrans("oaey", "\u043e\u0430\u0435\u0443"))
    posted = await post(client, body)
    assert posted["comment"]["status"] == "held"
    assert (await signals_of(pool, posted))["language"]["evidence"]["language"] == "en"


def context(body: str, policy: Policy, code: str, score: float, *, grounded: bool) -> Context:
    return Context(
        body=body,
        name="Ana",
        website=None,
        article_mode=None,
        policy=SitePolicy(msgspec.UNSET, 1, policy),  # type: ignore[arg-type] # not looked at
        scores=Scores("m", dict.fromkeys(LABELS, score), code, grounded=grounded, thresholds={}),
        history=History(confirmed=False, published=0, refused=0),
        duplicates=Duplicates(),
        recent_by_reader=0,
        recent_by_address=0,
        sanction=None,
        form_age=None,
        honeypot=False,
    )


@given(st.floats(0, 1))
def test_a_score_without_ground_decides_nothing(score: float) -> None:
    screening = screen(context(RUSSIAN, Policy(), "ru", score, grounded=False))
    assert (screening.verdict, screening.risk) == ("publish", 0.2)


def judged(body: str, policy: Policy) -> Screening:
    return screen(context(body, policy, "en", 0.01, grounded=True))


def test_where_the_score_knows_better_a_listed_word_is_a_signal() -> None:
    assert judged("You absolute arsehole.", Policy()).verdict == "publish"
    assert judged("You absolute arsehole.", Policy(word_lists="always")).verdict == "hold"
    # An ass, a vulture named Dick, sex education: ordinary words hold nowhere.
    assert judged("An ass, Dick, and sex.", Policy(word_lists="always")).verdict == "publish"
    # A Russian word in an English text is one that the score knows nothing of.
    assert judged("The mayor is such a мудак.", Policy()).verdict == "hold"


def count(text: str, code: str, *, grounded: bool = False) -> list[Listed]:
    return [word for word in tongues.find(text, code, grounded=grounded) if not word.hint]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("de", "Dieser Bürgermeister ist ein Arschloch."),
        ("de", "Diese Hurensöhne im Rathaus!"),
        ("en", "What an ARSEHOLE."),
        ("en", "bu\u200bll\u0455hit"),
        ("es", "Qué hijos de puta"),
        ("es", "CABRONES todos"),
        ("es", "g\u0456lipollas"),
        ("es", "¡Coño!"),
        ("fr", "Les connards de la mairie"),
        ("fr", "sale ENCULES"),
        ("fr", "p\uff55tain"),
        ("pl", "Nie ma kurwy we wsi"),
        ("pl", "spierdalaj stad"),
        ("pl", "kut\u0430s"),
        ("pt", "Que caralhos, filho da puta"),
        ("pt", "m\u0435rda"),
        ("ru", "Хуйня какая-то"),
        ("ru", "заебали уже со своим мостом"),
        ("ru", "ЁБ ТВОЮ МАТЬ"),
        ("ru", "еб твою  мать"),
        ("ru", "м\u0443\u0301дак"),
        ("ru", "мyдaки"),
        ("ru", "пи3да"),
        ("ru", "го\u200bвно"),
        ("ru", "полная pizdec, пиzдец"),
        ("uk", "та він мудак"),
        ("bg", "той е мудак"),
        ("tr", "orospuluk bu"),
        ("tr", "SİKTİR git"),
        ("tr", "siktirin gidin"),
        ("tr", "göt herif"),
    ],
)
def test_each_list_catches(code: str, text: str) -> None:
    assert count(text, code), text


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "The specialist from Scunthorpe will assess the cocktail class in Essex."),
        ("en", "A shitake and a Dickens reading, an analysis of grapes and canals."),
        ("de", "Nackte Tatsachen: die Vögel singen, und die Schwanzfeder ist lang."),
        ("es", "El martillo, el cono de tráfico, la computadora y la reputación putativa."),
        ("es", "Mucho follaje y bastardilla en tiempos de Maricastaña."),
        ("fr", "La chatte dort dans le cul-de-sac, près de la salopette et de la gerbe de fleurs."),
        ("fr", "Peter et le concombre, une confiture et un connaisseur au ballet."),
        ("pl", "Jajko i dmuchać, ciotka piecze sernik, duplikat w gablocie."),
        ("pt", "O pau do barco, o pinto amarelo, comer um saco de pão e o computador."),
        ("ru", "Мудрый педикюр, хохлома, стервятник, страхуй и застрахуйте, требую ремонта."),
        ("ru", "Какая разница, хрен с горчицей, голый король и мент в кино."),
        ("ru", "The cock, a sock, xepox"),
        ("uk", "Небезпека на мосту, психуй не психуй, а хустка гарна."),
        ("bg", "Голът беше красив, хубав мач."),
        ("tr", "Sık sık geliyorum, kapıyı sıkı tut, amcam İngiltere'de, saat 10 am."),
        ("tr", "I got it, dedi; sıktır git gel."),
        ("it", "Il con, la bite, la fica d'India e il culo di bottiglia"),
        ("nl", "De kok en de slot, het is een hoer of niet"),
        ("und", "\U0001f44d"),
        ("ja", "記事をありがとうございます。"),
    ],
)
def test_no_list_misfires(code: str, text: str) -> None:
    assert not count(text, code), text


@pytest.mark.parametrize(
    "text", ["Take a bite!", "Got it, mama", "Con trick", "Nice pinto", "Peter!", "No trio"]
)
def test_lists_of_other_languages_are_hints_for_short_texts(text: str) -> None:
    assert not count(text, language(text), grounded=True)


def test_a_short_text_asks_every_latin_list() -> None:
    [word] = tongues.find("puta", "en", grounded=True)[:1]
    assert word.hint
    assert word.language in {"es", "pt"}


@given(st.text(max_size=200), st.sampled_from([*tongues.LISTS, "uk", "ca", "und"]))
def test_no_text_raises(text: str, code: str) -> None:
    for word in tongues.find(text, code, grounded=False):
        assert 0 <= word.begin < word.end <= len(text)


@pytest.mark.parametrize("unit", ["a", "хуй ", "sık ", "е\u0301", "на хуй ", "puta madre "])
def test_twice_the_text_makes_twice_the_work(unit: str) -> None:
    def work(size: int) -> None:
        for code in ("ru", "es", "tr"):
            tongues.find((unit * size)[:size], code, grounded=False)

    work(100)  # the lists are read
    assert count_lines(lambda: work(10_000)) <= 2.3 * count_lines(lambda: work(5_000)) + 300


def test_what_is_ordinary_is_listed() -> None:
    for code, words in tongues._notes().ordinary.items():
        listed = {entry.lower() for entry in tongues._list(code)[0]._words.values()}
        listed |= {e.lower() for es in tongues._list(code)[0]._phrases.values() for e, _ in es}
        assert set(words) <= listed, code
