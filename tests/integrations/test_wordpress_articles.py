"""What the server is told of posts: published, changed, moved, taken back, refused."""
# ruff: noqa: RUF001  what readers are told has their apostrophes

import json
import struct

from courier import Courier
from live import free_port
from newspaper import alerts_of, article_of, page_if_any, step, wish


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


def jpeg(credit: str) -> bytes:
    """A picture as far as its header, with the credit in it (IPTC-IIM, 2:110)."""
    block = b"\x1c\x02\x6e" + struct.pack(">H", len(credit)) + credit.encode()
    data = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", len(block)) + block
    app13 = b"\xff\xed" + struct.pack(">H", len(data) + 3) + data + b"\0"
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, 600, 900, 1) + b"\1\x11\0"
    return b"\xff\xd8" + (app13 if credit else b"") + frame + b"\xff\xd9"


def test_a_picture_comes_with_its_credit(courier: Courier) -> None:
    pictures = courier.php(
        f"""
        require_once ABSPATH . 'wp-admin/includes/image.php';
        $folder = wp_upload_dir()['path'];
        $made = array();
        foreach (array('plain' => '{jpeg("").hex()}', 'credited' => '{jpeg("Ana Lima").hex()}')
            as $name => $hex) {{
            file_put_contents("$folder/$name.jpg", hex2bin($hex));
            $made[$name] = wp_insert_attachment(
                array('post_mime_type' => 'image/jpeg', 'post_title' => $name), "$folder/$name.jpg"
            );
            wp_update_attachment_metadata(
                $made[$name], wp_generate_attachment_metadata($made[$name], "$folder/$name.jpg")
            );
        }}
        return $made;
        """
    )
    bare = courier.publish("No picture")
    article = article_of(courier, bare)
    assert article
    told = courier.api("PUT", f"articles/{bare}", json={"url": article["url"], "title": "T"}).json()
    assert (told["article"]["image"], told["article"]["image_credit"]) == (None, None)

    def credit(picture: str, caption: str, *, field: str = "") -> str | None:
        """What the server knows of a post with this picture, saved once more."""
        quoted = json.dumps(caption, ensure_ascii=False)
        courier.php(
            f"""
            wp_update_post(wp_slash(array(
                'ID' => {pictures[picture]}, 'post_excerpt' => {quoted}
            )));
            update_post_meta({pictures[picture]}, 'photographer', {json.dumps(field)});
            add_filter('rejoinder_image_credit', function ($credit, $picture, $post) {{
                return get_post_meta($picture, 'photographer', true) ?: $credit;
            }}, 10, 3);
            set_post_thumbnail({post}, {pictures[picture]});
            wp_update_post(array('ID' => {post}));
            """
        )
        told = courier.api("PUT", f"articles/{post}", json={"url": url, "title": "T"}).json()
        assert f"/{picture}" in told["article"]["image"]
        found: str | None = told["article"]["image_credit"]
        return found

    post = courier.publish("With a picture")
    article = article_of(courier, post)
    assert article
    url = article["url"]
    assert credit("credited", "Photo: somebody else") == "Ana Lima"
    assert credit("plain", "The photographer: a bridge, and who built it (1889)") is None
    for caption, expected in (
        ("Photo: Jane Doe", "Photo: Jane Doe"),
        ("The bridge. (Photo by Jane Doe/AP)", "Photo by Jane Doe/AP"),
        ("Die Brücke. Foto: Jané Döe (dpa)", "Foto: Jané Döe (dpa)"),
        ("Most. Fot. Jan Kowalski", "Fot. Jan Kowalski"),
        ("Le pont. <em>Crédit photo : J. Doe &amp; fils</em>", "Crédit photo : J. Doe & fils"),
        ("Мост. Фото: Анна Лима", "Фото: Анна Лима"),
        ("The bridge © J. Doe 2026", "© J. Doe 2026"),
        ("Photo: " + "x" * 300, "Photo: " + "x" * 193),
        ("Photo:", None),
    ):
        assert credit("plain", caption) == expected, caption
    assert credit("credited", "", field=" <b>Theme's</b> own ") == "Theme's own"


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


def test_posts_of_before_are_registered_by_the_import_and_nobody_alerted(courier: Courier) -> None:
    courier.set_up(alert_default=True)
    made = courier.php(
        """
        // As posts are that were there before the plugin, or came in by SQL.
        remove_action('wp_after_insert_post', 'Rejoinder\\\\on_saved', 20);
        $add = function ($title, $fields = array()) {
            return wp_insert_post($fields + array('post_title' => $title, 'post_content' => 'Told.',
                'post_status' => 'publish', 'post_date' => '2024-05-06 07:08:09'));
        };
        $section = wp_insert_term('Archive', 'category');
        $made = array(
            'full' => $add('In full', array('post_category' => array($section['term_id']),
                'tags_input' => array('archived'), 'post_excerpt' => 'All of it.')),
            'wanted' => $add('Never sent', array('meta_input' =>
                array('_rejoinder_alert' => array('wanted' => '1')))),
            'closed' => $add('Closed', array('comment_status' => 'closed')),
            'page' => $add('Page', array('post_type' => 'page')),
            'draft' => $add('Draft', array('post_status' => 'draft')),
            'protected' => $add('Protected', array('post_password' => 'hush')),
            'refused' => $add('Refused'),
        );
        for ($n = 0; $n < 100; $n++) $last = $add("Old news $n");
        return $made + array('last' => $last);
        """
    )
    state = courier.php(
        f"""
        add_filter('post_link', function ($url, $post) {{
            return {made["refused"]} === $post->ID ? 'ftp://courier.example/' : $url;
        }}, 10, 2);
        $before = Rejoinder\\begin_import();
        Rejoinder\\import_next();
        // Killed before it could note the first batch.
        update_option('rejoinder_import', $before);
        do {{
            $state = Rejoinder\\import_next();
        }} while (!is_wp_error($state) && 'done' !== $state['phase']);
        return array($state, Rejoinder\\import_told($state)['faults']);
        """
    )
    assert state[0]["posts"] == state[0]["posts_total"] - 1
    assert state[0]["refused"] == 1
    assert state[1][0][0].startswith("Post “Refused”: $.url: ")
    for name in ("draft", "protected", "refused"):
        assert article_of(courier, made[name]) is None, name
    for name in ("full", "wanted", "closed", "page", "last"):
        article = article_of(courier, made[name])
        assert article, name
        assert article["open"] is (name not in {"closed", "page"})  # as pages are in WordPress
        assert alerts_of(courier, made[name]) == []
    url = courier.php(f"return get_permalink({made['full']});")
    told = courier.api("PUT", f"articles/{made['full']}", json={"url": url, "title": "T"}).json()
    article = told["article"]
    assert (article["section"], article["tags"]) == ("Archive", ["archived"])
    assert article["summary"] == "All of it."
    assert article["published_at"] == "2024-05-06T05:08:09Z"
    # It is known here as one that was published: an update is told, and so is its end.
    courier.php(f"wp_trash_post({made['full']});")
    after = article_of(courier, made["full"])
    assert after
    assert after["open"] is False


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
    # The schedule is at it as well, and with the same.
    courier.php("do_action('rejoinder_deliver');")
    assert courier.php("return get_option('rejoinder_trouble');") == state[1]
    # Further failures come less often.
    courier.php(
        """
        $trouble = get_option('rejoinder_trouble');
        $trouble['at'] -= 60;
        update_option('rejoinder_trouble', $trouble);
        do_action('rejoinder_deliver');
        """
    )
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
