"""What a page of a real WordPress shows, whatever the server does."""
# ruff: noqa: RUF001  what readers are told has their apostrophes

import json
import re
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
from courier import Courier
from live import free_port
from newspaper import OLD, forget_pages, grow_old, page_of, wish
from thread import bearer

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
    script = page.replace("'", '"')  # as WordPress wrote attributes before 6.3
    assert re.search(rf'<script type="module"[^>]* src="{courier.live.url}/embed.js"', script)
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
                    Rejoinder\\take_back({post});
                    Rejoinder\\import_next();
                    Rejoinder\\begin_import();
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
