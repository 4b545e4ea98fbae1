"""What the service and the pages say of a newspaper on WordPress."""

from typing import Any

import httpx
from courier import Courier
from thread import bearer

OLD = """
$add = function ($post, $fields) {
    return wp_insert_comment($fields + array('comment_post_ID' => $post, 'comment_author' => 'Ann',
        'comment_author_email' => 'ann@old.example', 'comment_date_gmt' => '2019-03-04 05:06:07'));
};
"""


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


def page_if_any(courier: Courier, post: int) -> str:
    return httpx.get(f"{courier.url}/?p={post}", follow_redirects=True).text


def wish(**fields: Any) -> dict[str, Any]:
    return {"meta_input": {"_rejoinder_alert": fields}}


def step(courier: Courier) -> None:
    courier.php("do_action('rejoinder_mirror');")
