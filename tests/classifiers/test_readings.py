import pytest

from classifiers import Model
from classifiers.readings import joined, readings

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
    "Damit ist doch keinem geholfen, und das Geld ist dann auch weg",
]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("f*ck", "fuck"), ("sh1t", "shit"), ("1d10t", "idiot"), ("b!tch", "bitch"),
        ("a$$hole", "asshole"), ("ioser", "loser"), ("morov", "moron"), ("fcuk", "fuck"),
        ("stuuppiidd", "stupid"), ("ashole", "asshole"), ("st#p*d", "stupid"), ("id|ot", "idiot"),
    ],
)  # fmt: skip
def test_what_a_disguise_may_say(written: str, meant: str) -> None:
    assert meant in set(readings(written))


@pytest.mark.parametrize("form", ["", "a", "12345", "***", "$$$$", "x" * 33, "ж*па", "a*b*c*d*e*"])
def test_what_is_no_word_has_few_readings(form: str) -> None:
    assert len(list(readings(form))) <= 60


@pytest.mark.parametrize("form", ["a1" * 8, "1" * 15 + "a", "a**1111111111111", "aabbccddeeffgghh"])
def test_readings_are_bounded(form: str) -> None:
    assert len(list(readings(form))) <= 700


def test_only_a_sign_masks_a_letter() -> None:
    assert list(joined("stu", "pid", " ")) == ["stupid"]
    assert "stupid" in set(joined("st", "pid", "-"))
    assert list(joined("st", "pid", ", ")) == []


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


def test_readings_do_not_depend_on_what_came_before(model: Model) -> None:
    first = model.score(["You complete id*ot"])
    model.score(["stu pid", "idoit", "id*ot id*ot"])
    assert model.score(["You complete id*ot"]) == first
