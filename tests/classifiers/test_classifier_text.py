# ruff: noqa: RUF001 - look-alikes are what is tested here

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from steps import count_lines

from classifiers import fold, fold_map
from classifiers.features import units, word_keys
from classifiers.words import words

TRICKY = st.text(
    st.sampled_from(
        "aAеЕсCoоé\u0301\u0323й и\u0306ñ한\u1112\u1161\u11ab가\u11a8\u200b\ufe0f\uff9eカक़\u093cßø"
        "æ\u0130=\u0338 \n\x1c\x00\ud800ΣςǅΌᾼ🅰ﬃ½①𝓲\u202e\u00ad\U000e0041"
    ),
    max_size=30,
)
ANY = st.text(st.characters(), max_size=200) | TRICKY


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Ｈéllo  Wörld", "hello world"),
        ("fuсk уоu", "fuck you"),
        ("🅵🆄🅲🅺 ⓘⓓⓘⓞⓣ", "fuck idiot"),
        ("i\u200bd\u0336i\u0301ot", "idiot"),
        ("𝓲𝓭𝓲𝓸𝓽", "idiot"),
        ("ꜰᴏᴏʟ", "fool"),
        ("ВITCH", "bitch"),
        ("ӏԁꙇОТ", "idiot"),
        ("dͺϲΚΗΕαd", "dickhead"),
        ("ᏢᎪᎢᏂᎬᎢᎥᏟ", "pathetic"),
        ("⒫🄐🄣⒣⒠🄣🄘🄒", "pathetic"),
        ("Straße ŁØ", "strasse lo"),
        ("“quoted” it’s", '"quoted" it\'s'),
        ("\x00a\x1cb\ud800", "a b"),
        ("", ""),
    ],
)
def test_what_looks_the_same_is_spelt_the_same(written: str, folded: str) -> None:
    assert fold(written) == folded


@pytest.mark.parametrize(
    "genuine",
    [
        "путин и байден",
        "сорока",
        "она ест суп",
        "її й ґанок",
        "καλημερα κοσμε",
        "हिन्दी",
        "한국어 댓글",
        "שלום",
        "日本語",
        "he said нет и привет",
        "3d-принтер и smsки",
        "the word λόγοσ",
    ],
)
def test_other_scripts_stay_themselves(genuine: str) -> None:
    assert fold(genuine) == genuine


@settings(max_examples=600, deadline=None)
@example("о aβ")
@example("σ aж")
@given(ANY)
def test_folding_is_idempotent_and_maps_every_character(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    mapped, offsets = fold_map(text)
    assert mapped == folded
    assert len(offsets) == len(folded)
    assert offsets == sorted(offsets)
    assert all(0 <= at < len(text) for at in offsets)


@given(st.text("abzAZ .,!0", max_size=60))
def test_plain_letters_come_from_where_they_stand(text: str) -> None:
    mapped, offsets = fold_map(text)
    assert mapped == fold(text)
    assert "".join(text[at] for at in offsets).lower() == mapped


@pytest.mark.parametrize(
    "unit",
    [
        "e\u0301\u0323",
        "a",
        "🅰",
        "и\u0306\u0323",
        "сосk ",
        "ж",
        "@",
        "$*",
        "a*",
        "1d ",
        "http://a.b/",
    ],
)
def test_twice_the_text_is_at_most_twice_the_work(unit: str) -> None:
    short, long = unit * 500, unit * 1000
    units(short)

    def work(text: str) -> tuple[int, int]:
        return count_lines(lambda: fold_map(text)), count_lines(lambda: words(fold(text)))

    for once, twice in zip(work(short), work(long), strict=True):
        assert twice <= 2.2 * once + 200


@pytest.mark.parametrize(
    "written",
    ["i d i o t", "i.d.i.o.t", "i-d-i-o-t", "i_d_i_o_t", "i*d*i*o*t", "i/d/i/o/t", "ⓘ ⓓ ⓘ ⓞ ⓣ",
     "i\u2009d\u2009i\u2009o\u2009t", "iiidiooot", "⒤⒟⒤⒪⒯", "🇮🇩🇮🇴🇹"],
)  # fmt: skip
def test_a_word_that_is_spelt_out_is_that_word(written: str) -> None:
    assert [word.form for word in words(fold(f"you {written} there"))] == ["you", "idiot", "there"]


def test_few_single_letters_are_themselves() -> None:
    assert units("plan a b, sooo")[0] == ["plan", "a", "b", "so"]


def test_flags_stay_flags() -> None:
    assert fold("🇺🇸 and 🇩🇪") == "🇺🇸 and 🇩🇪"
    assert fold("🇺🇸🇬🇧🇩🇪") == "usgbde"


def test_one_character_is_no_book() -> None:
    assert len(fold("\ufdfa" * 1000)) == 1000


def test_a_path_of_a_link_is_no_word() -> None:
    forms, _ = units("see https://www.daily-news.example/abc/2024?id=77")
    assert forms == ["see", "daily", "news"]


def test_a_long_word_is_cut() -> None:
    forms, _ = units("ab" * 5000)
    assert max(map(len, forms)) <= 32


def test_keys_are_distinct_and_ordered() -> None:
    keys = word_keys("größe")
    assert keys == sorted(set(keys))
    assert all(0 <= key < 2**32 for key in keys)
