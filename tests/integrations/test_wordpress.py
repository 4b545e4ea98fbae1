"""The plugin in a real WordPress, without a browser: its pages, and what the server is told."""
# ruff: noqa: RUF001  what readers are told has their apostrophes

import json
import socket
import tempfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from conftest import folder_for_databases
from courier import Courier
from live import LiveServer, free_port
from thread import bearer
from wordpress import run_wordpress


@pytest.fixture(scope="module")
def courier(live_server: LiveServer) -> Iterator[Courier]:
    """One for all tests of the file."""
    with (
        tempfile.TemporaryDirectory(prefix="courier-", dir=folder_for_databases()) as name,
        run_wordpress(Path(name)) as wordpress,
    ):
        courier = Courier(wordpress, live_server)
        courier.install()
        yield courier
        assert wordpress.complaints() == []


@pytest.fixture(autouse=True)
def set_up(courier: Courier) -> None:
    """Each test begins with a plugin that is switched on, whatever the one before has done."""
    courier.set_up()


def article_of(courier: Courier, post: int) -> dict[str, Any] | None:
    """The article as the desk shows it."""
    found = desk(courier, "articles", q=str(post), limit="200")["items"]
    return next((one for one in found if one["key"] == str(post)), None)


def alerts_of(courier: Courier, post: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk(courier, "alerts", article=str(post))["items"]
    return found


def desk(courier: Courier, path: str, **query: str) -> Any:
    answer = httpx.get(
        f"{courier.live.url}/v1/moderation/{path}",
        params={"site": courier.slug, **query},
        headers=bearer(courier.live.moderator_token),
    )
    return answer.raise_for_status().json()


def page_of(courier: Courier, post: int) -> str:
    return httpx.get(f"{courier.url}/?p={post}", follow_redirects=True).raise_for_status().text


def grow_old(courier: Courier, post: int) -> None:
    """As if a minute had passed: the page asks again, by the tag of what it has."""
    courier.php(
        f"""
        $page = get_transient('rejoinder_thread_{post}');
        $page['at'] = 0;
        set_transient('rejoinder_thread_{post}', $page, 600);
        """
    )


def forget_pages(courier: Courier, post: int) -> None:
    """As if a day had passed."""
    courier.php(
        f"delete_transient('rejoinder_thread_{post}'); delete_transient('rejoinder_counts');"
    )


def test_a_published_post_is_registered(courier: Courier) -> None:
    terms = courier.php(
        """
        $section = wp_insert_term('Local & Region', 'category');
        return is_wp_error($section) ? $section->get_error_data() : $section['term_id'];
        """
    )
    post = courier.publish(
        "Ferries &amp; “bridges” <em>again</em>",
        post_excerpt="What the council said.",
        post_category=[terms],
        tags_input=["Harbour", "Council"],
        post_date="2026-11-20 09:30:00",
    )
    article = article_of(courier, post)
    assert article is not None
    assert article["title"] == "Ferries & “bridges” again"
    assert article["section"] == "Local & Region"
    assert article["open"] is True
    told = courier.api("PUT", f"articles/{post}", json={"url": article["url"], "title": "T"}).json()
    assert told["article"]["summary"] == "What the council said."
    assert sorted(told["article"]["tags"]) == ["Council", "Harbour"]
    assert told["article"]["published_at"].startswith("2026-11-20T08:30:00")


def test_a_draft_isn_t_known_to_the_server(courier: Courier) -> None:
    for fields in (
        {"post_status": "draft"},
        {"post_status": "private"},
        {"post_password": "hush"},
        {"post_type": "wp_block"},
    ):
        post = courier.publish("Nobody's business", **fields)
        assert article_of(courier, post) is None
        assert courier.php(f"return get_post_meta({post}, '_rejoinder_due', true);") == ""
        assert "reader-comments" not in page_if_any(courier, post)


def page_if_any(courier: Courier, post: int) -> str:
    return httpx.get(f"{courier.url}/?p={post}", follow_redirects=True).text


def test_a_moved_post_keeps_its_thread(courier: Courier) -> None:
    post = courier.publish("The old name", post_name="the-old-name")
    old = courier.php(f"return get_permalink({post});")
    courier.php(f"wp_update_post(array('ID' => {post}, 'post_name' => 'the-new-name'));")
    new = courier.php(f"return get_permalink({post});")
    assert old != new
    article = article_of(courier, post)
    assert article
    assert article["url"] == new
    courier.comment(post, "It was a good name.")
    # A page that names no key asks by its address.
    for url in (old, new, f"{courier.url}/?p={post}"):
        page = courier.api("GET", "articles/unknown/comments", params={"url": url}).json()
        assert page["article"]["key"] == str(post), url


def test_the_desk_s_word_outlasts_an_update(courier: Courier) -> None:
    post = courier.publish("A quarrel")
    article = article_of(courier, post)
    assert article
    title = {"url": article["url"], "title": "A quarrel"}
    courier.api("PUT", f"articles/{post}", json={**title, "open": False})
    courier.php(f"wp_update_post(array('ID' => {post}, 'post_title' => 'A quarrel, ended'));")
    article = article_of(courier, post)
    assert article
    assert (article["title"], article["open"]) == ("A quarrel, ended", False)
    # WordPress's own switch is another matter.
    courier.php(f"wp_update_post(array('ID' => {post}, 'comment_status' => 'closed'));")
    courier.php(f"wp_update_post(array('ID' => {post}, 'comment_status' => 'open'));")
    article = article_of(courier, post)
    assert article
    assert article["open"] is True


def test_what_is_taken_back_is_closed_and_its_address_kept(courier: Courier) -> None:
    post = courier.publish("Taken back", post_name="taken-back")
    before = article_of(courier, post)
    courier.php(f"wp_trash_post({post});")
    after = article_of(courier, post)
    assert before
    assert after
    assert (after["open"], after["url"], after["title"]) == (False, before["url"], "Taken back")
    courier.php(f"wp_untrash_post({post}); wp_publish_post({post});")
    again = article_of(courier, post)
    assert again
    assert again["open"] is True


def test_a_page_holds_the_thread(courier: Courier) -> None:
    post = courier.publish("A ferry for crawlers")
    root = courier.comment(
        post,
        "I like that it will **sail** at night, as the timetable at https://ferries.example says.",
    )
    courier.comment(post, "It will.", parent_id=root["id"], name="Bo <b>")
    page = page_of(courier, post)
    element = page.partition("<reader-comments")[2].partition("</reader-comments>")[0]
    assert f'site="{courier.slug}" article="{post}"' in element
    assert "<strong>sail</strong>" in element
    assert 'rel="ugc nofollow noopener"' in element
    assert "It will." in element
    assert "Bo &lt;b&gt;" in element
    assert "Replies (2)" in element
    assert f"{courier.live.url}/sites/{courier.slug}/articles/{post}?url=" in element
    assert "@readers.example" not in page
    assert f"<script type=\"module\" src='{courier.live.url}/embed.js'" in page
    assert "wp-comments-post.php" not in page


def test_what_stands_below_the_article(courier: Courier) -> None:
    post = courier.publish("Below it")
    assert "<share-bar" not in page_of(courier, post)
    courier.set_up(share=True, support=True)
    for theme in ("twentytwentyone", "twentytwentythree"):
        courier.php(f"switch_theme('{theme}');")
        page = page_of(courier, post)
        for element in ("share-bar", "support-us"):
            assert page.count(f'<{element} site="{courier.slug}" article="{post}">') == 1
        assert page.index("<support-us") < page.index("<reader-comments")
        assert "<share-bar" not in httpx.get(courier.url).text
    assert "share-bar" not in httpx.get(f"{courier.url}/feed/").text


def test_a_closed_thread_without_a_word_has_no_place(courier: Courier) -> None:
    post = courier.publish("Closed from the start", comment_status="closed")
    courier.php(f"{OLD} $add({post}, array('comment_content' => 'Of another time'));")
    page = page_of(courier, post)
    assert "reader-comments" not in page.partition("<body")[2]
    assert "Of another time" not in page


def test_a_new_structure_of_addresses_splits_no_thread(courier: Courier) -> None:
    post = courier.publish("Moved with all others", post_name="moved-with-all")
    old = courier.php(f"return get_permalink({post});")
    try:
        courier.php(
            """
            global $wp_rewrite;
            $wp_rewrite->set_permalink_structure('/news/%postname%/');
            do_action('rejoinder_deliver');
            """
        )
        article = article_of(courier, post)
        assert article
        assert article["url"] == f"{courier.url}/news/moved-with-all/"
        page = courier.api("GET", "articles/unknown/comments", params={"url": old}).json()
        assert page["article"]["key"] == str(post)
    finally:
        courier.php("update_option('permalink_structure', '/%year%/%postname%/');")
        courier.php("flush_rewrite_rules(); do_action('rejoinder_deliver');")


def test_a_copy_of_the_site_tells_nobody_anything(courier: Courier) -> None:
    here = courier.url.removeprefix("http://")
    courier.set_up(home="courier.example", alert_default=True, mirror=True)
    post = courier.publish("On the copy")
    assert article_of(courier, post) is None
    assert courier.php("return Rejoinder\\is_mirrored();") is False
    said = courier.php(
        """
        wp_set_current_user(1);
        require_once ABSPATH . 'wp-admin/includes/admin.php';
        set_current_screen('dashboard');
        ob_start();
        Rejoinder\\show_notice();
        return ob_get_clean();
        """
    )
    assert f"saved for courier.example, and this is {here}" in said
    # Https instead of http is no other place.
    courier.set_up(home=here)
    known = courier.publish("On the site")
    assert article_of(courier, known)
    # It has moved, and somebody says so: every post is told anew.
    courier.php(
        "update_option('rejoinder', array('home' => 'old.example') + get_option('rejoinder'));"
    )
    due = courier.php(
        f"""
        require_once ABSPATH . 'wp-admin/includes/admin.php';
        delete_post_meta({known}, '_rejoinder_due');
        update_option('rejoinder', Rejoinder\\checked_settings(get_option('rejoinder')));
        $due = get_post_meta({known}, '_rejoinder_due', true);
        return array(get_option('rejoinder')['home'], $due);
        """
    )
    assert due[0] == here
    assert float(due[1]) > 0
    courier.php("do_action('rejoinder_deliver');")


def test_another_site_is_told_of_every_post(courier: Courier) -> None:
    courier.set_up(mirror=True)
    post = courier.publish("Known there", comment_status="closed")
    step(courier)
    told = courier.php(
        f"""
        $here = get_option('rejoinder');
        update_option('rejoinder', array('site' => 'elsewhere') + $here);
        $told = array(get_post_meta({post}, '_rejoinder_due', true), Rejoinder\\mirror_state());
        $told[] = Rejoinder\\article_body(get_post({post}))['open'];
        update_option('rejoinder', $here);
        do_action('rejoinder_deliver');
        wp_cache_flush();
        $told[] = get_post_meta({post}, '_rejoinder_due', true);
        return $told;
        """
    )
    assert float(told[0]) > 0
    assert told[1]["cursor"] == ""
    assert told[2] is False  # which was told before, and not there
    assert told[3] == ""
    # A plugin for several languages makes of it no other place.
    courier.set_up(home=courier.url.removeprefix("http://"))
    elsewhere = courier.php(
        """
        add_filter('home_url', function ($url) { return $url . '/de'; });
        return Rejoinder\\is_elsewhere();
        """
    )
    assert elsewhere is False


def test_contributors_alert_nobody(courier: Courier) -> None:
    said = courier.php(
        """
        require_once ABSPATH . 'wp-admin/includes/admin.php';
        $writer = wp_insert_user(array('user_login' => 'writer', 'user_pass' => 'x',
            'user_email' => 'writer@courier.example', 'role' => 'contributor'));
        $post = array('post_title' => 'Mine', 'post_content' => 'x', 'post_author' => $writer);
        $said = array();
        foreach (array($writer, 1) as $user) {
            wp_set_current_user($user);
            $id = wp_insert_post($post);
            $_POST = array('rejoinder_wanted' => '1',
                'rejoinder_box' => wp_create_nonce("rejoinder_box_$id"));
            wp_update_post(array('ID' => $id, 'post_title' => 'Mine, too'));
            $said[] = Rejoinder\\alert_wish($id)['wanted'];
            // Another post that a plugin saves in the same request.
            $said[] = Rejoinder\\alert_wish(wp_insert_post($post))['wanted'];
            Rejoinder\\update_alert_field(array('title' => 'By REST'), get_post($id));
            $said[] = Rejoinder\\alert_wish($id)['title'];
            $said[] = is_array(Rejoinder\\alert_field(array('id' => $id)));
        }
        return $said;
        """
    )
    assert said == ["", "", "", False, "1", "", "By REST", True]


def test_it_speaks_the_site_s_language(courier: Courier) -> None:
    post = courier.publish("Пором")
    courier.comment(post, "Дякую за статтю про пором.")
    said = courier.php(
        f"""
        add_filter('locale', function () use (&$locale) {{ return $locale; }});
        $said = array();
        foreach (array('uk', 'de_AT', 'cs_CZ') as $locale) {{
            $said[] = Rejoinder\\page_html({post});
        }}
        return $said;
        """
    )
    for html, expected in zip(
        said, ("Коментарі (1)", "Kommentare (1)", "Replies (1)"), strict=True
    ):
        assert expected in html


def test_a_removed_comment_s_words_are_gone_from_the_page(courier: Courier) -> None:
    post = courier.publish("A rash word")
    root = courier.comment(post, "Something rash about ferries.")
    courier.comment(post, "Calm down.", parent_id=root["id"])
    assert "Something rash" in page_of(courier, post)
    decision = {"comment_id": root["id"], "action": "reject", "reason": "offensive"}
    httpx.post(
        f"{courier.live.url}/v1/moderation/decisions",
        json={"decisions": [decision]},
        headers=bearer(courier.live.moderator_token),
    ).raise_for_status()
    grow_old(courier, post)
    page = page_of(courier, post)
    assert "Something rash" not in page
    assert "Calm down." in page


def test_counts_are_one_request_for_a_page(courier: Courier) -> None:
    posts = [courier.publish(f"Count {n}") for n in range(3)]
    for post in posts[:2]:
        courier.comment(post, f"A word on the ferry number {post}, by day.")
    courier.comment(posts[0], "Another word, on harbours and their cranes.")
    found = courier.php(
        f"""
        $asked = array();
        add_filter('pre_http_request', function ($before, $request, $url) use (&$asked) {{
            $asked[] = $url;
            return $before;
        }}, 10, 3);
        delete_transient('rejoinder_counts');
        $wanted = array({",".join(map(str, posts))});
        query_posts(array('post__in' => $wanted, 'orderby' => 'ID', 'order' => 'ASC'));
        $counts = array();
        while (have_posts()) {{ the_post(); $counts[] = (int) get_comments_number(); }}
        return array($counts, $asked, get_comments_number_text());
        """
    )
    assert found[0] == [2, 1, 0]
    assert len(found[1]) == 1
    assert "/counts?articles=" in found[1][0]
    # A block theme's front page says it, too.
    assert httpx.get(courier.url).status_code == 200


def test_a_server_that_is_away_costs_a_page_nothing_but_its_thread(courier: Courier) -> None:
    post = courier.publish("Away")
    courier.comment(post, "This was here before.")
    assert "This was here before." in page_of(courier, post)
    courier.set_up(server=f"http://127.0.0.1:{free_port()}")
    grow_old(courier, post)
    assert "This was here before." in page_of(courier, post)  # as it was
    forget_pages(courier, post)
    page = page_of(courier, post)
    assert "The replies couldn’t be loaded." in page
    assert "Away" in page
    asked = courier.php(
        f"""
        $asked = 0;
        add_filter('pre_http_request', function ($before) use (&$asked) {{
            $asked++;
            return $before;
        }});
        Rejoinder\\thread_page({post});
        get_comments_number({post});
        return array(get_transient('rejoinder_paused'), $asked);
        """
    )
    assert asked == ["1", 0]  # nor is it asked again for a while


def test_a_server_that_hangs_is_waited_for_a_second_once(courier: Courier) -> None:
    post = courier.publish("Hangs")
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        courier.set_up(server=f"http://127.0.0.1:{silent.getsockname()[1]}")
        waited = courier.php(
            f"""
            $seconds = array();
            add_filter('http_request_args', function ($request) use (&$seconds) {{
                $seconds[] = $request['timeout'];
                return $request;
            }});
            delete_transient('rejoinder_counts');
            get_comments_number({post});
            Rejoinder\\thread_page({post});
            return $seconds;
            """
        )
    assert waited == [1]


NO_COMMENT = {
    "id": "01a228b7-f823-73ea-ac5b-002f504f414b",
    "author": {"name": ["A"], "badge": 3},
    "html": {},
    "created_at": [],
    "status": None,
}
JUNK = [
    b"",
    b"<html>Welcome to nginx!</html>",
    b"[]",
    b"7",
    b'{"items": [',
    b'{"items": "x", "count": []}',
    b"[" * 5000,
    b'{"items": [], "count": 0, "x": "\xff\xfe"}',
    json.dumps(
        {
            "items": [None, 5, "x", [], {"id": 3}, NO_COMMENT],
            "count": 5,
            "counts": {"1": [], "2": "x"},
            "cursor": {},
            "origins": 5,
            "name": [],
            "release": {},
            "sign_in": "on",
            "id": [],
            "state": {},
            "send_at": [],
        }
    ).encode(),
]


class Junk(BaseHTTPRequestHandler):
    """Answers everything with the same bytes."""

    body = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_PUT = do_POST = do_GET  # noqa: N815 (the names are the library's)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_whatever_a_server_says_no_page_breaks(courier: Courier) -> None:
    post = courier.publish("Unbroken", **wish(wanted="1", edition=3))
    with ThreadingHTTPServer(("127.0.0.1", 0), Junk) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        try:
            courier.set_up(server=f"http://127.0.0.1:{server.server_port}", mirror=True)
            for Junk.body in JUNK:
                said = courier.php(
                    f"""
                    wp_set_current_user(1);
                    delete_transient('rejoinder_thread_{post}');
                    delete_transient('rejoinder_counts');
                    $html = Rejoinder\\page_html({post});
                    get_comments_number({post});
                    Rejoinder\\set_alert_wish({post}, array('edition' => wp_rand(4, 9999)));
                    Rejoinder\\send_post({post});
                    Rejoinder\\newest_alerts({post});
                    Rejoinder\\alert_field(array('id' => {post}));
                    Rejoinder\\keep_in_step();
                    Rejoinder\\import_next();
                    return array($html, Rejoinder\\try_connection());
                    """
                )
                assert "rejoinder-more" in said[0], Junk.body
                assert said[1][0]["good"] is False, Junk.body
                assert "Unbroken" in page_of(courier, post)
        finally:
            server.shutdown()
            serving.join()
    assert courier.wordpress.complaints() == []


def test_the_rest_of_what_may_be_wrong_is_said(courier: Courier) -> None:
    def findings(before: str = "") -> str:
        told = courier.php(f"{before} wp_set_current_user(1); return Rejoinder\\try_connection();")
        return " ".join(one["text"] for one in told if not one["good"])

    assert findings() == ""
    # A release that had no such address: the site is there, the rest is 404.
    old = """
        add_filter('pre_http_request', function ($before, $request, $url) {
            return preg_match('#/connection$#', $url) ? array('headers' => array(), 'body' =>
                '{"type": "/problems/not-found", "detail": "There is nothing here."}',
                'response' => array('code' => 404, 'message' => '')) : $before;
        }, 10, 3);
    """
    assert "too old for this plugin" in findings(old)
    slow = """
        add_filter('http_response', function ($answer) {
            $answer['headers']['date'] = gmdate('r', time() - 300);
            return $answer;
        });
    """
    assert "differ by 300 seconds" in findings(slow)
    courier.live.command("sites", "sign-in", courier.slug, "--required")
    try:
        without = "update_option('rejoinder_sign_in_secret', '');"
        assert "nobody can write" in findings(without)
    finally:
        courier.live.command("sites", "sign-in", courier.slug, "--optional")


def test_saving_a_post_never_fails_and_is_told_later(courier: Courier) -> None:
    courier.set_up(server=f"http://127.0.0.1:{free_port()}")
    post = courier.publish("Told later")
    assert post > 0
    state = courier.php(
        f"""
        return array(get_post_meta({post}, '_rejoinder_due', true), get_option('rejoinder_trouble'),
            wp_next_scheduled('rejoinder_deliver'), Rejoinder\\trouble_text());
        """
    )
    assert float(state[0]) > 0
    assert state[1]["failures"] == 1
    assert state[2] >= state[1]["next"] - 1
    assert "1 article waits to be registered." in state[3]
    assert "doesn’t answer" in state[3]
    # Further failures come less often.
    courier.php("do_action('rejoinder_deliver');")
    again = courier.php("return get_option('rejoinder_trouble');")
    assert again["failures"] == 2
    assert again["since"] == state[1]["since"]
    courier.set_up()
    courier.php("do_action('rejoinder_deliver');")
    assert article_of(courier, post)
    assert courier.php("return Rejoinder\\trouble_text();") == ""


def test_one_refused_post_doesn_t_hold_up_the_others(courier: Courier) -> None:
    courier.set_up(server=f"http://127.0.0.1:{free_port()}")
    refused = courier.publish("Refused")
    fine = courier.publish("Fine")
    courier.set_up()
    courier.php(
        f"""
        add_filter('http_request_args', function ($request, $url) {{
            if (strpos($url, '/articles/{refused}') && 'PUT' === $request['method'])
                $request['body'] = '{{"url": "nowhere", "title": "T"}}';
            return $request;
        }}, 10, 2);
        do_action('rejoinder_deliver');
        """
    )
    assert article_of(courier, fine)
    assert not article_of(courier, refused)
    assert "“Refused”" in courier.php("return Rejoinder\\trouble_text();")
    courier.php(f"Rejoinder\\make_due({refused}); do_action('rejoinder_deliver');")
    assert article_of(courier, refused)
    assert courier.php("return Rejoinder\\trouble_text();") == ""


def test_no_two_are_at_it_at_once(courier: Courier) -> None:
    done = courier.php(
        """
        $done = array();
        $try = function ($other) use (&$done) {
            Rejoinder\\alone('a', 0, function () use (&$done) { $done[] = 'us'; });
            $done[] = $other;
        };
        $here = $GLOBALS['wpdb'];
        $there = new wpdb(DB_USER, DB_PASSWORD, DB_NAME, DB_HOST);
        $there->set_prefix('wp_');
        $GLOBALS['wpdb'] = $there;
        Rejoinder\\alone('a', 0, function () use ($here, $there, $try) {
            $GLOBALS['wpdb'] = $here;
            $try('them');
            $GLOBALS['wpdb'] = $there;
        });
        $try('nobody');
        return $done;
        """
    )
    assert done == ["them", "us", "nobody"]


def wish(**fields: Any) -> dict[str, Any]:
    return {"meta_input": {"_rejoinder_alert": fields}}


def test_an_alert_goes_out_once_an_edition(courier: Courier) -> None:
    post = courier.publish("Ferry sinks", **wish(wanted="1", title="Ferry down", edition=1))
    [alert] = alerts_of(courier, post)
    assert (alert["title"], alert["edition"]) == ("Ferry down", 1)
    courier.php(f"wp_update_post(array('ID' => {post}, 'post_title' => 'Ferry has sunk'));")
    courier.php(f"wp_trash_post({post}); wp_untrash_post({post}); wp_publish_post({post});")
    assert len(alerts_of(courier, post)) == 1
    courier.php(f"Rejoinder\\set_alert_wish({post}, array('edition' => 2, 'title' => ''));")
    courier.php(f"wp_update_post(array('ID' => {post}));")
    assert sorted(one["edition"] for one in alerts_of(courier, post)) == [1, 2]


def test_the_default_is_for_news_only(courier: Courier) -> None:
    courier.set_up(alert_default=True)
    news = courier.publish("News")
    assert len(alerts_of(courier, news)) == 1
    unwanted = courier.publish("Not this", **wish(wanted="0"))
    old = courier.publish("From the archive", post_date="2020-01-01 10:00:00")
    imported = courier.php(
        """
        define('WP_IMPORTING', true);
        $post = array('post_title' => 'Imported', 'post_content' => 'x');
        return wp_insert_post($post + array('post_status' => 'publish'));
        """
    )
    courier.set_up()
    before = courier.publish("Before the default")
    courier.set_up(alert_default=True)
    courier.php(f"wp_update_post(array('ID' => {before}, 'post_title' => 'Corrected'));")
    for post in (unwanted, old, imported, before):
        assert article_of(courier, post)
        assert alerts_of(courier, post) == []


def test_a_scheduled_post_is_alerted_when_its_time_has_come(courier: Courier) -> None:
    post = courier.php(
        """
        $then = gmdate('Y-m-d H:i:s', time() + 3600);
        $wish = array('wanted' => '1', 'title' => 'Noon', 'edition' => 1);
        return wp_insert_post(array('post_title' => 'At noon', 'post_content' => 'x',
            'post_status' => 'future', 'post_date_gmt' => $then,
            'post_date' => get_date_from_gmt($then),
            'meta_input' => array('_rejoinder_alert' => $wish)));
        """
    )
    assert article_of(courier, post) is None
    # An hour later. Its event is the only thing that is turned: WordPress's own schedule runs it.
    courier.php(
        f"""
        global $wpdb;
        $then = gmdate('Y-m-d H:i:s', time() - 5);
        $dates = array('post_date' => get_date_from_gmt($then), 'post_date_gmt' => $then);
        $wpdb->update($wpdb->posts, $dates, array('ID' => {post}));
        clean_post_cache({post});
        wp_clear_scheduled_hook('publish_future_post', array({post}));
        wp_schedule_single_event(time() - 5, 'publish_future_post', array({post}));
        delete_transient('doing_cron');
        """
    )
    httpx.get(f"{courier.url}/wp-cron.php?doing_wp_cron", timeout=60)
    assert courier.php(f"return get_post_status({post});") == "publish"
    assert article_of(courier, post)
    assert [one["title"] for one in alerts_of(courier, post)] == ["Noon"]


def test_a_post_taken_back_takes_its_alert_back(courier: Courier) -> None:
    post = courier.publish("Too early", **wish(wanted="1"))
    [alert] = alerts_of(courier, post)
    later = {"article": str(post), "edition": 2, "send_at": "2027-01-01T00:00:00Z"}
    waiting = courier.api("POST", "alerts", json=later).json()
    courier.php(f"Rejoinder\\note_alert({post}, 2, json_decode('{json.dumps(waiting)}', true));")
    courier.php(f"wp_trash_post({post});")
    states = {one["edition"]: one["state"] for one in alerts_of(courier, post)}
    assert states[2] == "cancelled"
    assert alert["edition"] == 1


def test_a_post_deleted_for_good_is_closed(courier: Courier) -> None:
    post = courier.publish("Gone at once", **wish(wanted="1"))
    later = {"article": str(post), "edition": 2, "send_at": "2027-01-01T00:00:00Z"}
    waiting = courier.api("POST", "alerts", json=later).json()
    courier.php(f"Rejoinder\\note_alert({post}, 2, json_decode('{json.dumps(waiting)}', true));")
    courier.php(f"wp_delete_post({post}, true);")
    article = article_of(courier, post)
    assert article
    assert article["open"] is False
    states = {one["edition"]: one["state"] for one in alerts_of(courier, post)}
    assert states[2] == "cancelled"


def test_a_duplicate_of_a_post_is_another_one(courier: Courier) -> None:
    post = courier.publish("The weather", **wish(wanted="1", edition=2))
    courier.php(f"Rejoinder\\set_alert_wish({post}, array('title' => 'Rain'));")
    # As plugins do it that duplicate posts.
    copy = courier.php(
        f"""
        $copy = wp_insert_post(array('post_title' => 'Weather', 'post_content' => 'x'));
        foreach (get_post_meta({post}) as $name => $values) {{
            update_post_meta($copy, $name, wp_slash(maybe_unserialize($values[0])));
        }}
        wp_update_post(array('ID' => $copy, 'post_content' => 'Sunny.'));
        return $copy;
        """
    )
    assert article_of(courier, copy) is None
    assert courier.php(f"return Rejoinder\\alert_wish({copy})['title'];") == ""
    courier.php(f"Rejoinder\\set_alert_wish({copy}, array('wanted' => '1', 'edition' => 2));")
    courier.php(f"wp_publish_post({copy});")
    assert [one["title"] for one in alerts_of(courier, copy)] == ["Weather"]


def test_wordpress_s_own_form_takes_nothing_for_them(courier: Courier) -> None:
    post = courier.publish("Only here")
    form = {"comment_post_ID": post, "author": "A", "email": "a@b.example", "comment": "Buy."}
    answer = httpx.post(f"{courier.url}/wp-comments-post.php", data=form)
    assert answer.status_code == 403
    by_app = courier.php(
        f"""
        define('XMLRPC_REQUEST', true);
        $open = array(comments_open({post}));
        wp_set_current_user(1);
        return array_merge($open, array(comments_open({post})));
        """
    )
    assert by_app == [False, True]
    assert courier.php(f"return get_comments(array('post_id' => {post}, 'count' => true));") == 0


def test_the_worker_is_on_the_site_s_own_origin(courier: Courier) -> None:
    answer = httpx.get(f"{courier.url}/index.php?rejoinder=push-worker")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["service-worker-allowed"] == "/"
    assert answer.text == httpx.get(f"{courier.live.url}/push-worker.js").text
    page = httpx.get(courier.url).text
    worker = f'worker="{courier.url}/index.php?rejoinder=push-worker"'
    assert worker in page
    courier.set_up(bar=False)
    assert "article-alerts" not in httpx.get(courier.url).text


def test_both_kinds_of_theme_and_plain_permalinks(courier: Courier) -> None:
    post = courier.publish("In any looks")
    courier.comment(post, "Looks are not all.")
    try:
        for theme in ("twentytwentyone", "twentytwentythree"):
            courier.php(f"switch_theme('{theme}');")
            page = page_of(courier, post)
            assert page.count("<reader-comments") == 1, theme
            assert "Looks are not all." in page
            assert page.count("<article-alerts") == 1
            assert "wp-comments-post.php" not in page
        courier.php("update_option('permalink_structure', ''); flush_rewrite_rules();")
        assert "<reader-comments" in page_of(courier, post)
        assert httpx.get(f"{courier.url}/index.php?rejoinder=push-worker").status_code == 200
    finally:
        courier.php("update_option('permalink_structure', '/%year%/%postname%/');")


def test_a_token_is_for_its_user_alone(courier: Courier) -> None:
    assert httpx.get(f"{courier.url}/wp-json/rejoinder/v1/token").status_code == 401
    token = courier.php("return Rejoinder\\token_of(get_user_by('login', 'admin'));")
    told = httpx.get(
        f"{courier.live.url}/v1/sites/{courier.slug}/reader", headers=bearer(token)
    ).json()
    assert (told["name"], told["badge"]) == ("admin", "Staff")
    post = courier.publish("Cached by somebody")
    assert "rejoinderToken" not in page_of(courier, post)


OLD = """
$add = function ($post, $fields) {
    return wp_insert_comment($fields + array('comment_post_ID' => $post, 'comment_author' => 'Ann',
        'comment_author_email' => 'ann@old.example', 'comment_date_gmt' => '2019-03-04 05:06:07'));
};
"""


def import_all(courier: Courier) -> dict[str, Any]:
    """As the page's script does it; the state at the end."""
    state: dict[str, Any] = courier.php(
        """
        Rejoinder\\begin_import();
        for ($turn = 0; $turn < 50; $turn++) {
            $state = Rejoinder\\import_next();
            if (is_wp_error($state)) return $state->get_error_message();
            if ('done' === $state['phase']) return $state;
        }
        """
    )
    return state


def test_the_old_comments_come_over(courier: Courier) -> None:
    post = courier.publish("An old ferry")
    hidden = courier.publish("A hidden one", post_status="private")
    ids = courier.php(
        f"""
        {OLD}
        $root = $add({post}, array('comment_content' => "First line.\n\nSecond <b>line</b>."));
        $reply = $add({post}, array('comment_content' => 'An answer', 'comment_parent' => $root));
        // Of a database of the nineties: a reply that is older than what it answers.
        $early = $add({post}, array('comment_content' => 'Earlier than its parent'));
        $late = $add({post}, array('comment_content' => 'Later than its child'));
        $lost = $add({post}, array('comment_content' => 'To nobody', 'comment_parent' => 999999));
        wp_update_comment(array('comment_ID' => $early, 'comment_parent' => $late));
        $held = $add({post}, array('comment_content' => 'Pending', 'comment_approved' => 0));
        $spam = $add({post}, array('comment_content' => 'Spam', 'comment_approved' => 'spam'));
        $ping = $add({post}, array('comment_content' => 'Ping', 'comment_type' => 'pingback'));
        $private = $add({hidden}, array('comment_content' => 'Between us'));
        $empty = $add({post}, array('comment_content' => ' '));
        return array($root, $early, $late, $private, $empty);
        """
    )
    state = import_all(courier)
    assert (state["phase"], state["refused"], state["waiting"]) == ("done", 1, [])
    assert state["faults"][0][:2] == [ids[4], "empty"]
    thread = courier.api("GET", f"articles/{post}/comments", params={"sort": "oldest"}).json()
    assert thread["count"] == 5
    bodies = {item["html"]: len(item.get("replies", [])) for item in thread["items"]}
    assert bodies == {
        "<p>First line.</p>\n<p>Second <strong>line</strong>.</p>": 1,
        "<p>Later than its child</p>": 1,
        "<p>To nobody</p>": 0,
    }
    assert {item["created_at"] for item in thread["items"]} == {"2019-03-04T05:06:07Z"}
    assert courier.api("GET", f"articles/{hidden}/comments").json()["items"] == []
    told = courier.api("GET", "imports/wordpress").json()["comments"]
    assert (told["held"], told["spam"]) == (2, 1)
    # An old link still finds its comment.
    found = courier.api("GET", f"comments/by-source/wordpress/{ids[0]}").json()
    assert found["article"]["key"] == str(post)
    again = import_all(courier)
    assert (again["stored"], again["already"]) == (0, state["stored"] + state["already"])


def test_an_import_goes_on_where_it_was_cut_off(courier: Courier) -> None:
    post = courier.publish("A long thread")
    courier.php(
        f"""
        {OLD}
        for ($n = 0; $n < 450; $n++) $add({post}, array('comment_content' => "The ferry, part $n"));
        $add({post}, array('comment_content' => str_repeat('long ', 13000)));
        Rejoinder\\begin_import();
        Rejoinder\\import_next();
        """
    )
    # Killed before it could note what was answered.
    state = courier.php(
        """
        $before = Rejoinder\\import_state();
        Rejoinder\\import_next();
        update_option('rejoinder_import', $before);
        return $before;
        """
    )
    assert state["phase"] == "walk"
    courier.set_up(server=f"http://127.0.0.1:{free_port()}")
    failed = courier.php(
        """
        wp_set_current_user(1);
        return Rejoinder\\answer_import(new WP_REST_Request('POST', '/'));
        """
    )
    assert failed["wait"] == 5
    assert "doesn’t answer" in failed["failed"]
    courier.set_up()
    done = courier.php(
        """
        do {
            $state = Rejoinder\\import_next();
        } while (!is_wp_error($state) && 'done' !== $state['phase']);
        return $state;
        """
    )
    assert done["already"] >= 200
    assert courier.api("GET", f"articles/{post}/comments").json()["count"] == 451


def copies(courier: Courier, post: int) -> list[list[Any]]:
    """WordPress's own comments of a post, as its table has them."""
    found: list[list[Any]] = courier.php(
        f"""
        $found = array();
        foreach (get_comments(array('post_id' => {post}, 'status' => 'any', 'order' => 'ASC',
            'orderby' => 'comment_ID')) as $c) {{
            $text = $c->comment_content;
            $parent = $c->comment_parent ? get_comment($c->comment_parent)->comment_content : '';
            $found[] = array($c->comment_approved, $c->comment_author, $text, $parent);
        }}
        return $found;
        """
    )
    return found


GOOD = "It is <em>good</em> to have a copy.\n\n- of all\n- of it"


def step(courier: Courier) -> None:
    courier.php("do_action('rejoinder_mirror');")


def test_wordpress_s_own_table_is_kept_in_step(courier: Courier) -> None:
    courier.set_up(mirror=True)
    post = courier.publish("A copy")
    old = courier.php(f"{OLD} return $add({post}, array('comment_content' => 'From *before*'));")
    import_all(courier)
    root = courier.comment(
        post, "It is *good* to have a copy.\n\n- of all\n- of it", name="Ann <b>"
    )
    courier.comment(post, "I think so, too.", parent_id=root["id"], name="Bo")
    gone = courier.comment(post, "I shouldn't have said that.", name="Cy")
    step(courier)
    step(courier)  # what is young is told again, and is there once
    first = copies(courier, post)
    assert first == [
        ["1", "Ann", "From *before*", ""],
        ["1", "Ann &lt;b&gt;", GOOD, ""],
        ["1", "Bo", "I think so, too.", GOOD],
        ["1", "Cy", "I shouldn't have said that.", ""],
    ]
    imported = courier.api("GET", f"comments/by-source/wordpress/{old}").json()["comment"]["id"]
    decisions = [
        {"comment_id": imported, "action": "hold"},
        {"comment_id": root["id"], "action": "spam"},
        {"comment_id": gone["id"], "action": "reject", "reason": "other"},
    ]
    httpx.post(
        f"{courier.live.url}/v1/moderation/decisions",
        json={"decisions": decisions},
        headers=bearer(courier.live.moderator_token),
    ).raise_for_status()
    step(courier)
    states = {row[2]: row[0] for row in copies(courier, post)}
    assert states == {
        "From *before*": "0",
        GOOD: "spam",
        "I think so, too.": "1",
        "I shouldn't have said that.": "trash",
    }


def test_what_is_decided_and_answered_in_wordpress_is_so_here(courier: Courier) -> None:
    courier.set_up(mirror=True)
    post = courier.publish("Both ways")
    bad = courier.comment(post, "A word about ferries.", name="Ann")
    good = courier.comment(post, "A word about bridges.", name="Bo")
    step(courier)
    courier.php(
        f"""
        $author = wp_insert_user(array('user_login' => 'author', 'user_pass' => 'x',
            'user_email' => 'author@courier.example', 'role' => 'author'));
        foreach (get_comments(array('post_id' => {post})) as $c) {{
            wp_set_current_user($author);
            if ('Bo' === $c->comment_author) {{ wp_spam_comment($c); wp_unspam_comment($c); }}
            wp_set_current_user(1);
            if ('Ann' === $c->comment_author) wp_spam_comment($c);
            else wp_insert_comment(array('comment_post_ID' => {post}, 'user_id' => 1,
                'comment_author' => 'admin', 'comment_parent' => $c->comment_ID,
                'comment_content' => "Thank you for <b>telling</b> us &amp; everybody else."));
        }}
        """
    )
    step(courier)
    step(courier)
    [item] = courier.api("GET", f"articles/{post}/comments").json()["items"]
    assert item["id"] == good["id"]
    [reply] = item["replies"]
    assert reply["author"] == {"name": "admin", "badge": "Staff"}
    assert "Thank you for telling us &amp; everybody else." in reply["html"]
    ledger = httpx.get(
        f"{courier.live.url}/v1/moderation/comments/{bad['id']}",
        headers=bearer(courier.live.moderator_token),
    ).json()["ledger"]
    assert [(row["to_status"], row["note"]) for row in ledger][-1] == (
        "spam", "WordPress: admin",
    )  # fmt: skip
    ledger = httpx.get(
        f"{courier.live.url}/v1/moderation/comments/{good['id']}",
        headers=bearer(courier.live.moderator_token),
    ).json()["ledger"]
    assert "WordPress" not in str(ledger)
    assert sorted(row[0] for row in copies(courier, post)) == ["1", "1", "spam"]
    # What came from there isn't sent back, and what waits for nobody isn't kept.
    waiting = courier.php(
        """
        global $wpdb;
        return $wpdb->get_col("select meta_key from $wpdb->commentmeta
            where meta_key in ('_rejoinder_decision', '_rejoinder_answer')");
        """
    )
    assert waiting == []


def test_a_decision_changes_nothing_else_of_an_old_comment(courier: Courier) -> None:
    courier.set_up(mirror=True)
    post = courier.publish("Spelt as it was")
    hidden = courier.publish("For some alone", post_status="private")
    ticket = courier.publish("A ticket", post_type="wp_block")  # published, and no page
    ids = courier.php(
        f"""
        {OLD}
        $picture = array('comment_content' => 'See <img src="/x.png"> <h3>there</h3>');
        $found = array($add({post}, $picture + array('comment_date' => '2019-03-04 09:00:00')));
        $found[] = $add({hidden}, array('comment_content' => 'Between us'));
        $found[] = $add({ticket}, array('comment_content' => 'My number is 4711.'));
        return $found;
        """
    )
    import_all(courier)
    told = courier.api("GET", f"comments/by-source/wordpress/{ids[0]}").json()
    assert courier.api("GET", f"articles/{ticket}/comments").json()["items"] == []
    decision = {"comment_id": told["comment"]["id"], "action": "hold"}
    httpx.post(
        f"{courier.live.url}/v1/moderation/decisions",
        json={"decisions": [decision]},
        headers=bearer(courier.live.moderator_token),
    ).raise_for_status()
    step(courier)
    rows = courier.php(
        f"""
        global $wpdb;
        return $wpdb->get_results("select comment_approved, comment_content, comment_date_gmt
            from $wpdb->comments where comment_ID in ({",".join(map(str, ids))})
            order by comment_ID", ARRAY_N);
        """
    )
    then = "2019-03-04 05:06:07"
    assert rows == [
        ["0", 'See <img src="/x.png"> <h3>there</h3>', then],
        ["1", "Between us", then],
        ["1", "My number is 4711.", then],
    ]
    # Its author takes it away: text, name, addresses.
    left = courier.php(
        f"""
        Rejoinder\\update_mirrored({ids[0]}, array('status' => 'removed'));
        $left = get_comment({ids[0]}, ARRAY_A);
        unset($left['comment_content']);
        return $left;
        """
    )
    assert left["comment_approved"] == "trash"
    assert "Ann" not in str(left)
    assert "@" not in str(left)


def test_an_old_table_holds_what_it_can(courier: Courier) -> None:
    courier.set_up(mirror=True)
    post = courier.publish("Of 2012")
    change = "alter table wp_comments modify comment_{} {} character set {} not null"
    for charset in ("utf8", "utf8mb4"):
        for column, kind in (("content", "text"), ("author", "tinytext")):
            courier.php(f"global $wpdb; $wpdb->query('{change.format(column, kind, charset)}');")
        if charset == "utf8":
            courier.comment(post, "A fine ferry 🚢, and \U00020000 as well.", name="Ann 🐟")
            step(courier)
            step(courier)
    [row] = copies(courier, post)
    assert row[1:3] == ["Ann &#x1f41f;", "A fine ferry &#x1f6a2;, and  as well."]


def test_what_was_decided_meanwhile_comes_back_with_its_post(courier: Courier) -> None:
    courier.set_up(mirror=True)
    post = courier.publish("In the trash and back")
    bad = courier.comment(post, "A word about a ferry and its captain.")
    step(courier)
    courier.php(f"wp_trash_post({post});")
    decision = {"comment_id": bad["id"], "action": "reject", "reason": "other"}
    httpx.post(
        f"{courier.live.url}/v1/moderation/decisions",
        json={"decisions": [decision]},
        headers=bearer(courier.live.moderator_token),
    ).raise_for_status()
    step(courier)
    assert [row[0] for row in copies(courier, post)] == ["post-trashed"]
    courier.php(f"wp_untrash_post({post});")
    assert [row[0] for row in copies(courier, post)] == ["trash"]


def test_a_copy_isn_t_brought_over(courier: Courier) -> None:
    courier.set_up(mirror=True)
    post = courier.publish("There and back")
    root = courier.comment(post, "A word about a ferry, copied.")
    step(courier)
    old = courier.php(
        f"""
        {OLD}
        [$copy] = get_comments(array('post_id' => {post}));
        wp_insert_comment(array('comment_post_ID' => {post}, 'user_id' => 1,
            'comment_author' => 'admin', 'comment_parent' => $copy->comment_ID,
            'comment_content' => 'Thank you for this word.'));
        return $add({post}, array('comment_content' => 'From before'));
        """
    )
    step(courier)
    import_all(courier)
    thread = courier.api("GET", f"articles/{post}/comments", params={"sort": "oldest"}).json()
    assert thread["count"] == 3
    assert courier.api("GET", f"comments/by-source/wordpress/{old}").status_code == 200
    assert [item["id"] for item in thread["items"] if item.get("replies")] == [root["id"]]
    step(courier)
    assert len(copies(courier, post)) == 3


def test_decisions_wait_for_a_server_that_is_away(courier: Courier) -> None:
    courier.set_up(mirror=True)
    post = courier.publish("Decided in the dark")
    made = courier.comment(post, "A word about harbours.")
    step(courier)
    courier.set_up(mirror=True, server=f"http://127.0.0.1:{free_port()}")
    courier.php(
        f"wp_set_current_user(1); wp_trash_comment(get_comments(array('post_id' => {post}))[0]);"
    )
    step(courier)
    courier.set_up(mirror=True)
    step(courier)
    found = httpx.get(
        f"{courier.live.url}/v1/moderation/comments/{made['id']}",
        headers=bearer(courier.live.moderator_token),
    ).json()
    assert (found["status"], found["reason"]) == ("rejected", "other")


def test_a_copy_catches_up_after_an_absence(courier: Courier) -> None:
    courier.set_up(mirror=True)
    step(courier)
    post = courier.publish("Absent")
    courier.set_up(mirror=True, server=f"http://127.0.0.1:{free_port()}")
    step(courier)
    assert "doesn’t answer" in courier.php("return Rejoinder\\mirror_text();")
    courier.set_up(mirror=True)
    for n in range(3):
        courier.comment(post, f"Said while nobody looked, number {n} of the ferry.")
    # Switched off, it looks a last time.
    courier.php(
        """
        require_once ABSPATH . 'wp-admin/includes/plugin.php';
        deactivate_plugins('rejoinder/rejoinder.php');
        """
    )
    assert len(copies(courier, post)) == 3
    assert "Said while nobody looked" in page_of(courier, post)
    assert courier.php("return wp_next_scheduled('rejoinder_mirror');") is False


def test_deactivated_it_leaves_wordpress_as_it_was(courier: Courier) -> None:
    post = courier.publish("Before and after")
    courier.php(
        f"""
        wp_insert_comment(array('comment_post_ID' => {post}, 'comment_author' => 'Old',
            'comment_content' => 'From before.'));
        """
    )
    assert "From before." not in page_of(courier, post)
    courier.php(
        """
        require_once ABSPATH . 'wp-admin/includes/plugin.php';
        deactivate_plugins('rejoinder/rejoinder.php');
        """
    )
    page = page_of(courier, post)
    assert "From before." in page
    assert "wp-comments-post.php" in page
    assert "rejoinder" not in page.lower().replace(courier.slug, "")
    assert courier.php("return wp_next_scheduled('rejoinder_deliver', array('hourly'));") is False
    stored = courier.php(
        """
        define('WP_UNINSTALL_PLUGIN', 'rejoinder/rejoinder.php');
        include WP_PLUGIN_DIR . '/rejoinder/uninstall.php';
        global $wpdb;
        return array(
            $wpdb->get_col("select option_name from $wpdb->options
                where option_name like '%rejoinder%' and option_name not like '\\_transient%'"),
            $wpdb->get_col("select meta_key from $wpdb->postmeta
                where meta_key like '%rejoinder%' union all
                select meta_key from $wpdb->commentmeta where meta_key like '%rejoinder%'"));
        """
    )
    assert stored == [[], []]
