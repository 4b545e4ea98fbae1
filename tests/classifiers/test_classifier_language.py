"""Which language a comment is in: what readers write, in what they write it, and disguised."""

# ruff: noqa: RUF001, E501 - letters of other alphabets, and the escapes that stand for disguises

import pytest
from hypothesis import given
from hypothesis import strategies as st
from steps import count_lines

from classifiers.language import grounded, language, learnt

SENTENCES = [
    ("en", "Nice one!"),
    ("en", "lol same here"),
    ("en", "I don't think the mayor has read the report at all."),
    ("en", "WHY IS NOBODY TALKING ABOUT THE FERRY???"),
    ("en", "teh council is a buch of clwons tbh"),
    ("en", "smh fam this aint it, he straight up lyin n y'all buyin it"),
    ("en", "Well said, Siobhan O'Rourke and Krzysztof Wiśniewski!"),
    ("en", "#SaveTheFerry #NotMyMayor @courier_news"),
    ("en", "Patience, neighbours, patience."),
    ("en", "Details, details, as usual :)"),
    ("en", "Absolute rubbish, utter drivel, total nonsense."),
    ("en", "My café in Malmö serves crème brûlée and naïve customers."),
    ("en", "Hallelujah, hallelujah, hallelujah!"),
    ("en", "Oh no, not again… same old, same old!!!"),
    ("en", "gonna b gr8 2nite c u there m8s"),
    ("en", "Trump, Merkel, Macron, Putin: whatever."),
    ("en", "f u c k   t h i s   s t u p i d   p a p e r"),
    ("en", "sooooo trueeeee hahahahaha"),
    ("en", "Ya gotta be kiddin me, dude"),
    (
        "en",
        "Y\u043eu \u0430re \u0430 fu\u0441king idi\u043et \u0430nd \u0435verybody kn\u043ews it",
    ),
    (
        "en",
        "\uff39\uff4f\uff55 \uff41\uff52\uff45 \uff41 \uff46\uff4f\uff4f\uff4c \uff41\uff4e\uff44 \uff41 \uff4c\uff49\uff41\uff52",
    ),
    (
        "en",
        "\U0001d418\U0001d428\U0001d42e \U0001d41a\U0001d42b\U0001d41e \U0001d41a \U0001d41f\U0001d428\U0001d428\U0001d425 \U0001d41a\U0001d427\U0001d41d \U0001d41a \U0001d425\U0001d422\U0001d41a\U0001d42b",
    ),
    ("de", "Der Bericht ist sehr gut, danke."),
    ("de", "Warum fährt die Fähre sonntags nicht mehr?"),
    ("de", "So ein Quatsch, das glaubt doch kein Mensch"),
    ("de", "DAS IST EINE UNVERSCHÄMTHEIT"),
    ("de", "Ich habe dreißig Jahre dort gearbeitet und nie so etwas gesehen."),
    ("pt", "Muito obrigado pela reportagem, foi excelente."),
    ("pt", "Não acredito que fecharam a ponte outra vez"),
    ("pt", "Isso é uma vergonha para a nossa cidade"),
    ("pt", "vocês não sabem de nada, a culpa é do prefeito"),
    ("ko", "감사합니다"),
    ("ko", "기사 잘 읽었습니다. 다리가 다시 열리면 좋겠어요."),
    ("ko", "진짜 KTX 표값 너무 비싸다 ㅋㅋㅋ"),
    ("ru", "Спасибо за статью, очень интересно"),
    ("ru", "Привет всем"),
    ("ru", "Когда наконец откроют мост? Мы ждём уже третий год."),
    ("ru", "Полная чушь, автор ничего не понимает"),
    ("uk", "Дякую за статтю, чекаю на продовження"),
    ("uk", "Коли нарешті відкриють міст?"),
    ("uk", "Привіт"),
    ("bg", "Благодаря за статията, много е интересна и полезна."),
    ("es", "Muchas gracias por el artículo, me ha gustado mucho."),
    ("es", "¿Cuándo van a abrir el puente?"),
    ("es", "Eso es mentira y el alcalde lo sabe perfectamente"),
    ("es", "Qué vergüenza"),
    ("fr", "Merci beaucoup pour cet article, c'est très intéressant."),
    ("fr", "Le maire n'a rien compris, comme d'habitude"),
    ("fr", "C'est une honte pour notre ville"),
    ("fr", "Quand est-ce que le pont va rouvrir ?"),
    ("pl", "Dziękuję za artykuł, bardzo ciekawy."),
    ("pl", "Kiedy wreszcie otworzą most?"),
    ("pl", "To jest skandal, burmistrz powinien odejść"),
    ("tr", "Bu yazı için çok teşekkür ederim."),
    ("tr", "Köprü ne zaman açılacak acaba?"),
    ("tr", "Belediye başkanı istifa etmeli artık"),
    ("nl", "Bedankt voor dit artikel, heel interessant."),
    ("nl", "Wanneer gaat de brug eindelijk weer open?"),
    ("it", "Grazie mille per questo articolo, davvero interessante."),
    ("it", "Quando riapriranno finalmente il ponte?"),
    ("sv", "Tack för artikeln, den var mycket intressant."),
    ("sv", "När ska bron öppnas igen?"),
    ("ar", "شكرا جزيلا على هذا المقال الرائع"),
    ("ja", "記事をありがとうございます。とても面白かったです。"),
    ("zh", "\u8c22\u8c22\u8fd9\u7bc7\u6587\u7ae0\uff0c\u5199\u5f97\u975e\u5e38\u597d\u3002"),
    ("he", "תודה רבה על הכתבה"),
    ("el", "Ευχαριστώ πολύ για το άρθρο, πολύ ενδιαφέρον."),
    ("hi", "इस लेख के लिए बहुत धन्यवाद"),
    ("th", "ขอบคุณสำหรับบทความ"),
    ("ka", "დიდი მადლობა სტატიისთვის"),
    ("und", ""),
    ("und", "👍👍👍 100 %"),
    ("und", "!!! ??? 12:30"),
    # Words that English shares with others.
    ("nl", "is het goed of slecht nieuws"),
    ("pl", "to my wiemy, to jest to"),
    ("es", "Hijo de puta"),
    ("fr", "va te faire voir"),
]


