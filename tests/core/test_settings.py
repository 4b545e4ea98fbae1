"""Settings name what is wrong."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.settings import Settings, SettingsError

GOOD = {"DATABASE_URL": "postgresql://localhost/x", "REJOINDER_SECRET": "x" * 32}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL"),
        ({"REJOINDER_SECRET": ""}, "REJOINDER_SECRET"),
        ({"REJOINDER_SECRET": "short"}, "REJOINDER_SECRET"),
        ({"REJOINDER_PUBLIC_URL": "news.example"}, "REJOINDER_PUBLIC_URL"),
        ({"REJOINDER_PUBLIC_URL": "https://news.example/?a=1"}, "REJOINDER_PUBLIC_URL"),
        ({"REJOINDER_TRUSTED_PROXIES": "10.0.0.0/99"}, "REJOINDER_TRUSTED_PROXIES"),
        ({"REJOINDER_ALERT_HOLD": "soon"}, "REJOINDER_ALERT_HOLD"),
        ({"REJOINDER_ALERT_HOLD": "-1"}, "REJOINDER_ALERT_HOLD"),
        ({"REJOINDER_ALERT_HOLD": "99999999"}, "REJOINDER_ALERT_HOLD"),
        ({"REJOINDER_PUSH_KEY_LASTS": "never"}, "REJOINDER_PUSH_KEY_LASTS"),
        ({"REJOINDER_PUSH_ALLOW_LOCAL": "yes"}, "REJOINDER_PUSH_ALLOW_LOCAL"),
        ({"REJOINDER_FEED_ALLOW_LOCAL": "yes"}, "REJOINDER_FEED_ALLOW_LOCAL"),
        ({"REJOINDER_RATE_LIMITS": "0"}, "REJOINDER_RATE_LIMITS"),
        ({"REJOINDER_SMTP_URL": "mail.example"}, "REJOINDER_SMTP_URL"),
        ({"REJOINDER_SMTP_URL": "smtp://mail.example/x"}, "REJOINDER_SMTP_URL"),
        ({"REJOINDER_SMTP_URL": "smtp://mail.example:x"}, "REJOINDER_SMTP_URL"),
        ({"REJOINDER_SMTP_URL": "smtp://mail.example?tls=maybe"}, "REJOINDER_SMTP_URL"),
        ({"REJOINDER_SMTP_URL": "smtp://mail.example?ssl=1"}, "REJOINDER_SMTP_URL"),
        ({"REJOINDER_SMTP_URL": "smtp://mail.example"}, "REJOINDER_MAIL_FROM"),
        ({"REJOINDER_SMTP_URL": "smtp://u:p@mail.example"}, "REJOINDER_MAIL_FROM"),
        ({"REJOINDER_MAIL_FROM": "The desk <desk@news.example>"}, "REJOINDER_MAIL_FROM"),
        ({"REJOINDER_MAIL_FROM": "łódź@news.example"}, "REJOINDER_MAIL_FROM"),
    ],
)
def test_a_wrong_variable_is_named(change: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        Settings.from_environment({**GOOD, **change})


def test_defaults() -> None:
    settings = Settings.from_environment(GOOD)
    assert (settings.alert_hold, settings.rate_limits, settings.prefix) == (30, True, "")


def test_the_prefix_is_the_public_address_s_path() -> None:
    url = "https://news.example/rejoinder/"
    assert Settings.from_environment({**GOOD, "REJOINDER_PUBLIC_URL": url}).prefix == "/rejoinder"


def test_a_secret_is_made_once_however_many_start_together(tmp_path: Path) -> None:
    environ = {"REJOINDER_DATA": str(tmp_path)}
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: Settings.from_environment(environ).secret, range(8)))
    assert len(set(made)) == 1
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_a_damaged_secret_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("")
    with pytest.raises(SettingsError, match="damaged"):
        Settings.from_environment({"REJOINDER_DATA": str(tmp_path)})


@pytest.mark.parametrize(
    ("url", "port", "implicit", "tls"),
    [
        ("smtp://mail.example", 587, False, "offered"),
        ("smtp://desk%40news.example:p%2Fw@mail.example", 587, False, "required"),
        ("smtp://desk:pw@127.0.0.1:25", 25, False, "offered"),
        ("smtp://desk:pw@relay?tls=none", 587, False, "none"),
        ("smtps://desk:pw@mail.example", 465, True, "required"),
    ],
)
def test_where_mail_is_handed_in(url: str, port: int, implicit: bool, tls: str) -> None:  # noqa: FBT001 (a parameter of the test)
    environ = {**GOOD, "REJOINDER_SMTP_URL": url, "REJOINDER_MAIL_FROM": "desk@news.example"}
    server = Settings.from_environment(environ).smtp
    assert server
    assert (server.port, server.implicit, server.tls) == (port, implicit, tls)


def test_the_sender_is_the_user_where_that_is_an_address() -> None:
    environ = {**GOOD, "REJOINDER_SMTP_URL": "smtp://desk%40news.example:p%2Fw@mail.example"}
    settings = Settings.from_environment(environ)
    assert settings.smtp
    assert (settings.mail_from, settings.smtp.password) == ("desk@news.example", "p/w")


@pytest.mark.parametrize(
    "url", ["smtp://desk:open/sesame@mail.example:587", "smtp://desk:open?sesame@mail.example"]
)
def test_a_password_that_was_not_encoded_is_not_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match="REJOINDER_SMTP_URL") as wrong:
        Settings.from_environment({"REJOINDER_SECRET": "x" * 32, "REJOINDER_SMTP_URL": url})
    assert not any(word in str(wrong.value) for word in ("open", "sesame"))
