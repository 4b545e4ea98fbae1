"""Every setting, problem, job and metric is documented, and the description of the API is whole."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.metrics import MetricWrapperBase

from service.app import ENDPOINTS
from service.core import metrics
from service.core.problems import Problem

ROOT = Path(__file__).parents[2]
OPERATE = ROOT / "docs" / "operate.md"


def settings_read() -> list[str]:
    text = (ROOT / "service" / "settings.py").read_text()
    return sorted(set(re.findall(r'"(REJOINDER_\w+|DATABASE_URL)"', text)))


def problems(of: type[Problem] = Problem) -> list[type[Problem]]:
    return [kind for sub in of.__subclasses__() for kind in [sub, *problems(sub)]]


@pytest.mark.parametrize("name", settings_read())
def test_a_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in OPERATE.read_text()


@pytest.mark.parametrize("kind", problems(), ids=lambda kind: kind.slug())
def test_a_problem_is_documented(kind: type[Problem]) -> None:
    assert f"`{kind.slug()}`" in OPERATE.read_text()
    assert kind.title()


@pytest.mark.parametrize(
    "metric", [m for m in vars(metrics).values() if isinstance(m, MetricWrapperBase)], ids=str
)
def test_a_metric_is_documented(metric: MetricWrapperBase) -> None:
    assert f"`{metric.describe()[0].name}" in OPERATE.read_text()


def test_every_job_is_documented() -> None:
    names = set()
    for path in (ROOT / "service").rglob("jobs.py"):
        names |= set(re.findall(r'(?:Job|Tick)\(\s*"([a-z.-]+)"', path.read_text()))
        names |= set(re.findall(r'_JOB = "([a-z.-]+)"', path.read_text()))
    assert names
    for name in names:
        assert f"`{name}`" in OPERATE.read_text(), name


async def test_the_description_names_every_endpoint(client: httpx.AsyncClient) -> None:
    described: dict[str, Any] = (await client.get("/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    for endpoint in ENDPOINTS:
        operation = described["paths"][endpoint.path][endpoint.method.lower()]
        assert operation["summary"]
        assert ("security" in operation) == (endpoint.access != "public")
        assert ("requestBody" in operation) == (endpoint.body is not None)
    names = {o["operationId"] for path in described["paths"].values() for o in path.values()}
    assert len(names) == len(ENDPOINTS)
    page = await client.get("/docs")
    assert all(endpoint.path in page.text for endpoint in ENDPOINTS)


async def test_health_and_readiness(client: httpx.AsyncClient, state: dict[str, Any]) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["migrations"]) == (200, "ok")
    await state["pool"].execute("update alembic_version set version_num = '0001'")
    behind = await client.get("/readyz")
    assert behind.status_code == 503
    assert "expected" in behind.json()["migrations"]
    text = (await client.get("/metrics")).text
    assert "rejoinder_requests_total" in text
