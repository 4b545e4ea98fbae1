"""The texts of letters are whole in every language that the pages have."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from web.catalogue_faults import faults

from service.correspondence import words as correspondence
from service.subscriptions import words as subscriptions
from service.web.words import Catalogue, catalogues

OURS = {
    correspondence.FOLDER: correspondence.letter_words,
    subscriptions.FOLDER: subscriptions.subscription_words,
}


@pytest.mark.parametrize("folder", OURS, ids=lambda folder: folder.parent.name)
def test_catalogues_are_whole(folder: Path) -> None:
    english = json.loads((folder / "en.json").read_text())
    read = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}
    assert {lang: messages["lang"] for lang, messages in read.items()} == {
        lang: lang for lang in catalogues()
    }
    assert {lang: faults(messages, english) for lang, messages in read.items()} == {
        lang: [] for lang in catalogues()
    }


@pytest.mark.parametrize("words", OURS.values(), ids=lambda words: words.__name__)
def test_a_language_that_isn_t_there_is_english(words: Callable[[str], Catalogue]) -> None:
    assert words("pt").lang == "en"
