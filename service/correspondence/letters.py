"""A letter set in plain text and in HTML: no image, nothing that tells whether it was read."""

import re
import textwrap
import unicodedata
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.core.mail import Message
from service.correspondence.types import Excerpt, Letter, Subscription
from service.correspondence.words import letter_words

FOLDER = Path(__file__).parent / "templates"
LONGEST = 120

ENVIRONMENT = Environment(
    loader=FileSystemLoader(FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


def compose(
    letter: Letter, site_name: str, site_slug: str, to: str, base: str, of: Subscription | None
) -> Message:
    """The e-mail to one reader, from the site's name. `base` is the public URL.

    One click ends a subscription in the mail program itself where we are reached by https, as
    RFC 8058, section 3.1, wants; else the foot's link alone does.
    """
    words = letter_words(letter.lang)
    sender = plain(site_name)
    name = words.say("letter.unsubscribe")
    headers = {"Content-Language": words.lang}
    if of is not None:
        host = re.sub(r"[^a-z0-9.-]", "-", base.partition("://")[2].partition("/")[0].lower())
        headers["List-Id"] = f"<{of.name}.{site_slug}.{host}>"
        if of.unsubscribe.startswith("https://"):
            headers["List-Unsubscribe"] = f"<{of.unsubscribe}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    html = ENVIRONMENT.get_template("letter.html").render(
        words=words,
        letter=letter,
        sender=sender,
        copy=words.say("letter.copy"),
        unsubscribe=(name, of.unsubscribe) if of else None,
    )
    text = _text(letter, sender, f"{name}: {of.unsubscribe}" if of else "")
    return Message(
        to=to, subject=letter.subject, text=text, html=html, sender=sender, headers=headers
    )


def _text(letter: Letter, sender: str, unsubscribe: str) -> str:
    foot = [*letter.small, *(f"{name}: {address}" for name, address in letter.links), unsubscribe]
    parts = [
        *letter.paragraphs,
        *(_excerpt(one) for one in letter.excerpts),
        f"{letter.action[0]}:\n{letter.action[1]}" if letter.action else "",
        *letter.after,
        "\n".join(["-- ", sender, *(line for line in foot if line)]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _excerpt(one: Excerpt) -> str:
    """A comment as mail programs show what others wrote (RFC 3676, section 4.5)."""
    quoted = textwrap.fill(one.text, 72, initial_indent="> ", subsequent_indent="> ")
    links = [f"{name}: {address}" for name, address in one.links]
    return "\n".join([one.heading, quoted, *links])


def plain(text: str, longest: int = LONGEST) -> str:
    """Somebody's words on one line, without what can turn a line about or hide in it."""
    kept = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text)
    kept = re.sub(r"\s+", " ", kept).strip()
    return kept if len(kept) <= longest else kept[: longest - 1].rstrip() + "…"
