"""What every problem's answer must be."""

import httpx


def check(answer: httpx.Response, status: int, path: str | None = None) -> None:
    """The answer is this problem, and names the field."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"].startswith("/problems/")
    assert problem["request_id"] == answer.headers["x-request-id"]
    if path is not None:
        assert problem["errors"][0]["path"] == path, problem
