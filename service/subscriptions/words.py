"""The texts of these letters and of the pages behind their links, in files of their own."""

from pathlib import Path

from service.web.words import Catalogue, catalogue

FOLDER = Path(__file__).parent / "words"


def subscription_words(lang: str) -> Catalogue:
    """The texts in a language that the pages have, English in any other."""
    return catalogue(lang, FOLDER)
