"""The plugin as a file, the connection that it tries, and the PHP that it is written in."""

import io
import json
import re
import shutil
import subprocess
import zipfile
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest
from live import LiveServer
from npm import install
from thread import bearer
from typer.testing import CliRunner

from service.accounts import actions as accounts
from service.articles import actions as articles
from service.cli import app
from service.integrations.packing import FOLDER, WORDS, plugin_files, plugin_zip

PHP = sorted(FOLDER.rglob("*.php"))


async def test_a_site_is_told_to_the_publisher_s_system(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    told = (await client.get("/v1/sites/default/connection", headers=bearer(publisher_key))).json()
    assert told == {
        "site": "default",
        "name": "The Courier",
        "origins": ["https://news.example"],
        "release": version("rejoinder"),
        "sign_in": {"on": False, "required": False, "issuer": None, "audience": None},
    }


async def test_and_to_nobody_else(
    client: httpx.AsyncClient, state: dict[str, object], publisher_key: str, moderator_token: str
) -> None:
    pool = state["pool"]
    async with pool.acquire() as conn:  # type: ignore[attr-defined]  # a pool
        other = await articles.add_site(conn, "other", "Other", ["https://other.example"])
    theirs = await accounts.create_key(pool, other.id, ["publish"])  # type: ignore[arg-type]  # as above
    for token, status in (
        (None, 401), ("rk" + "a" * 40, 401), (moderator_token, 403), (theirs, 403),
    ):  # fmt: skip
        headers = bearer(token) if token else {}
        answer = await client.get("/v1/sites/default/connection", headers=headers)
        assert answer.status_code == status, token
    answer = await client.get("/v1/sites/nowhere/connection", headers=bearer(publisher_key))
    assert answer.status_code == 404


async def test_the_plugin_is_downloaded(client: httpx.AsyncClient, tmp_path: Path) -> None:
    answer = await client.get("/integrations/wordpress.zip")
    assert answer.headers["content-type"] == "application/zip"
    assert 'filename="rejoinder.zip"' in answer.headers["content-disposition"]
    tag = {"if-none-match": answer.headers["etag"]}
    assert (await client.get("/integrations/wordpress.zip", headers=tag)).status_code == 304
    out = tmp_path / "plugin.zip"
    assert CliRunner().invoke(app, ["wordpress-plugin", "--out", str(out)]).exit_code == 0
    assert out.read_bytes() == answer.content


def test_the_same_files_make_the_same_bytes() -> None:
    first = plugin_zip()
    plugin_zip.cache_clear()
    assert plugin_zip() == first
    archive = zipfile.ZipFile(io.BytesIO(first))
    assert archive.namelist() == sorted(archive.namelist())
    assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    for name in ("rejoinder.php", "readme.txt", "uninstall.php", "push-worker.js"):
        assert f"rejoinder/{name}" in archive.namelist()


def test_it_speaks_as_the_elements_do() -> None:
    words = json.loads(plugin_files()["rejoinder/words.json"])
    assert len(words) == 8
    for texts in words.values():
        assert set(texts) == set(WORDS)
        # No blanks to fill, and no plurals: PHP knows neither.
        assert all(isinstance(text, str) and text and "{" not in text for text in texts.values())


def test_it_says_the_release_it_belongs_to() -> None:
    release = version("rejoinder")
    main = (FOLDER / "rejoinder.php").read_text()
    assert re.search(r"\* Version: +(\S+)", main)[1] == release  # type: ignore[index]  # fails else
    assert f"const VERSION = '{release}';" in main
    readme = (FOLDER / "readme.txt").read_text()
    assert f"Stable tag: {release}\n" in readme
    for header in ("Requires at least", "Requires PHP"):
        in_readme = re.search(rf"^{header}: (\S+)$", readme, re.MULTILINE)
        in_main = re.search(rf"\* {header}: +(\S+)", main)
        assert in_readme
        assert in_main
        assert in_readme[1] == in_main[1]


def test_every_file_is_whole_and_runs_in_wordpress_alone() -> None:
    assert len(PHP) > 10
    for path in PHP:
        text = path.read_text()
        assert re.search(r"defined\( '(ABSPATH|WP_UNINSTALL_PLUGIN)' \) \|\| exit;", text), path
        assert len(text.splitlines()) < 300, path
        for function in re.split(r"\n(?=function )", text)[1:]:
            assert function.partition("\n}\n")[0].count("\n") < 40, (path, function[:40])


PARSE = """
const { Engine } = require('php-parser');
const engine = new Engine({ parser: { version: '7.4' } });
const files = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const refused = {};
for (const [name, code] of Object.entries(files)) {
  try { engine.parseCode(code, name); } catch (error) { refused[name] = error.message; }
}
console.log(JSON.stringify(refused));
"""
FUNCTION = re.compile(r"function \w*\s*\(((?:[^()]|\([^()]*\))*)\)\s*(\S)")
# Since 8.0 and later; WordPress 5.9 brings the first three to every PHP.
NEWER = re.compile(
    r"\b(get_debug_type|get_resource_id|fdiv|fsync|fdatasync|preg_last_error_msg|array_is_list"
    r"|array_find|array_any|array_all|json_validate|mb_str_pad|mb_trim|enum_exists"
    r"|str_increment|ini_parse_quantity)\s*\("
)


def test_it_is_php_7_4(tmp_path: Path) -> None:
    """A parser of that version reads it; what that parser lets pass, the plugin does without."""
    folder = install("php-parser@3", tmp_path, "nothing read the plugin as PHP 7.4").parent.parent
    (folder / "parse.cjs").write_text(PARSE)
    node = shutil.which("node")
    assert node

    def refused(files: dict[str, str]) -> dict[str, str]:
        done = subprocess.run(
            [node, "parse.cjs"],
            input=json.dumps(files),
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        )
        found: dict[str, str] = json.loads(done.stdout)
        return found

    newer = {"match": "<?php return match(1) { 1 => 2 };", "nullsafe": "<?php $a?->b;"}
    assert set(refused({**newer, "fine": "<?php $a ??= fn($b) => $b;"})) == set(newer)
    assert refused({path.name: path.read_text() for path in PHP}) == {}
    for path in PHP:
        text = path.read_text()
        # No classes, attributes and types: their syntax has grown since.
        assert not re.search(r"#\[|\b(readonly|enum) |::class|^(abstract |final )?class ", text)
        for parameters, after in FUNCTION.findall(text):
            assert after in "{u", (path, parameters)
            assert not re.search(r"[\w|?\\]\s+[&.]*\$", parameters), (path, parameters)
        assert not NEWER.search(text), path


def test_php_reads_it(tmp_path: Path) -> None:
    if shutil.which("php") is None:
        pytest.skip("PHP IS MISSING: the plugin was not read (make browsers)")
    for name, data in plugin_files().items():
        if name.endswith(".php"):
            file = tmp_path / "one.php"
            file.write_bytes(data)
            subprocess.run(["php", "-l", file], check=True, capture_output=True)


def test_a_running_server_has_it(live_server: LiveServer) -> None:
    """Its data files are where an installed package finds them."""
    answer = httpx.get(f"{live_server.url}/integrations/wordpress.zip")
    assert answer.content == plugin_zip()
