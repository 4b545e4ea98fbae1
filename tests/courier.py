"""A newspaper on WordPress: the plugin as it is downloaded, and a site of the service for it."""

import io
import json
import uuid
import zipfile
from typing import Any

import httpx
from live import LiveServer
from wordpress import PASSWORD, WordPress

SETTINGS = {"types": ["post", "page"], "bar": True, "alert_default": False}


class Courier:
    """WordPress and its site in Rejoinder."""

    def __init__(self, wordpress: WordPress, live: LiveServer) -> None:
        self.wordpress = wordpress
        self.live = live
        self.slug = f"courier-{uuid.uuid4().hex[:8]}"
        live.command(
            "sites", "add", self.slug, "--name", "The Courier", "--origin", wordpress.origin()
        )
        self.key = live.command("keys", "create", "--site", self.slug, "--scope", "publish")
        self.secret = live.command(
            "sites", "sign-in", self.slug, "--new-secret", "--audience", "comments"
        )

    @property
    def url(self) -> str:
        """The newspaper's own address."""
        return self.wordpress.url

    def php(self, code: str) -> Any:
        """As WordPress.php."""
        return self.wordpress.php(code)

    def download(self) -> bytes:
        """The plugin."""
        return httpx.get(f"{self.live.url}/integrations/wordpress.zip").raise_for_status().content

    def unpack(self) -> None:
        """Have the plugin there."""
        folder = self.wordpress.folder / "site" / "wp-content" / "plugins"
        zipfile.ZipFile(io.BytesIO(self.download())).extractall(folder)

    def install(self) -> None:
        """Have the plugin there, switched on and set up."""
        self.unpack()
        self.set_up()

    def set_up(self, *, network: bool = False, **changes: Any) -> None:
        """Switch the plugin on, its settings as they should be but for `changes`."""
        settings = {"server": self.live.url, "site": self.slug, **SETTINGS, **changes}
        self.php(
            f"""
            require_once ABSPATH . 'wp-admin/includes/plugin.php';
            activate_plugin('rejoinder/rejoinder.php', '', {str(network).lower()});
            // Another address is a server that is away, to these tests, and no other server.
            remove_action('update_option_rejoinder', 'Rejoinder\\\\on_moved');
            update_option('rejoinder', json_decode({json.dumps(json.dumps(settings))}, true));
            update_option('rejoinder_key', '{self.key}');
            update_option('rejoinder_sign_in_secret', '{self.secret}');
            update_option('rejoinder_moderator_token', '{self.live.moderator_token}');
            update_option('rejoinder_claims', array('aud' => 'comments'));
            delete_option('rejoinder_trouble');
            delete_transient('rejoinder_paused');
            """
        )

    def publish(self, title: str, **fields: Any) -> int:
        """A post, as another program makes it; its number."""
        post = {
            "post_title": title,
            "post_content": f"<p>{title}, told at length.</p>",
            "post_status": "publish",
            **fields,
        }
        return int(
            self.php(
                f"return wp_insert_post(json_decode({json.dumps(json.dumps(post))}, true), true);"
            )
        )

    def api(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A publisher's call."""
        return httpx.request(
            method,
            f"{self.live.url}/v1/sites/{self.slug}/{path}",
            headers={"Authorization": f"Bearer {self.key}"},
            **options,
        )

    def comment(self, post: int, body: str, **fields: Any) -> dict[str, Any]:
        """A comment by a reader."""
        sent = {
            "name": "Ann Reader",
            "email": f"{uuid.uuid4().hex[:12]}@readers.example",
            "body": body,
            "article": {"url": f"{self.url}/?p={post}", "title": "An article"},
            **fields,
        }
        path = f"{self.live.url}/v1/sites/{self.slug}/articles/{post}/comments"
        answer = httpx.post(path, json=sent)
        assert answer.status_code == 201, answer.text
        posted: dict[str, Any] = answer.json()["comment"]
        return posted


async def sign_in(page: Any, url: str, user: str = "admin") -> None:
    """By WordPress's own page."""
    await page.goto(f"{url}/wp-login.php")
    await page.locator("#user_login").fill(user)
    await page.locator("#user_pass").fill(PASSWORD)
    await page.locator("#wp-submit").click()
    await page.wait_for_url("**/wp-admin/**")
