"""A network of two blogs, whose posts have the same numbers: neither hears of the other."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import folder_for_databases
from courier import Courier
from live import LiveServer
from newspaper import OLD, article_of, page_of, step, wish
from wordpress import run_wordpress

POST = 17  # of both
LEFT = """
global $wpdb;
return array(
    $wpdb->get_col("select option_name from $wpdb->options where option_name like '%rejoinder%'"),
    $wpdb->get_col("select meta_key from $wpdb->postmeta where meta_key like '%rejoinder%'"),
    $wpdb->get_col("select meta_key from $wpdb->commentmeta where meta_key like '%rejoinder%'"),
    strpos(serialize(_get_cron_array()), 'rejoinder'),
);
"""


@pytest.fixture(scope="module")
def blogs(live_server: LiveServer) -> Iterator[list[Courier]]:
    """Two blogs with the plugin active for both, and a site of the service each."""
    with (
        tempfile.TemporaryDirectory(prefix="couriers-", dir=folder_for_databases()) as name,
        run_wordpress(Path(name)) as wordpress,
    ):
        second = wordpress.make_network("/second")
        both = [Courier(wordpress, live_server), Courier(second, live_server)]
        both[0].unpack()
        for blog in both:
            blog.set_up(network=True, mirror=True)
        yield both
        assert wordpress.complaints() == []


def comments_of(courier: Courier, post: int) -> list[str]:
    """WordPress's own, as its table has them."""
    found: list[str] = courier.php(
        f"return wp_list_pluck(get_comments(array('post_id' => {post})), 'comment_content');"
    )
    return found


def test_each_blog_of_a_network_has_its_own(blogs: list[Courier]) -> None:
    for blog, name in zip(blogs, ("first", "second"), strict=True):
        post = blog.publish(f"The {name} ferry", import_id=POST, **wish(wanted="1"))
        assert post == POST
        article = article_of(blog, post)
        assert article
        assert article["title"] == f"The {name} ferry"
        blog.php(f"{OLD} $add({post}, array('comment_content' => 'Of old, {name}'));")
        blog.php(
            """
            Rejoinder\\begin_import();
            while ('done' !== Rejoinder\\import_next()['phase']);
            """
        )
        blog.comment(post, f"Of late, {name}")
    for blog, name, other in zip(blogs, ("first", "second"), ("second", "first"), strict=True):
        step(blog)
        assert sorted(comments_of(blog, POST)) == [f"Of late, {name}", f"Of old, {name}"]
        page = page_of(blog, POST)
        assert f"Of late, {name}" in page
        assert f"Of late, {other}" not in page
    # Switched off in one request, and taken away: of either blog nothing is left but comments.
    blogs[0].php(
        """
        require_once ABSPATH . 'wp-admin/includes/admin.php';
        deactivate_plugins('rejoinder/rejoinder.php', false, true);
        """
    )
    for blog in blogs:
        *_, scheduled = blog.php(LEFT)
        assert scheduled is False
    blogs[0].php(
        """
        require_once ABSPATH . 'wp-admin/includes/admin.php';
        uninstall_plugin('rejoinder/rejoinder.php');
        """
    )
    for blog in blogs:
        assert blog.php(LEFT) == [[], [], [], False]
        assert len(comments_of(blog, POST)) == 2
