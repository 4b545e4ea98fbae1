"""Alerts of posts in a real WordPress: once, by whom, when, and taken back."""

import json

import httpx
import pytest
from courier import Courier
from newspaper import alerts_of, article_of, wish


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


def lost(path: str) -> str:
    """The server does what it is asked, and its answer from an address with this end is lost."""
    return f"""
        add_filter('http_response', function ($answer, $args, $url) {{
            return preg_match('#{path}$#', $url) ? new WP_Error('lost', 'Lost.') : $answer;
        }}, 10, 3);
        {later()}
        """


def later() -> str:
    """What the tests' server would send at once waits."""
    return """
        add_filter('http_request_args', function ($args, $url) {
            if (preg_match('#/alerts$#', $url)) {
                $later = array('send_at' => '2027-01-01T00:00:00Z');
                $args['body'] = wp_json_encode(json_decode($args['body'], true) + $later);
            }
            return $args;
        }, 10, 2);
        """


def test_a_post_taken_back_takes_its_alert_back(courier: Courier) -> None:
    post = courier.publish("Too early", comment_status="closed", **wish(wanted="1"))
    [alert] = alerts_of(courier, post)
    later = {"article": str(post), "edition": 2, "send_at": "2027-01-01T00:00:00Z"}
    waiting = courier.api("POST", "alerts", json=later).json()
    courier.php(f"Rejoinder\\note_alert({post}, 2, json_decode('{json.dumps(waiting)}', true));")
    courier.php(f"wp_trash_post({post});")
    states = {one["edition"]: one["state"] for one in alerts_of(courier, post)}
    assert states[2] == "cancelled"
    assert alert["edition"] == 1


def publish_and_lose(courier: Courier, path: str) -> int:
    """A post to be alerted, the answer to one of its requests lost; the outbox waits by now."""
    post: int = courier.php(
        lost(path)
        + """
        return wp_insert_post(array('post_title' => uniqid('A slip '), 'post_content' => 'x',
            'post_status' => 'publish', 'meta_input' => array('_rejoinder_alert' =>
                array('wanted' => '1', 'title' => '', 'edition' => 1))));
        """
    )
    assert courier.php("return get_option('rejoinder_trouble')['message'];").endswith("Lost.")
    return post


def test_a_post_in_the_place_of_one_taken_back_is_alerted(courier: Courier) -> None:
    slip = {"post_title": "In haste", "post_content": "x", "post_status": "publish"}
    slip |= wish(wanted="1", title="", edition=1)
    publish = later() + f"return wp_insert_post(json_decode({json.dumps(json.dumps(slip))}, true));"
    first = courier.php(publish)
    courier.php(f"wp_trash_post({first});")
    # Of the same title: WordPress gives it the address of the one in the trash.
    second = courier.php(publish)
    urls = courier.php(
        f"return array(get_permalink({second}), Rejoinder\\sent_of({first})['url']);"
    )
    assert urls[0] == urls[1]
    # The thread goes on, and whatever has every post told anew leaves it alone.
    courier.php("Rejoinder\\all_due(); do_action('rejoinder_deliver');")
    article = article_of(courier, first)
    assert article
    assert (article["open"], article["url"]) == (True, urls[0])
    alerts = {one["edition"]: one["state"] for one in alerts_of(courier, first)}
    assert alerts == {1: "cancelled", 2: "scheduled"}
    box = courier.php(
        f"wp_set_current_user(1); return Rejoinder\\alert_field(array('id' => {second}));"
    )
    assert (box["edition"], box["states"]) == (2, ["Edition 2: on its way."])
    # What the desk cancels stays cancelled, though the answer was lost.
    third = publish_and_lose(courier, "/alerts")
    [alert] = alerts_of(courier, third)
    courier.api("DELETE", f"alerts/{alert['id']}")
    courier.php(f"Rejoinder\\send_post({third});")
    assert [one["state"] for one in alerts_of(courier, third)] == ["cancelled"]


@pytest.mark.parametrize(
    "taken_back",
    [
        "wp_trash_post({})",
        "wp_delete_post({}, true)",
        "wp_update_post(array('ID' => {}, 'post_status' => 'private'))",
        "wp_update_post(array('ID' => {}, 'post_password' => 'hush'))",
    ],
)
def test_an_alert_whose_answer_was_lost_is_taken_back(courier: Courier, taken_back: str) -> None:
    post = publish_and_lose(courier, "/alerts")
    assert [one["state"] for one in alerts_of(courier, post)] == ["scheduled"]
    # At once: the alert waits for seconds, and the next try would come in a minute.
    courier.php(taken_back.format(post) + ";")
    assert [one["state"] for one in alerts_of(courier, post)] == ["cancelled"]
    article = article_of(courier, post)
    assert article
    assert article["open"] is False


def test_a_post_whose_registration_was_lost_is_taken_back(courier: Courier) -> None:
    post = publish_and_lose(courier, r"/articles/\\d+")
    article = article_of(courier, post)
    assert article
    courier.php(f"wp_update_post(array('ID' => {post}, 'post_status' => 'draft'));")
    after = article_of(courier, post)
    assert after
    assert after == {**article, "open": False}
    # Nothing is there to be told of a draft that never was public.
    assert courier.php(f"return get_post_meta({post}, '_rejoinder_due', true);") == ""
