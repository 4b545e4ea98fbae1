"""The texts of letters about comments are whole in every language that the pages have."""

import json
from pathlib import Path

import pytest
from web.catalogue_faults import faults

from service.subscriptions.words import FOLDER, subscription_words
from service.web.words import catalogues

FILES = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_catalogue_is_whole(path: Path) -> None:
    messages = json.loads(path.read_text())
    assert messages["lang"] == path.stem
    assert faults(messages, json.loads((FOLDER / "en.json").read_text())) == []


def test_there_is_one_for_each_language_of_the_pages() -> None:
    assert {path.stem for path in FILES} == set(catalogues())
    assert subscription_words("pt").lang == "en"
