"""The command line, in processes of its own, with the embedded server."""

import asyncio
import gzip
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from forked import as_text, run_command
from live import LiveServer
from support import run_sql

from service.core import embedded, reaching


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="rejoinder-commands-"))
    # Kept running, as beside `serve`: starting it for each of some eighty commands takes minutes.
    with embedded.use(folder, ["-c", "fsync=off"]):
        yield folder
    while embedded.Cluster(folder).postmaster():
        time.sleep(0.1)
    shutil.rmtree(folder)


def run(
    data: Path, *words: str, stdin: str = "", columns: int = 80
) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("REJOINDER_", "DATABASE_URL"))}
    env |= {"REJOINDER_DATA": str(data), "COLUMNS": str(columns)}
    return as_text(run_command(*words, env=env, stdin=stdin.encode()))


def test_secrets_are_printed_alone(data: Path) -> None:
    added = run(data, "sites", "add", "courier", "--origin", "https://courier.example")
    assert (added.returncode, added.stdout) == (0, ""), added.stderr
    key = run(data, "keys", "create", "--site", "courier")
    assert re.fullmatch(r"[a-z0-9]{10,63}\n", key.stdout), key.stderr
    link = run(data, "moderators", "add", "eve@courier.example", "--role", "editor")
    assert re.fullmatch(r"http://127.0.0.1:8000/desk/#sign-in=[a-z0-9]+\n", link.stdout)
    token = run(data, "moderators", "token", "eve@courier.example")
    assert re.fullmatch(r"[a-z0-9]{10,63}\n", token.stdout)


def test_what_is_in_brackets_is_said_too(data: Path) -> None:
    # As the extra is in "pip install 'rejoinder[embedded]'".
    refused = run(data, "keys", "create", "--site", "courier[embedded]")
    assert refused.returncode == 1
    assert "There is no site courier[embedded]." in refused.stderr


def test_a_key_is_bounded_trusted_and_distrusted(data: Path) -> None:
    made = run(data, "keys", "create", "--site", "courier", "--scope", "classify", "--quota", "60",
               "--label", "coral", "--keeps")  # fmt: skip
    assert re.fullmatch(r"rk[a-z0-9]{40}\n", made.stdout), made.stderr
    listed = run(data, "keys", "list", "--site", "courier", columns=200).stdout
    [line] = [line for line in listed.splitlines() if "coral" in line]
    assert re.search(r" 60 +0 +0 not trusted", line)
    ident = line.split()[0]
    assert run(data, "keys", "trust", ident).returncode == 0
    assert run(data, "keys", "change", ident, "--quota", "0", "--label", "talk").returncode == 0
    listed = run(data, "keys", "list", "--site", "courier", columns=200).stdout
    assert re.search(rf"{ident} .*talk.* none +0 +0 trusted", listed)
    shown = run(data, "keys", "examples", ident)
    assert (shown.returncode, shown.stdout.split()) == (0, ["SAID", "LABEL", "BY", "TEXT"])
    assert run(data, "keys", "distrust", ident).returncode == 0
    assert "0 not trusted" in run(data, "keys", "list", "--site", "courier", columns=200).stdout
    wrong = run(data, "keys", "trust", "7")
    assert wrong.returncode == 2
    missing = run(data, "keys", "trust", "00000000-0000-0000-0000-000000000000")
    assert (missing.returncode, "no such key" in missing.stderr) == (1, True)


def test_webhooks_are_added_listed_and_removed(data: Path) -> None:
    url = "https://hooks.courier.example/in"
    added = run(data, "webhooks", "add", url, "--site", "courier", "--event", "comment.created")
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/=]{44}\n", added.stdout), added.stderr
    again = run(data, "webhooks", "add", url, "--site", "courier")
    assert (again.returncode, again.stdout) == (1, "")
    assert "already" in again.stderr
    wrong = run(data, "webhooks", "add", url, "--site", "courier", "--event", "comment.eaten")
    assert "comment.decided" in wrong.stderr
    listed = run(data, "webhooks", "list", "--site", "courier").stdout
    assert url in listed
    [ident] = re.findall(r"[0-9a-f-]{36}", listed)
    assert run(data, "webhooks", "remove", ident).returncode == 0
    assert len(run(data, "webhooks", "list", "--site", "courier").stdout.splitlines()) == 1


