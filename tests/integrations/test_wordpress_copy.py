"""WordPress's own comments: brought over, kept in step, left behind."""
# ruff: noqa: RUF001  what readers are told has their apostrophes

from typing import Any

import httpx
from courier import Courier
from live import free_port
from newspaper import OLD, page_of, step
from thread import bearer

from service.core.db import uuid7

GOOD = "It is <em>good</em> to have a copy.\n\n- of all\n- of it"


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
        do {{
            $state = Rejoinder\\import_next();
        }} while (!$state['sent']);
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


def test_what_is_imported_after_a_copy_began_is_in_it(courier: Courier) -> None:
    courier.set_up(mirror=True)
    post = courier.publish("From elsewhere")
    courier.comment(post, "A word about the harbour and its crane.")
    courier.php("delete_option('rejoinder_mirror');")
    step(courier)
    # As if it had been long ago: the cursor is past all that was written by now.
    courier.php(
        f"""
        $state = get_option('rejoinder_mirror');
        $state['cursor'] = '{uuid7()}' . substr($state['cursor'], 36);
        update_option('rejoinder_mirror', $state);
        """
    )
    old = {"article": str(post), "name": "Dis", "created_at": "2014-03-04 05:06:07"}
    older = {**old, "created_at": "2014-03-04 05:06:06"}
    courier.api(
        "POST",
        "imports/disqus",
        json={
            "articles": [{"id": str(post), "key": str(post), "url": f"{courier.url}/?p={post}"}],
            "comments": [
                {"id": "901", "body": "From another system.", **old},
                # Told before what it answers: dates say the order.
                {"id": "902", "body": "An answer from there.", "parent": "901", **older},
            ],
        },
    ).raise_for_status()
    courier.php(
        """
        require_once ABSPATH . 'wp-admin/includes/plugin.php';
        deactivate_plugins('rejoinder/rejoinder.php');
        """
    )
    assert sorted(row[2:] for row in copies(courier, post)) == [
        ["A word about the harbour and its crane.", ""],
        ["An answer from there.", "From another system."],
        ["From another system.", ""],
    ]


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
