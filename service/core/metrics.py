"""Prometheus metrics, all in one place so that a test can hold that each is documented."""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("rejoinder_requests_total", "HTTP requests", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "rejoinder_request_seconds",
    "Time to answer a request",
    ["route"],
    buckets=(0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10),
)
COMMENTS = Counter("rejoinder_comments_total", "Comments taken, by verdict", ["verdict"])
SCREENING_FAILURES = Counter(
    "rejoinder_screening_failures_total", "Screening checks that raised", ["check"]
)
DECISIONS = Counter("rejoinder_decisions_total", "Moderators' decisions, by action", ["action"])
THREAD_CACHE = Counter(
    "rejoinder_thread_cache_total", "Thread reads, by cache outcome", ["outcome"]
)
THREAD_CACHE_BYTES = Gauge(
    "rejoinder_thread_cache_bytes",
    "Bytes of rendered threads kept",
    multiprocess_mode="livesum",
)
LISTENING = Gauge(
    "rejoinder_listening",
    "1 while change notices arrive, 0 while reads bypass the cache",
    multiprocess_mode="livemin",
)
JOBS = Counter("rejoinder_jobs_total", "Background jobs, by outcome", ["job", "outcome"])
DELIVERIES = Counter("rejoinder_deliveries_total", "Push messages, by outcome", ["outcome"])
PUSH_REFUSALS = Counter(
    "rejoinder_push_refusals_total", "Push messages refused for good, by whose fault", ["why"]
)
BOUNCES = Counter(
    "rejoinder_bounces_total", "Returned mail and complaints, by what became of it", ["outcome"]
)
MAILS = Counter("rejoinder_mails_total", "E-mails, by outcome", ["kind", "outcome"])
WEBHOOKS = Counter("rejoinder_webhooks_total", "Webhook messages, by outcome", ["outcome"])
FEEDS = Counter("rejoinder_feeds_total", "Polls of feeds, by outcome", ["outcome"])
EXTERNAL_CHECKS = Counter(
    "rejoinder_external_checks_total", "Questions to checks elsewhere, by outcome", ["outcome"]
)
RETRAININGS = Counter("rejoinder_retrainings_total", "Retrainings, by outcome", ["outcome"])
SITE_MODELS = Counter(
    "rejoinder_site_models_total", "Sites' models taken into use, or why not", ["outcome"]
)
NOTICES = Counter("rejoinder_notices_total", "Alarms and digests announced", ["notice"])