def test_readers_sign_in_is_set_up_and_turned_off(data: Path) -> None:
    command = ("sites", "sign-in", "courier")
    made = run(data, *command, "--new-secret", "--issuer", "https://courier.example", "--required")
    assert re.fullmatch(r"[A-Za-z0-9_-]{64}\n", made.stdout), made.stderr
    assert "must sign in" in made.stderr
    given = run(data, *command, "--secret-file", "-", stdin="x" * 40 + "\n")
    assert (given.returncode, given.stdout) == (0, ""), given.stderr
    third = run(data, *command, "--new-secret", "--optional")
    assert (third.returncode, third.stdout) == (1, "")
    assert "remove the old one" in third.stderr
    shown = run(data, *command).stdout
    assert re.search(r"required +yes\nissuer +https://courier\.example\naudience +anything", shown)
    assert "xxxx" not in shown
    assert made.stdout.strip() not in shown
    keys = re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}(?= +HS256)", shown)
    assert len(keys) == 2
    assert run(data, *command, "--remove-key", keys[1], "--issuer", "-").returncode == 0
    assert len(re.findall("HS256", run(data, *command).stdout)) == 1
    off = run(data, *command, "--off")
    assert "name and e-mail address" in off.stderr
    assert "HS256" not in run(data, *command).stdout
    for words, said in [
        (("--required",), "nobody could comment"),
        (("--remove-key", "x"), "no key x"),
        (("--jwks-url", "http://courier.example/k", "--audience", "c"), "https"),
        (("--secret-file", "-"), "32 to 512 bytes"),
    ]:
        wrong = run(data, *command, *words, stdin="short")
        assert (wrong.returncode, wrong.stdout) == (1, "")
        assert said in wrong.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["keys", "create", "--site", "nowhere"], "no site nowhere"),
        (["moderators", "add", "nobody"], "e-mail"),
        (["moderators", "token", "x@courier.example"], "no moderator"),
        (["sites", "add", "x y", "--origin", "https://x.example"], "slug"),
        (["sites", "add", "xy", "--origin", "http://x.example"], "https"),
        (["sites", "add", "xy"], "origin"),
        (["keys", "create", "--site", "x", "--scope", "all"], "scope"),
        (["replay", "/does/not/exist", "--site", "x"], "exist"),
        (["classify", "/does/not/exist"], "exist"),
        (["retrain"], "--all"),
        (["retrain", "--site", "courier", "--all"], "--all"),
        (["retrain", "--site", "nowhere"], "no site nowhere"),
        (["models", "list", "--site", "nowhere"], "no site nowhere"),
        (["models", "rollback", "--site", "courier"], "shared model"),
        (["webhooks", "add", "http://hooks.example/", "--site", "courier"], "https"),
        (["webhooks", "add", "https://10.0.0.1/", "--site", "courier"], "public host"),
        (["webhooks", "add", "https://hooks.example/", "--site", "nowhere"], "no site nowhere"),
        (["webhooks", "list", "--site", "nowhere"], "no site nowhere"),
        (["webhooks", "remove", "nonsense"], "no webhook nonsense"),
        (["sites", "edit", "courier"], "--origin"),
        (["sites", "edit", "nowhere", "--name", "X"], "no site nowhere"),
        (["keys", "revoke", "nonsense"], "keys list"),
        (["keys", "revoke", "0192f0c1-2d3e-7000-8000-000000000000"], "no such key"),
        (["moderators", "remove", "x@courier.example"], "no moderator"),
        (["moderators", "password", "eve@courier.example"], "at least 12"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(data: Path, words: list[str], said: str) -> None:
    done = run(data, *words)
    assert done.returncode in {1, 2}
    assert done.stdout == ""
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_accounts_from_the_command_line(data: Path) -> None:
    assert run(data, "sites", "edit", "courier", "--name", "The Courier").returncode == 0
    listed = run(data, "sites", "list").stdout
    assert re.search(r"courier +The Courier +https://courier.example\n", listed)
    made = run(data, "keys", "create", "--site", "courier", "--label", "import")
    assert made.returncode == 0, made.stderr
    keys = run(data, "keys", "list", "--site", "courier").stdout
    row = r"^(\S+) +classify, publish +import .+never +none +0 +0 not trusted$"
    found = re.search(row, keys, re.MULTILINE)
    assert found
    assert run(data, "keys", "revoke", found[1]).returncode == 0
    assert found[1] not in run(data, "keys", "list", "--site", "courier").stdout
    word = run(data, "moderators", "password", "eve@courier.example", stdin="Nine quiet herons\n")
    assert (word.returncode, word.stdout) == (0, ""), word.stderr
    gone = run(data, "moderators", "password", "eve@courier.example", "--remove")
    assert gone.returncode == 0, gone.stderr
    run(data, "moderators", "add", "bo@courier.example", "--site", "courier")
    people = run(data, "moderators", "list").stdout
    assert re.search(r"bo@courier.example +moderator +courier", people)
    assert re.search(r"eve@courier.example +editor +all", people)
    assert run(data, "moderators", "remove", "bo@courier.example").returncode == 0
    assert "bo@" not in run(data, "moderators", "list", "--site", "courier").stdout


def test_another_link_takes_and_gives_nothing(data: Path) -> None:
    """Whoever only wants to be let in again names an address, and nothing else."""
    run(data, "moderators", "add", "ann@courier.example", "--role", "editor")
    run(data, "moderators", "add", "pat@courier.example", "--site", "courier")
    for email, still in (("ann", "editor +all"), ("pat", "moderator +courier")):
        again = run(data, "moderators", "add", f"{email}@courier.example")
        assert "#sign-in=" in again.stdout, again.stderr
        people = run(data, "moderators", "list").stdout
        assert re.search(rf"{email}@courier.example +{still}", people), people
    run(data, "moderators", "add", "ann@courier.example", "--role", "moderator")
    assert re.search(r"ann@\S+ +moderator +all", run(data, "moderators", "list").stdout)


def test_every_command_has_help(data: Path) -> None:
    top = run(data, "--help").stdout
    for command in (
        "demo",
        "serve",
        "worker",
        "migrate",
        "sites",
        "keys",
        "moderators",
        "replay",
        "classify",
        "retrain",
        "models",
        "webhooks",
    ):
        assert command in top
        assert run(data, command, "--help").returncode == 0


def test_classify_reads_standard_input(data: Path) -> None:
    done = run(data, "classify", stdin="Thank you for this.\nYou are a fucking idiot.\n")
    kind, hostile = [json.loads(line) for line in done.stdout.splitlines()]
    assert kind["scores"]["abuse"] < hostile["scores"]["abuse"]
    assert hostile["grounded"] is True


def test_a_site_that_has_decided_nothing_keeps_the_shared_model(data: Path) -> None:
    for words in (["--site", "courier"], ["--all"]):
        done = run(data, "retrain", *words)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert "0 different comments were decided" in done.stderr
    assert "nothing was learnt" in run(data, "models", "list", "--site", "courier").stderr


def test_a_missing_migration_is_said(data: Path, server_url: str) -> None:
    env = {**os.environ, "DATABASE_URL": server_url, "REJOINDER_SECRET": "x" * 32}
    for words in ("keys create --site x", "worker", "serve --with-worker --port 1"):
        done = as_text(run_command(*words.split(), env=env))
        assert done.stderr == "The database is not migrated: run `rejoinder migrate`.\n"
        assert done.returncode == 1


@pytest.fixture(scope="module")
def guarded(data: Path) -> str:
    """A server that asks one of its users for a password; its address but for user and database."""
    cluster = embedded.Cluster(data)
    rules = cluster.folder / "pg_hba.conf"
    rules.write_text("local all rejoinder scram-sha-256\n" + rules.read_text())
    asyncio.run(run_sql(cluster.url, "create role rejoinder login password 'open sesame'"))
    asyncio.run(run_sql(cluster.url, "select pg_reload_conf()"))
    return f"/{{}}?host={cluster.socket_folder}"


NOWHERE = "postgresql://rejoinder:sesame@127.0.0.1:1/news"


@pytest.mark.parametrize(
    ("words", "url", "said"),
    [
        ("serve", NOWHERE, "No PostgreSQL at 127.0.0.1:1: Connection refused."),
        ("serve --workers 2", NOWHERE, "No PostgreSQL at 127.0.0.1:1: Connection refused."),
        ("worker", NOWHERE, "No PostgreSQL at 127.0.0.1:1: Connection refused."),
        ("migrate", NOWHERE, "No PostgreSQL at 127.0.0.1:1: Connection refused."),
        ("sites list", NOWHERE, "No PostgreSQL at 127.0.0.1:1: Connection refused."),
        ("serve", "postgresql://rejoinder:sesame@", "password authentication failed"),
        ("migrate", "postgresql://rejoinder:sesame@", "password authentication failed"),
        ("worker", "postgresql://nobody:sesame@", 'role "nobody" does not exist'),
        ("serve", "postgresql://postgres@", '"news" does not exist.\n`createdb` makes a database.'),
        ("serve", "postgresql://rejoinder:sesame/a@db/news", "DATABASE_URL can't be read"),
        ("serve", "postgresql://rejoinder:12/sesame@db/news", "DATABASE_URL can't be read"),
        ("serve", "postgresql://rejoinder:12@sesame@db/news", "DATABASE_URL can't be read"),
        ("serve", f"{NOWHERE}?sslmode=odd", "DATABASE_URL can't be read (`sslmode`"),
    ],
)
def test_a_database_out_of_reach_is_said_before_anything_starts(
    guarded: str, words: str, url: str, said: str
) -> None:
    if url.endswith("@"):
        url += guarded.format("news")
    env = {**os.environ, "DATABASE_URL": url, "REJOINDER_SECRET": "x" * 32, "COLUMNS": "200"}
    done = as_text(run_command(*words.split(), env=env))
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert "Set DATABASE_URL to postgresql://USER:PASSWORD@" in done.stderr
    assert "sesame" not in done.stderr
    assert len(done.stderr.splitlines()) <= 3, done.stderr


async def test_an_older_server_than_what_is_needed_is_named(
    server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "OLDEST", 99)
    with pytest.raises(reaching.DatabaseError, match=r"is version \d+; 99 or newer is needed"):
        await reaching.check(server_url)


@pytest.mark.parametrize("packed", [True, False], ids=["gzip", "plain"])
def test_replay_sends_a_file_and_shows_what_became_of_it(
    live_server: LiveServer,
    tmp_path: Path,
    packed: bool,  # noqa: FBT001 (a table's column)
) -> None:
    lines = [
        b'{"text": "A fine remark on the ferry.", "name": "Bo", "email": "bo@readers.example"}',
        b'{"text": "You are a fucking idiot, go kill yourself.", "article": "other-1"}',
        b'{"text": ""}',
        b'{"text": 7}',
        b"not json",
        b"\xff\xfe",
    ]
    file = tmp_path / "comments.jsonl"
    text = b"\n".join(lines)
    file.write_bytes(gzip.compress(text) if packed else text)
    words = ("replay", str(file), "--site", "default", "--url", live_server.url)
    done = as_text(run_command(*words, env={**live_server.env, "COLUMNS": "120"}))
    assert done.returncode == 0, done.stderr
    for word in ("published", "held", "refused", "unreadable", "latency p50", "6 comments in"):
        assert word in done.stderr, done.stderr


def test_replay_pays_as_a_flood_does(live_server: LiveServer, tmp_path: Path) -> None:
    """A file of more comments than readers write at once looks like one."""
    live_server.command("sites", "add", "flooded", "--origin", "https://flooded.example")
    live_server.command(
        "moderators", "add", "flood@courier.example", "--role", "editor", "--site", "flooded"
    )
    token = live_server.command("moderators", "token", "flood@courier.example")
    answer = httpx.put(
        f"{live_server.url}/v1/moderation/policy?site=flooded",
        json={"policy": {"puzzle": "always"}},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 200, answer.text
    file = tmp_path / "comments.jsonl"
    file.write_text('{"text": "A fine remark on the ferry."}\n{"text": "It was late again."}\n')
    words = ("replay", str(file), "--site", "flooded", "--url", live_server.url,
             "--page", "https://flooded.example")  # fmt: skip
    done = as_text(run_command(*words, env={**live_server.env, "COLUMNS": "120"}))
    assert done.returncode == 0, done.stderr
    assert "published" in done.stderr
    assert "refused" not in done.stderr


def test_replay_of_a_broken_file_says_so(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "broken.jsonl.gz"
    file.write_bytes(gzip.compress(b'{"text": "x"}\n' * 100)[:40])
    done = run(data, "replay", str(file), "--site", "default")
    assert done.returncode == 1
    assert "broken.jsonl.gz" in done.stderr.replace("\n", "")  # long lines are wrapped


def test_a_port_in_use_is_said(data: Path, live_server: LiveServer) -> None:
    port = live_server.url.rsplit(":", 1)[1]
    done = run(data, "demo", "--port", port)
    assert done.returncode == 1
    assert f"Can't listen on 127.0.0.1:{port}" in done.stderr
