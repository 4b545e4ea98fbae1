"""Keys, origins and addresses of articles: pure functions."""

import hashlib
import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from service.articles.types import Article, Site
from service.core.address import is_loopback
from service.core.problems import Invalid

KEY = re.compile(r"[A-Za-z0-9._~:-]{1,200}")
SLUG = re.compile(r"[a-z0-9](?:-?[a-z0-9]){0,62}")
LONGEST_KEY = 200
HASH_LENGTH = 32

# Parameters that say where a visitor came from and never which page it is.
TRACKING = re.compile(
    r"utm_.*|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|igsh|mc_cid|mc_eid"
    r"|_ga|_gl|_hsenc|_hsmi|mkt_tok|vero_id|wt_mc|ref_src|ref_url|at_medium|at_campaign|cmpid"
)
FOREIGN = re.compile(r"[^\x00-\x7f]+")
DEFAULT_PORTS = {"http": 80, "https": 443}


def check_key(key: str) -> str:
    """The key; raises Invalid where it can't be one."""
    if not KEY.fullmatch(key):
        raise Invalid.field("article", "An article's key is 1 to 200 of A-Z a-z 0-9 . _ ~ : -")
    return key


def check_url(path: str, url: str) -> str:
    """An http or https address with a host; raises Invalid."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    bad = parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.username is not None
    if bad or re.search(r"[\x00-\x20\x7f\ud800-\udfff]", url):
        raise Invalid.field(path, "Expected an http or https address")
    return url


def origin_of(url: str) -> str:
    """The origin of a checked address, as browsers write it (RFC 6454, section 6.1)."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    port = parts.port
    tail = "" if port is None or port == DEFAULT_PORTS.get(parts.scheme) else f":{port}"
    return f"{parts.scheme}://{host}{tail}"


def check_origin(text: str) -> str:
    """A site's origin: https, or http on this machine only; raises Invalid."""
    url = check_url("origin", text.strip())
    parts = urlsplit(url)
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise Invalid.field("origin", f"{text} is more than an origin (https://news.example)")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise Invalid.field("origin", f"{text} must be https; http is for this machine only")
    return origin_of(url)


def normalised_url(url: str) -> str:
    """What two addresses of the same page share.

    Scheme, `www.`, default port, fragment, tracking parameters and trailing slash are dropped,
    the other parameters sorted. A path's letters beyond ASCII are escaped, as browsers do (URL
    Standard, "path percent-encode set"): publishers register an address as people read it.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower().removeprefix("www.").rstrip(".")
    port = parts.port
    tail = "" if port is None or port == DEFAULT_PORTS.get(parts.scheme) else f":{port}"
    kept = [
        pair
        for pair in parse_qsl(parts.query, keep_blank_values=True)
        if not TRACKING.fullmatch(pair[0].lower())
    ]
    query = "?" + urlencode(sorted(kept)) if kept else ""
    path = FOREIGN.sub(lambda letters: quote(letters[0]), parts.path.rstrip("/"))
    return f"{host}{tail}{path}{query}"


def calls_for_support(site: Site, article: Article | None) -> bool:
    """Whether an article's page may ask readers to support the newsroom.

    The article's own switch beats the site's, and a sensitive tag (or section) beats both: what
    switches every article on by a template must not put an appeal under an obituary.
    """
    if article is None:
        return site.support_enabled
    if is_sensitive(site, article):
        return False
    return site.support_enabled if article.support is None else article.support


def is_sensitive(site: Site, article: Article) -> bool:
    """Whether an article has one of the site's sensitive tags, as a tag or as its section."""
    sensitive = {tag.strip().casefold() for tag in site.sensitive_tags}
    labels = {label.strip().casefold() for label in (*article.tags, article.section or "")}
    return bool((sensitive & labels) - {""})


def key_of_url(url: str) -> str:
    """The key of a page whose publisher gives none; the embed makes the same one."""
    return key_of_normalised(normalised_url(url))


def key_of_normalised(url: str) -> str:
    """The same, of an address that is normalised."""
    plain = url.replace("/", "~")
    key = re.sub(r"[^A-Za-z0-9._~:-]", lambda m: "-" + m[0].encode().hex(), plain)
    if len(key) > LONGEST_KEY:
        digest = hashlib.sha256(key.encode()).hexdigest()[:HASH_LENGTH]
        key = key[: LONGEST_KEY - HASH_LENGTH - 1] + "-" + digest
    return key
