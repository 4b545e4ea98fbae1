"""Fingerprints: the same again, nearly, or something else."""

from hypothesis import given
from hypothesis import strategies as st

from service.screening.sketch import NEAR, fingerprint, similarities

TEXT = (
    "I made four thousand dollars last month working from home two hours a day, ask me how on my "
    "page and start earning this very evening without any experience."
)


def test_disguises_are_exact_copies() -> None:
    for copy in (TEXT.upper(), TEXT.replace(" ", "  "), TEXT.replace("o", "\u043e"), TEXT + "!!!"):
        assert fingerprint(copy).exact == fingerprint(TEXT).exact


def test_a_reworded_copy_is_near_and_found_by_a_band() -> None:
    reworded = TEXT.replace("four thousand", "five thousand").replace(
        "this very evening", "tonight"
    )
    one, other = fingerprint(TEXT), fingerprint(reworded)
    assert one.exact != other.exact
    assert similarities(one.sketch, [other.sketch, b""])[0] >= NEAR
    assert set(one.bands) & set(other.bands)


def test_another_text_is_far() -> None:
    other = (
        "The council's hearing on the evening ferry was moved to Thursday because the hall was "
        "flooded again, and nobody thought of telling the people who had queued since six."
    )
    assert similarities(fingerprint(TEXT).sketch, [fingerprint(other).sketch])[0] < 0.2


def test_short_texts_are_nobody_s_copy() -> None:
    assert fingerprint("Thank you!").bands == []
    assert similarities(b"", [b""]) == [0.0]


@given(st.text(max_size=2000))
def test_every_text_has_a_fingerprint(text: str) -> None:
    made = fingerprint(text)
    assert len(made.exact) == 16
    assert len(made.bands) in {0, 16}
    assert all(-(2**63) <= band < 2**63 for band in made.bands)
    assert made == fingerprint(text)
