"""A real WordPress in a folder of its own: Debian's, on a private MariaDB, served by PHP itself."""

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from live import free_port

# By `make browsers`; WORDPRESS names another one, for the same tests with it.
UNPACKED = Path(os.environ.get("WORDPRESS") or Path(__file__).parents[1] / "var" / "wordpress")
SOURCE = UNPACKED / "usr" / "share" / "wordpress"
PASSWORD = "correct-horse"
PATIENCE = 60

CONFIG = """<?php
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:{socket}');
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
{salts}
$table_prefix = 'wp_';
define('WP_HOME', '{url}');
define('WP_SITEURL', '{url}');
define('FS_METHOD', 'direct');
define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('WP_ACCESSIBLE_HOSTS', '127.0.0.1');
define('WP_CRON_LOCK_TIMEOUT', 5);
define('WP_DEBUG', true);
define('WP_DEBUG_DISPLAY', false);
define('WP_DEBUG_LOG', '{folder}/debug.log');
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""
NETWORK = """define('MULTISITE', true);
define('SUBDOMAIN_INSTALL', false);
define('DOMAIN_CURRENT_SITE', '{host}');
define('PATH_CURRENT_SITE', '/');
define('SITE_ID_CURRENT_SITE', 1);
define('BLOG_ID_CURRENT_SITE', 1);
if (!defined"""
SALTS = (
    "AUTH_KEY", "SECURE_AUTH_KEY", "LOGGED_IN_KEY", "NONCE_KEY",
    "AUTH_SALT", "SECURE_AUTH_SALT", "LOGGED_IN_SALT", "NONCE_SALT",
)  # fmt: skip

# What a web server does: files as they are, everything else by index.php.
ROUTER = """<?php
$path = urldecode((string) parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
$file = __DIR__ . '/site' . $path;
if ($path !== '/' && (is_file($file) || is_file(rtrim($file, '/') . '/index.php'))) return false;
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
require __DIR__ . '/site/index.php';
"""

PREPARE = f"""
define('WP_INSTALLING', true);
require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('The Courier', 'admin', 'admin@courier.example', true, '', '{PASSWORD}');
update_option('permalink_structure', '/%year%/%postname%/');
update_option('timezone_string', 'Europe/Vienna');
"""


class WordPress:
    """Where it is, and what looks inside; or one blog of its network, whose address has a path."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url

    def php(self, code: str) -> Any:
        """What a piece of PHP returns, run in WordPress by itself, as an importer or WP-CLI is."""
        parts = urlsplit(self.url)
        before = "define('WP_INSTALLING', true);" if "WP_INSTALLING" in code else ""
        script = (
            f"$_SERVER['HTTP_HOST'] = '{parts.netloc}'; $_SERVER['REQUEST_URI'] = '{parts.path}/';"
            # What a piece changes of WordPress holds in its own process.
            "define('DISABLE_WP_CRON', true);"
            f"{before} require '{self.folder}/site/wp-load.php';"
            f"$told = (function () {{ {code.replace(before, '') if before else code} }})();"
            'echo "\\n" . json_encode($told);'
        )
        # WordPress is 300 files: compiled once, and not for each piece again.
        kept = [f"opcache.file_cache={self.folder}/compiled", "opcache.file_cache_only=1"]
        settings = ["opcache.enable_cli=1", "sendmail_path=/bin/true", "display_errors=stderr"]
        options = [part for one in (*settings, *kept) for part in ("-d", one)]
        done = subprocess.run(
            ["php", *options, "-r", script], check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, (done.stdout, done.stderr)
        return json.loads(done.stdout.rsplit("\n", 1)[1])

    def origin(self) -> str:
        """Where browsers see it."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def make_network(self, path: str) -> "WordPress":
        """Make it the first blog of a network; the second one, which is new and at this path."""
        host = urlsplit(self.url).netloc
        self.php(
            f"""
            global $wpdb;
            define('WP_INSTALLING_NETWORK', true);
            require ABSPATH . 'wp-admin/includes/upgrade.php';
            foreach ($wpdb->tables('ms_global') as $name => $table) $wpdb->$name = $table;
            install_network();
            populate_network(1, '{host}', 'admin@courier.example', 'Couriers', '/', false);
            """
        )
        config = self.folder / "site" / "wp-config.php"
        config.write_text(config.read_text().replace("if (!defined", NETWORK.format(host=host), 1))
        # WordPress means its networks to have no ports, and takes the colon out.
        self.php(
            f"""
            global $wpdb;
            $made = array('domain' => '{host}', 'path' => '{path}/', 'user_id' => 1);
            $blog = wp_insert_site($made);
            $wpdb->update($wpdb->blogs, array('domain' => '{host}'), array('blog_id' => $blog));
            foreach (array('home', 'siteurl') as $name) {{
                update_blog_option($blog, $name, '{self.url}{path}');
            }}
            """
        )
        return WordPress(self.folder, f"{self.url}{path}")

    def complaints(self) -> list[str]:
        """What PHP has had to say of the plugin: warnings and notices too."""
        log = self.folder / "debug.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line for line in lines if "rejoinder" in line.lower()]


def missing() -> str | None:
    """What isn't there."""
    for program in ("php", "mariadbd"):
        if not shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin"):
            return program
    if not (SOURCE / "wp-load.php").exists():
        return "wordpress"
    check = "exit((int) !(extension_loaded('mysqli') && extension_loaded('curl')));"
    found = subprocess.run(["php", "-r", check], check=False).returncode
    return None if found == 0 else "php-mysql or php-curl"


@contextlib.contextmanager
def run_mariadb(folder: Path) -> Iterator[Path]:
    """An empty MariaDB on a socket of its own; whoever may open that is let in."""
    data = folder / "mysql"
    data.mkdir()
    socket = folder / "socket"
    program = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program
    options = [
        "--no-defaults", f"--datadir={data}", f"--socket={socket}", f"--pid-file={folder}/pid",
        "--user=root", "--skip-grant-tables", "--skip-networking", "--skip-log-bin",
        "--innodb-log-file-size=16M", "--innodb-flush-log-at-trx-commit=0",
        "--innodb-buffer-pool-size=64M", "--aria-log-file-size=8M", "--performance-schema=OFF",
    ]  # fmt: skip
    log = folder / "mariadb.log"
    with log.open("wb") as output:
        process = subprocess.Popen([program, *options], stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + PATIENCE
        while not socket.exists():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        yield socket
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def run_wordpress(folder: Path) -> Iterator[WordPress]:
    """An installed WordPress with an administrator, `admin`, and no plugin."""
    lacks = missing()
    if lacks:
        pytest.skip(f"{lacks.upper()} IS MISSING: the plugin was not tried (make browsers)")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    shutil.copytree(SOURCE, folder / "site", ignore=shutil.ignore_patterns(".htaccess", "akismet"))
    with run_mariadb(folder) as socket:
        connected = f"(new mysqli('localhost', 'root', '', '', 0, '{socket}'))"
        subprocess.run(
            ["php", "-r", f"{connected}->query('create database wordpress');"], check=True
        )
        salts = "".join(f"define('{name}', '{secrets.token_hex(32)}');\n" for name in SALTS)
        config = CONFIG.format(socket=socket, salts=salts, url=url, folder=folder)
        (folder / "site" / "wp-config.php").write_text(config)
        (folder / "router.php").write_text(ROUTER)
        (folder / "compiled").mkdir()
        wordpress = WordPress(folder, url)
        wordpress.php(PREPARE)
        with serve(folder, port):
            yield wordpress


@contextlib.contextmanager
def serve(folder: Path, port: int) -> Iterator[None]:
    """PHP's own web server; several workers, because WordPress calls itself for its schedule."""
    options = ["-d", "opcache.enable_cli=1", "-d", "sendmail_path=/bin/true", "-d", "log_errors=0"]
    log = folder / "php.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["php", *options, "-S", f"127.0.0.1:{port}", "-t", folder / "site",
             folder / "router.php"],
            env={**os.environ, "PHP_CLI_SERVER_WORKERS": "8"},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            assert process.poll() is None, log.read_text()
            with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/wp-login.php", timeout=20).close()
                break
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # with its workers
        process.wait()
