"""Whatever bytes come, fields come out, or a refusal; never anything else."""

import contextlib
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.compat.akismet_forms import MULTIPART, URLENCODED, read_form, read_submission
from service.compat.akismet_types import LONGEST_TEXT, Fields
from service.core.problems import MalformedRequest

BOUNDARY = "xYzZy"
MULTI = f"{MULTIPART}; boundary={BOUNDARY}"


def multipart(**fields: bytes) -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        + value
        + b"\r\n"
        for name, value in fields.items()
    ]
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


@pytest.mark.parametrize("content_type", [URLENCODED, f"{URLENCODED}; charset=UTF-8", ""])
def test_a_form_is_read(content_type: str) -> None:
    fields = read_form(content_type, b"blog=a&comment_content=caf%C3%A9+%26+more&blog=b&empty=&odd")
    assert fields == Fields({"blog": "b", "comment_content": "café & more", "empty": "", "odd": ""})


def test_a_multipart_form_is_read() -> None:
    body = multipart(blog=b"https://a.example", comment_content="Grüße\r\nvon hier\n".encode())
    assert read_form(MULTI, body).values == {
        "blog": "https://a.example",
        "comment_content": "Grüße\r\nvon hier\n",
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"blog=a",
        multipart(blog=b"a")[:-8],
        multipart(blog=b"a")[:30],
        b"--other--\r\n",
    ],
)
def test_a_broken_multipart_form_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedRequest, match="multipart"):
        read_form(MULTI, body)


NAMED = b'Content-Disposition: form-data; name="a"'


@pytest.mark.parametrize(
    "part",
    [
        b"Content-Type: message/rfc822\r\n\r\n" * 10_000,
        b'Content-Type: multipart/mixed; boundary="0"\r\n\r\n--0\r\n\r\n--0--',
        NAMED + b"; a=b" * 80_000 + b"\r\n\r\n",
        NAMED + b'\\"' * 100_000 + b"\r\n\r\n",
        b"A: b\r\n" * 50_000 + b"\r\n",
        b"A: " + b"b" * 400_000 + b"\r\n\r\n",
    ],
    ids=["nested", "parts in parts", "parameters", "quotes", "headers", "a long header"],
)
def test_a_hostile_multipart_form_is_refused_or_empty(part: bytes) -> None:
    body = b"--xYzZy\r\n" + part + b"\r\n--xYzZy--\r\n"
    with contextlib.suppress(MalformedRequest):
        assert read_form(MULTI, body).values == {}


def test_a_multipart_form_without_a_boundary_is_refused() -> None:
    with pytest.raises(MalformedRequest, match="multipart"):
        read_form(MULTIPART, multipart(blog=b"a"))


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "text/xml"])
def test_what_is_no_form_has_no_fields_and_a_note(content_type: str) -> None:
    fields = read_form(content_type, b'{"blog": "a"}')
    assert fields.values == {}
    assert content_type in fields.note


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("UTF-8", "Grüße, мир, 안녕"),
        ("ISO-8859-1", "Grüße"),
        ("windows-1251", "Привет"),
        ("EUC-KR", "안녕"),
        ("Shift_JIS", "こんにちは"),
    ],
)
def test_the_sites_encoding_is_heeded(charset: str, text: str) -> None:
    raw = text.encode(charset)
    body = f"blog_charset={charset}&comment_content={quote(raw)}".encode()
    assert read_form(URLENCODED, body) == Fields({"blog_charset": charset, "comment_content": text})
    parts = multipart(blog_charset=charset.encode(), comment_content=raw)
    assert read_form(MULTI, parts).get("comment_content") == text
    header = read_form(f"{URLENCODED}; charset={charset}", f"x={quote(raw)}".encode())
    assert header.get("x") == text


@pytest.mark.parametrize(
    "charset",
    ["nonsense", "zlib", "hex", "undefined", "idna", "unicode_escape", "utf-7", "%00", "ä"],
)
def test_an_encoding_that_is_none_is_utf_8_and_said(charset: str) -> None:
    fields = read_form(URLENCODED, f"blog_charset={quote(charset)}&x=Gr%C3%BC%C3%9Fe".encode())
    assert fields.get("x") == "Grüße"
    assert "not known" in fields.note


