"""The texts of these letters and of the pages behind their links, in files of their own."""

from pathlib import Path

from service.web.words import DEFAULT, Catalogue, catalogues

FOLDER = Path(__file__).parent / "words"


def subscription_words(lang: str) -> Catalogue:
    """The texts in a language that the pages have, English in any other."""
    found = catalogues(FOLDER)
    return found.get(lang) or found[DEFAULT]
