"""Alerts of posts in a real WordPress: once, by whom, when, and taken back."""

import json

import httpx
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
