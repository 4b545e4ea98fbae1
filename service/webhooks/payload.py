"""What an event tells. No e-mail, no address, and never who has reported.

It is put together when it is sent: a text that has been removed since is not told any more.
"""

from typing import Any

import msgspec


def render(event: dict[str, Any]) -> bytes:
    """The body of one message: `type`, `timestamp` and `data` (Standard Webhooks, "Payload")."""
    data: dict[str, Any] = {"site": event["site"]}
    if event["comment_id"] is not None:
        data |= _told_of_comment(event)
    if event["sanction_id"] is not None:
        data |= _told_of_sanction(event)
    data |= msgspec.json.decode(event["data"], type=dict[str, Any])
    message = {"type": event["kind"], "timestamp": event["created_at"], "data": data}
    return msgspec.json.encode(message)


def _told_of_comment(event: dict[str, Any]) -> dict[str, Any]:
    gone = event["status"] == "removed"
    told: dict[str, Any] = {
        "article": {"key": event["key"], "url": event["url"], "title": event["title"]},
        "comment": {
            "id": event["comment_id"],
            "parent_id": event["parent_id"],
            "author": {"name": event["author_name"], "badge": event["badge"]},
            "status": event["status"],
            "body": None if gone else event["body"],
            "html": None if gone else event["html"],
            "created_at": event["comment_created_at"],
            "edited_at": event["edited_at"],
        },
    }
    if event["actor"] is None:
        return told | {"reports": event["reports"]}
    return told | {
        "status": event["to_status"],
        "previous_status": event["from_status"],
        "reason": event["reason"],
        "actor": event["actor"],
    }


def _told_of_sanction(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "reader": {"id": event["reader_id"], "name": event["reader_name"]},
        "sanction": {
            "id": event["sanction_id"],
            "kind": event["sanction"],
            "reason": event["sanction_reason"],
            "until": event["until"],
            "imposed_at": event["imposed_at"],
            "lifted_at": event["lifted_at"],
        },
    }
