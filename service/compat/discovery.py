"""The description of Perspective's protocol that Google's client libraries build themselves from.

In the format of Google's API discovery service, version 1; made from the request types.
"""

import functools
from typing import Any, Literal, get_args, get_origin

import msgspec
from msgspec.structs import fields

from service.compat import perspective_types as types

NAMES: dict[type[msgspec.Struct], str] = {
    types.AnalyzeRequest: "AnalyzeCommentRequest",
    types.AnalyzeAnswer: "AnalyzeCommentResponse",
    types.SuggestRequest: "SuggestCommentScoreRequest",
    types.SuggestAnswer: "SuggestCommentScoreResponse",
    types.TextEntry: "TextEntry",
    types.Context: "Context",
    types.ArticleAndParentComment: "ArticleAndParentComment",
    types.AttributeParameters: "AttributeParameters",
    types.AttributeScores: "AttributeScores",
    types.SpanScore: "SpanScore",
    types.Score: "Score",
}
ENUMS: dict[str, tuple[str, ...]] = {
    "TextEntry.type": get_args(types.TextType),
    "Score.type": ("SCORE_TYPE_UNSPECIFIED", "PROBABILITY"),
    "AttributeParameters.scoreType": ("SCORE_TYPE_UNSPECIFIED", "PROBABILITY"),
}
PLAIN: dict[Any, dict[str, str]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer", "format": "int32"},
    float: {"type": "number", "format": "float"},
}


@functools.lru_cache(maxsize=8)
def description(root: str) -> dict[str, Any]:
    """The document, for a service whose address is `root` (without a slash at its end)."""
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": "commentanalyzer:v1alpha1",
        "name": "commentanalyzer",
        "version": "v1alpha1",
        "revision": "20261129",
        "title": "Rejoinder, as Perspective's Comment Analyzer",
        "description": "Scores comments with the newsroom's own classifier.",
        "protocol": "rest",
        "rootUrl": f"{root}/",
        "servicePath": "",
        "baseUrl": f"{root}/",
        "basePath": "",
        "batchPath": "batch",
        "parameters": _parameters(),
        "resources": {"comments": {"methods": {
            "analyze": _method("analyze", types.AnalyzeRequest, types.AnalyzeAnswer),
            "suggestscore": _method("suggestscore", types.SuggestRequest, types.SuggestAnswer),
        }}},
        "schemas": {name: _schema(kind, name) for kind, name in NAMES.items()},
    }  # fmt: skip


def _parameters() -> dict[str, Any]:
    told = {
        "key": "The key of this client, of scope classify.",
        "alt": "Only json is answered.",
        "fields": "Taken, and ignored: every field is answered.",
        "prettyPrint": "Taken, and ignored.",
        "quotaUser": "Taken, and ignored: quotas are a key's.",
        "$.xgafv": "Taken, and ignored.",
    }
    return {
        name: {"type": "string", "location": "query", "description": text}
        for name, text in told.items()
    }


def _method(
    name: str, request: type[msgspec.Struct], response: type[msgspec.Struct]
) -> dict[str, Any]:
    return {
        "id": f"commentanalyzer.comments.{name}",
        "path": f"v1alpha1/comments:{name}",
        "flatPath": f"v1alpha1/comments:{name}",
        "httpMethod": "POST",
        "parameters": {},
        "parameterOrder": [],
        "request": {"$ref": NAMES[request]},
        "response": {"$ref": NAMES[response]},
    }


def _schema(kind: type[msgspec.Struct], name: str) -> dict[str, Any]:
    properties = {}
    for field in fields(kind):
        described = _type(field.type)
        if values := ENUMS.get(f"{name}.{field.encode_name}"):
            described = {**described, "enum": list(values)}
        properties[field.encode_name] = described
    text = " ".join((kind.__doc__ or "").split())
    return {"id": name, "type": "object", "description": text, "properties": properties}


def _type(kind: Any) -> dict[str, Any]:  # noqa: ANN401 (a field's annotation)
    if kind in NAMES:
        return {"$ref": NAMES[kind]}
    if kind in PLAIN:
        return dict(PLAIN[kind])
    origin, inner = get_origin(kind), get_args(kind)
    if origin is list:
        return {"type": "array", "items": _type(inner[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _type(inner[1])}
    if origin is Literal:
        return {"type": "string", "enum": list(inner)}
    # What may be left out.
    return _type(next(one for one in inner if one is not type(None)))