def test_bytes_that_are_none_of_the_encoding_are_read_as_far_as_they_can_be() -> None:
    told = read_form(URLENCODED, b"blog_charset=utf-8&x=caf%E9&y=%ED%A0%80")
    assert told.get("x") == "caf\ufffd"
    assert "utf-8" in told.note
    untold = read_form(URLENCODED, b"x=caf%E9&y=caf%C3%A9")
    assert (untold.get("x"), untold.get("y")) == ("café", "café")
    assert untold.note


def test_a_nul_never_gets_through() -> None:
    assert read_form(URLENCODED, b"x=a%00b&%00=1").get("x") == "ab"


@given(st.binary(max_size=400), st.sampled_from([URLENCODED, MULTI, MULTIPART, "", "a/b", "\x00"]))
def test_no_bytes_break_the_reader(body: bytes, content_type: str) -> None:
    try:
        fields = read_form(content_type, body)
    except MalformedRequest:
        return
    for value in fields.values.values():
        value.encode()
        assert "\0" not in value
    read_submission(fields, "").content.encode()


@given(st.dictionaries(st.from_regex("[a-z_]{1,20}", fullmatch=True), st.binary(max_size=80)))
def test_both_forms_say_the_same(sent: dict[str, bytes]) -> None:
    # MIME takes a line end before a boundary for the boundary's own, and so may cut nothing else.
    fields = {
        name: value for name, value in sent.items() if b"--" not in value and b"\r" not in value
    }
    one = "&".join(f"{name}={quote(value)}" for name, value in fields.items()).encode()
    if fields:
        assert read_form(MULTI, multipart(**fields)) == read_form(URLENCODED, one)


def test_every_parameter_is_understood() -> None:
    sent = {
        "blog": " https://news.example ",
        "user_ip": "81.2.69.142",
        "user_agent": "Mozilla/5.0",
        "referrer": "https://news.example/a",
        "permalink": "https://news.example/a",
        "comment_type": "Contact-Form",
        "comment_author": "Ann",
        "comment_author_email": "ann@reader.example",
        "comment_author_url": "https://ann.example",
        "comment_content": "x" * 30_000,
        "comment_date_gmt": "2026-11-29 10:00:00",
        "comment_post_modified_gmt": "2026-11-01T10:00:00Z",
        "blog_lang": "en, fr_ca,de-DE",
        "user_role": "editor,Administrator",
        "is_test": "True",
        "recheck_reason": "edit",
        "honeypot_field_name": "hidden",
        "hidden": "filled",
        "SERVER_NAME": "whatever",
    }
    got = read_submission(Fields(sent), "")
    assert (got.blog, got.user_ip, got.author) == ("https://news.example", "81.2.69.142", "Ann")
    assert (got.kind, got.roles, got.is_test) == ("contact-form", ("editor", "administrator"), True)
    assert got.written_at == datetime(2026, 11, 29, 10, tzinfo=UTC)
    assert got.article_changed_at == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert got.languages == ("de", "en", "fr")
    assert (got.filled_trap, got.recheck_reason) == ("filled", "edit")
    assert len(got.content) == LONGEST_TEXT


def test_what_wordpress_knows_of_its_form_is_understood() -> None:
    plugin = {"POST_ak_hp_textarea": "buy", "POST_ak_js": "137", "comment_agent": "x"}
    got = read_submission(Fields(plugin), "WordPress/6.8 | Akismet/5.5")
    assert (got.filled_trap, got.ran_no_script, got.tells_agent) == ("buy", True, True)
    person = {"POST_ak_hp_textarea": "", "POST_ak_js": "1795910400000"}
    got = read_submission(Fields(person), "")
    assert (got.filled_trap, got.ran_no_script, got.tells_agent) == ("", False, False)
    for stamp in ("", "soon", "\u00b2", "9" * 500):
        assert not read_submission(Fields({"POST_ak_js": stamp}), "").ran_no_script


@pytest.mark.parametrize("value", ["", "0", "false", "no", "2"])
def test_only_a_clear_yes_is_a_test(value: str) -> None:
    assert not read_submission(Fields({"is_test": value}), "").is_test


@pytest.mark.parametrize("value", ["yesterday", "0000-00-00 00:00:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_that_is_none_counts_as_not_sent(value: str) -> None:
    assert read_submission(Fields({"comment_date_gmt": value}), "").written_at is None