@pytest.mark.parametrize(("code", "text"), SENTENCES)
def test_sentences(code: str, text: str) -> None:
    assert language(text) == code


RUSSIAN = "Когда откроют мост? Мы ждём третий год."
ENGLISH = "You are a liar and everybody knows it."
SPANISH = "El alcalde promete mucho y nunca hace nada."


@pytest.mark.parametrize("text", ["", "👍", "Fine words.", ENGLISH, "Der Bericht ist sehr gut."])
def test_what_is_learnt_whole(text: str) -> None:
    assert learnt(text, language(text)) == (text, 1.0)


@pytest.mark.parametrize(
    "text", [RUSSIAN, SPANISH, f"{RUSSIAN} https://news.example/the-bridge @editor #bridge"]
)
def test_what_is_not_learnt_at_all(text: str) -> None:
    assert not grounded(language(text))
    assert learnt(text, language(text)) == ("", 0.0)


@pytest.mark.parametrize("other", [RUSSIAN * 3, SPANISH * 3])
def test_the_english_part_stays_where_it_was(other: str) -> None:
    text = f"{other} {ENGLISH} {other}"
    part, share = learnt(text, language(text))
    assert not grounded(language(text))
    assert part.strip(" .?") == ENGLISH.rstrip(".")
    assert len(part) == len(text)
    assert part.index("You") == text.index("You")
    assert 0.05 < share < 0.3


def test_a_part_that_is_not_learnt() -> None:
    text = f"{ENGLISH * 3} {RUSSIAN}"
    assert language(text) == "en"
    assert 0.7 < learnt(text, "en")[1] < 0.9


@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    code = language(text)
    part, share = learnt(text, code)
    assert len(part) in {0, len(text)}
    assert 0 <= share <= 1


@pytest.mark.parametrize("unit", ["a", "a@", "ё", "ёa", "is ", "a.", "é́", "@@"])
def test_twice_the_text_makes_twice_the_work(unit: str) -> None:
    def work(size: int) -> None:
        text = (unit * size)[:size]
        for code in (language(text), "ru", "es"):
            learnt(text, code)

    work(100)  # what is remembered
    assert count_lines(lambda: work(10_000)) <= 2.3 * count_lines(lambda: work(5_000)) + 300
