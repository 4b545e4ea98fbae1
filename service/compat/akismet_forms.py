"""Bodies of Akismet's clients, byte for byte: forms of both kinds, in any encoding."""

import codecs
import contextlib
import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from urllib.parse import parse_qsl

from service.compat.akismet_types import LONGEST_TEXT, Fields, Submission
from service.core.problems import MalformedRequest

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
# What pages are written in, by the names that Python has for it. Of its other codecs some are none
# of text, and some take seconds.
OF_PAGES = re.compile(
    r"ascii|utf-8(?:-sig)?|iso8859-\d+|cp\d+|koi8-\w|mac-\w+|euc_\w+|gb\w+|big5\w*|shift_jis\w*"
    r"|iso2022_\w+|johab|tis-620"
)
NAME_OF_CHARSET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{1,39}")
TRUE = {"1", "true"}
# Percent-encoded, a long comment of Discourse's is nine times its length; WordPress sends it twice.
LARGEST_FORM = 512 * 1024
MOST_FIELDS = 1000
TRAPS = ("POST_ak_hp_textarea", "POST__wpcf7_ak_hp_textarea")  # of WordPress's plugin
STAMP = "POST_ak_js"  # when the form was shown, put there by a script; below this: none ran
LEAST_STAMP = 1000

Pairs = list[tuple[str, bytes]]


def read_form(content_type: str, body: bytes) -> Fields:
    """The fields of a body; none, and a note, where it is no form. Raises MalformedRequest.

    `blog_charset` says what the bytes mean, else the Content-Type does, else they are UTF-8.
    """
    header = Message()
    header["content-type"] = content_type or URLENCODED
    kind = header.get_content_type()
    if kind == MULTIPART:
        pairs = _multipart(content_type, body)
    elif kind == URLENCODED:
        pairs = _urlencoded(body)
    else:
        return Fields(note=f"The body is {kind}, not a form.")
    raw = dict(pairs)
    told = raw.get("blog_charset", b"").decode("latin-1").strip()
    told = told or header.get_content_charset("")
    charset, note = _charset(told)
    values: dict[str, str] = {}
    for name, value in raw.items():
        text, whole = _decode(value, charset, told=bool(told))
        values[name] = text.replace("\0", "")
        if not whole and not note:
            note = f"Some of the bytes are not {told or charset}."
    return Fields(values, note)


def read_query(query: bytes) -> Fields:
    """The fields of an address's query."""
    return read_form(URLENCODED, query)


def _urlencoded(body: bytes) -> Pairs:
    # Latin-1 there and back keeps every byte as it was sent.
    if body.count(b"&") >= MOST_FIELDS:
        raise MalformedRequest(f"The form has more than {MOST_FIELDS} fields.")
    pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    return [(_name(name.encode("latin-1")), value.encode("latin-1")) for name, value in pairs]


def _multipart(content_type: str, body: bytes) -> Pairs:
    # The library's own reader of MIME: bodies are small here, and no file is meant.
    if body.count(b"\n--") > MOST_FIELDS:
        raise MalformedRequest(f"The form has more than {MOST_FIELDS} fields.")
    head = f"content-type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = message_from_bytes(head + body)
    parts = message.get_payload()
    if not isinstance(parts, list) or message.defects:
        raise MalformedRequest("The multipart body is broken or was cut off.")
    pairs: Pairs = []
    for part in parts:
        name = isinstance(part, Message) and part.get_param("name", header="content-disposition")
        value = part.get_payload(decode=True) if isinstance(part, Message) else None
        if isinstance(name, str) and isinstance(value, bytes):
            pairs.append((_name(name.encode("utf-8", "surrogateescape")), value))
    return pairs


def _name(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def _charset(told: str) -> tuple[str, str]:
    """The encoding to read in, and what is wrong with the one that was told."""
    if not told:
        return "utf-8", ""
    with contextlib.suppress(LookupError):
        name = codecs.lookup(told).name if NAME_OF_CHARSET.fullmatch(told) else ""
        if OF_PAGES.fullmatch(name):
            return name, ""
    return "utf-8", "The encoding in blog_charset is not known; the form was read as UTF-8."


def _decode(value: bytes, charset: str, *, told: bool) -> tuple[str, bool]:
    """A field's text, and whether every byte had a meaning."""
    try:
        return value.decode(charset), True
    except (UnicodeError, ValueError):
        # A site that tells nothing and isn't in UTF-8 is an old one in Western Europe.
        return value.decode("utf-8" if told else "cp1252", "replace"), False


def read_submission(fields: Fields, client: str) -> Submission:
    """The comment that the fields describe; `client` is the calling program's User-Agent.

    Whatever can't be read counts as not sent.
    """
    traps = (fields.get("honeypot_field_name"), *TRAPS)
    stamp = fields.get(STAMP)
    return Submission(
        blog=fields.get("blog"),
        user_ip=fields.get("user_ip"),
        user_agent=fields.get("user_agent"),
        referrer=fields.get("referrer") or fields.get("referer"),
        permalink=fields.get("permalink"),
        kind=fields.get("comment_type").lower(),
        author=fields.get("comment_author"),
        email=fields.get("comment_author_email"),
        url=fields.get("comment_author_url"),
        content=fields.get("comment_content", LONGEST_TEXT),
        written_at=_time(fields.get("comment_date_gmt")),
        article_changed_at=_time(fields.get("comment_post_modified_gmt")),
        languages=tuple(
            sorted({part[:2] for part in re.findall(r"[a-z]+", _main(fields.get("blog_lang")))})
        ),
        roles=tuple(part.strip().lower() for part in fields.get("user_role").split(",")),
        filled_trap=next((filled for trap in traps if trap and (filled := fields.get(trap))), ""),
        ran_no_script=stamp.isdecimal() and int(stamp[:20]) < LEAST_STAMP,
        recheck_reason=fields.get("recheck_reason"),
        is_test=fields.get("is_test").lower() in TRUE,
        tells_agent="user_agent" in fields.values or client.startswith("WordPress/"),
    )


def _main(languages: str) -> str:
    """Languages without their regions: `en, fr_ca` to `en, fr`."""
    return re.sub(r"[_-][a-z0-9]+", "", languages.lower())


def _time(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
