"""Bodies of Akismet's clients, byte for byte: forms of both kinds, in any encoding."""

import codecs
import contextlib
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from service.compat.akismet_types import LONGEST_TEXT, Fields, Submission
from service.core.problems import MalformedRequest

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

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
    kind, options = parse_options_header(content_type or URLENCODED)
    if kind == MULTIPART.encode():
        pairs = _multipart(options.get(b"boundary", b""), body)
    elif kind == URLENCODED.encode():
        pairs = _urlencoded(body)
    else:
        return Fields(note=f"The body is {kind.decode('latin-1')}, not a form.")
    raw = dict(pairs)
    told = raw.get("blog_charset", b"").decode("latin-1").strip()
    told = told or options.get(b"charset", b"").decode("latin-1")
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


def _multipart(boundary: bytes, body: bytes) -> Pairs:
    parts = _Parts()
    try:
        MultipartParser(boundary, parts.callbacks()).write(body)
    except FormParserError as error:
        raise MalformedRequest("The multipart body is broken.") from error
    if not parts.ended:
        raise MalformedRequest("The multipart body is broken or was cut off.")
    return parts.pairs


class _Parts:
    """The fields of a multipart body, as the parser comes upon them."""

    def __init__(self) -> None:
        self.pairs: Pairs = []
        self.ended = False
        self._count = 0
        self._header = b""
        self._value = b""
        self._name = ""
        self._data: list[bytes] = []

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self.on_part_begin,
            "on_header_begin": self.on_header_begin,
            "on_header_field": self.on_header_field,
            "on_header_value": self.on_header_value,
            "on_header_end": self.on_header_end,
            "on_part_data": self.on_part_data,
            "on_part_end": self.on_part_end,
            "on_end": self.on_end,
        }

    def on_part_begin(self) -> None:
        self._name, self._data = "", []

    def on_header_begin(self) -> None:
        self._header = self._value = b""

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._name = _name(parse_options_header(self._value)[1].get(b"name", b""))

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._data.append(data[start:end])

    def on_part_end(self) -> None:
        # Those without a name, too: they cost as much to read.
        self._count += 1
        if self._count > MOST_FIELDS:
            raise MalformedRequest(f"The form has more than {MOST_FIELDS} fields.")
        if self._name:
            self.pairs.append((self._name, b"".join(self._data)))

    def on_end(self) -> None:
        self.ended = True


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
