# ruff: noqa: S311 - no secret is drawn
"""The attacks that measuring uses do what their names say."""

from random import Random

import pytest

from classifiers import obfuscate
from classifiers.obfuscate import Attack

ATTACKS = {attack.name: attack for attack in obfuscate.attacks()}
WORDS = ("idiot", "Fuck", "you", "a")


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_is_the_same_in_every_run(attack: Attack) -> None:
    first, second = Random(5), Random(5)
    assert [attack.rule(word, first) for word in WORDS] == [
        attack.rule(word, second) for word in WORDS
    ]


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_changes_a_word_and_stays_in_its_kind(attack: Attack) -> None:
    written = {attack.rule("fidiots", Random(seed)) for seed in range(20)}
    assert all(word != "fidiots" for word in written)
    assert all(word.isascii() is not attack.unicode for word in written)


def test_only_the_spans_are_rewritten() -> None:
    text = "You are an idiot, he said. Idiot!"
    shout = obfuscate.rewrite(text, [(11, 16), (27, 32)], lambda word, _: word.upper(), Random(1))
    assert shout == "You are an IDIOT, he said. IDIOT!"


def test_alphabets_are_those_of_unicode() -> None:
    assert obfuscate.alphabet("regional indicators")["f"] == ("🇫",)
    assert set(obfuscate.alphabet("circled letters")["a"]) == {"Ⓐ", "ⓐ", "🅐"}
    assert len(obfuscate.alphabet("full-width letters")) == 26


def test_masks_keep_the_ends() -> None:
    mask = ATTACKS["inner letters masked"].rule
    assert mask("fuck", Random(1)) == "f**k"
    assert mask("retard", Random(1)) == "re***d"
