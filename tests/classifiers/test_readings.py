import pytest

from classifiers import Model
from classifiers.readings import ORDINARY, Disguises

DISGUISES = [
    "You are such an f*cking id*ot",
    "You are a complete id1ot",
    "You are a complete idi0t",
    "You are a complete 1d10t",
    "You are a complete idoit",
    "You are a complete m0r0n",
    "You are a complete morno",
    "You are a complete st*pid idi*t",
    "You are a complete st#pid idi#t",
    "You are a complete idi-ot",
    "You are a complete id-ot",
    "You are a complete mo ron",
    "You are a complete iiddiioott",
    "You are a complete assshole",
    "You are a complete a$$hole",
    "You are an i...t and a f--k",
    "You are such an @sshole",
]
INNOCENT = [
    "Cnut the Great was king of England and Denmark",
    "Scunthorpe, Essex and Penistone are places",
    "Mrs Fuchs and Mr Dickens had a cocktail with the therapist",
    "The analyst from Niger likes shiitake",
    "It costs 5$ or 10% more, tickets at 7:30",
    "C++ and F# are languages, R&D costs money",
    "see p*ge 12, the s*n was out, the c*t sat on the m*t",
    "form from, trail trial, calm clam, united untied",
    "How do you assess this?",
    "I love carp, and the Shiite mosque by the Nile",
    "The A55 and the SH17 are closed, says Omron",
    "Woodcock and Hitchcock",
    "Wait...what? No---really, i..t is fine",
    "Take the J/W ferry, then walk: the c/w ratio and the P/G mix are on the back",
    "Rows F-G and H-J are reserved, the WHO/re-opening debate is in K",
    "Die Firma F-G baut die neue Strasse, und das ist auch gut so für die Stadt",
    "Henry VIII, Part II and TypeII",
    "Damit ist doch keinem geholfen, und das Geld ist dann auch weg",
]


INSULTS = Disguises({
    "fuck": 370.0, "shit": 330.0, "bitch": 330.0, "asshole": 290.0, "stupid": 275.0,
    "idiot": 274.0, "moron": 185.0, "loser": 143.0, "liar": 98.0, "crap": 176.0,
})  # fmt: skip


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("f*ck", "fuck"), ("sh1t", "shit"), ("1d10t", "idiot"), ("b!tch", "bitch"),
        ("a$$hole", "asshole"), ("ioser", "loser"), ("morov", "moron"), ("fcuk", "fuck"),
        ("stuuppiidd", "stupid"), ("ashole", "asshole"), ("st#p*d", "stupid"), ("id|ot", "idiot"),
        ("*d*o*", "idiot"), ("s****d", "stupid"), ("fu*ck", "fuck"), ("@sshole", "asshole"),
    ],
)  # fmt: skip
def test_what_a_disguise_may_say(written: str, meant: str) -> None:
    assert INSULTS.meant(written) == meant


@pytest.mark.parametrize(
    "form",
    [
        "", "a", "12345", "***", "$$$$", "x" * 33, "ж*па", "a*b*c*d*e*", "carp", "lair", "sh17",
        "a55", "ilar", "shi", "house", "h*use", "idiotic", "loose",
    ],
)  # fmt: skip
def test_what_is_no_disguise(form: str) -> None:
    assert INSULTS.meant(form) is None


def test_ordinary_words_are_written_as_they_are_folded() -> None:
    assert all(word.isascii() and word.isalpha() and word.islower() for word in ORDINARY)


def test_of_two_words_the_worse_is_meant() -> None:
    assert Disguises({"slap": 1.0, "slut": 200.0}).meant("sl**") == "slut"


@pytest.mark.parametrize(
    ("left", "between", "right", "meant"),
    [
        ("stu", " ", "pid", "stupid"),
        ("st", " ", "pid", None),
        ("st", "-", "pid", "stupid"),
        ("stu", "-", "pid", "stupid"),
        ("i", "...", "t", "idiot"),
        ("i", "..", "t", None),
        ("st", ", ", "pid", None),
        ("s", "." * 9, "t", None),
        ("l", "-", "r", None),
        ("l", "--", "r", "liar"),
    ],
)
def test_only_a_sign_masks_a_letter(left: str, between: str, right: str, meant: str | None) -> None:
    assert INSULTS.joined(left, right, between) == meant


@pytest.mark.parametrize("text", DISGUISES)
def test_a_disguised_insult_is_an_insult(model: Model, text: str) -> None:
    assert model.score([text])[0].scores["abuse"] >= model.thresholds["abuse"]["hold"]


@pytest.mark.parametrize("text", INNOCENT)
def test_names_and_signs_are_not_read_as_insults(model: Model, text: str) -> None:
    assert model.score([text])[0].scores["abuse"] < model.thresholds["abuse"]["hold"]


def test_the_reason_is_the_disguise_as_written(model: Model) -> None:
    text = "I think you are a mo-ron, sir"
    first = model.score([text], evidence=True)[0].evidence["abuse"][0]
    assert text[first.begin : first.end] == "mo-ron"


def test_a_long_word_may_be_masked_whole(model: Model) -> None:
    text = "you m---------er"
    scored = model.score([text], evidence=True)[0]
    assert scored.scores["abuse"] >= model.thresholds["abuse"]["hold"]
    first = scored.evidence["abuse"][0]
    assert text[first.begin : first.end] == "m---------er"


def test_readings_do_not_depend_on_what_came_before(model: Model) -> None:
    first = model.score(["You complete id*ot"])
    model.score(["stu pid", "idoit", "id*ot id*ot"])
    assert model.score(["You complete id*ot"]) == first


def test_a_guess_is_english_and_says_nothing_in_german(model: Model) -> None:
    whole, broken = "Der Verein Id-Iot spielt am Sonntag", "Der Verein Id Iot spielt am Sonntag"
    whole, broken = (f"{text} gegen die Mannschaft der Stadt" for text in (whole, broken))
    first, second = (one.scores["abuse"] for one in model.score([whole, broken]))
    assert model.score([whole])[0].language == "de"
    assert first < model.thresholds["abuse"]["hold"] > second


def test_a_capital_that_looks_like_a_small_l_is_one(model: Model) -> None:
    plain, tall = model.score(["im gonna kill you", "im gonna kilI you"])
    assert tall.scores == plain.scores
