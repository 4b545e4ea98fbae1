"""The filter that docs/switch/wordpress.md gives a site, in PHP, against a running server."""

import asyncio
import json
import re
import shutil
from pathlib import Path

import pytest
from compat.akismet_site import ADDRESS, BLOG, FRIENDLY, SPAM
from live import LiveServer

DOCS = Path(__file__).parents[2] / "docs" / "switch" / "wordpress.md"

# As much of WordPress as the filter and the plugin's own requests need.
WORDPRESS = r"""
$filters = array();
function add_filter($name, $callback, $priority, $arguments) {
    $GLOBALS['filters'][$name] = $callback;
}
function wp_parse_url($url, $component) { return parse_url($url, $component); }
function add_query_arg($name, $value, $query) {
    parse_str($query, $fields);
    $fields[$name] = $value;
    return http_build_query($fields);
}
function wp_remote_request($url, $request) {
    $answer = $GLOBALS['filters']['pre_http_request'](false, $request, $url);
    if ($answer !== false) return $answer;
    $GLOBALS['asked'][] = $url;
    $headers = '';
    foreach ($request['headers'] as $name => $value) $headers .= "$name: $value\r\n";
    $options = array('method' => 'POST', 'content' => $request['body'], 'header' => $headers,
        'ignore_errors' => true);
    $body = file_get_contents($url, false, stream_context_create(array('http' => $options)));
    return array('headers' => $http_response_header, 'body' => $body);
}
function ask($path, $fields) {
    $body = http_build_query($fields) . '&api_key=123456789abc';
    $headers = array('Content-Type' => 'application/x-www-form-urlencoded; charset=UTF-8',
        'Host' => 'rest.akismet.com', 'User-Agent' => 'WordPress/6.8 | Akismet/5.5');
    $request = array('body' => $body, 'headers' => $headers, 'httpversion' => '1.0');
    return wp_remote_request("https://rest.akismet.com/1.1/$path", $request)['body'];
}
"""

PLUGIN_ASKS = r"""
$comment = array('blog' => BLOG, 'user_ip' => ADDRESS, 'user_agent' => 'Mozilla/5.0',
    'referrer' => BLOG . '/a', 'permalink' => BLOG . '/a', 'blog_charset' => 'UTF-8',
    'comment_context' => array('sport', 'city'), 'is_test' => 'true');
echo json_encode(array(
    'key' => ask('verify-key', array('key' => '123456789abc', 'blog' => BLOG)),
    'account' => json_decode(ask('get-subscription', array('key' => '123456789abc')))->status,
    'friendly' => ask('comment-check', $comment + array('comment_content' => FRIENDLY)),
    'spam' => ask('comment-check', $comment + array('comment_content' => SPAM)),
    'said' => ask('submit-spam', $comment + array('comment_content' => 'Grüße & mehr #1?')),
    'elsewhere' => $filters['pre_http_request'](false, array(), 'https://akismet.com/x'),
    'alike' => $filters['pre_http_request'](false, array(), 'https://rest.akismet.com.x.example/'),
    'answered' => $filters['pre_http_request']('before', array(), 'https://rest.akismet.com/'),
    'asked' => array_unique(array_map(fn($url) => parse_url($url, PHP_URL_HOST), $asked)),
));
"""


async def test_the_filter_for_wordpress_asks_rejoinder(
    live_server: LiveServer, tmp_path: Path
) -> None:
    php = shutil.which("php")
    if php is None:
        pytest.skip("PHP IS MISSING: the filter for WordPress was not tried (install php-cli)")
    found = re.search(r"```php\n(<\?php.*?)```", DOCS.read_text(), re.DOTALL)
    assert found
    plugin = (
        found[1]
        .replace("https://comments.example.org", live_server.url)
        .replace("rk…", live_server.publisher_key)
    )
    constants = "".join(
        f"const {name} = {json.dumps(value)};\n"
        for name, value in (
            ("BLOG", BLOG), ("ADDRESS", ADDRESS), ("FRIENDLY", FRIENDLY),
            ("SPAM", SPAM.replace("$", "")),
        )
    )  # fmt: skip
    script = tmp_path / "site.php"
    opened, rest = plugin.split("\n", 1)
    script.write_text(f"{opened}\n{WORDPRESS}{rest}\n{constants}{PLUGIN_ASKS}")
    process = await asyncio.create_subprocess_exec(
        php, script, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, (out, errors)
    assert json.loads(out) == {
        "key": "valid",
        "account": "active",
        "friendly": "false",
        "spam": "true",
        "said": "Thanks for making the web a better place.",
        "elsewhere": False,
        "alike": False,
        "answered": "before",
        "asked": ["127.0.0.1"],
    }
