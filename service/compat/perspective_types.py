"""Requests and answers of Perspective's protocol, as its clients send and read them."""

from typing import Any, Literal

import msgspec

TextType = Literal["TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML"]


class TextEntry(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True
):
    """A body of text."""

    text: str = ""
    type: str = "PLAIN_TEXT"


class ArticleAndParentComment(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True
):
    """What a comment answers: its article, and the comment above it."""

    article: TextEntry | None = None
    parent_comment: TextEntry | None = None


class Context(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What a comment refers to: one of both. Neither we nor the original make use of it."""

    entries: list[TextEntry] = []
    article_and_parent_comment: ArticleAndParentComment | None = None


class AttributeParameters(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """How one attribute is asked for; below the threshold it is left out of the answer."""

    score_type: str = "PROBABILITY"
    score_threshold: float = 0.0


class AnalyzeRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`comments:analyze`."""

    comment: TextEntry = TextEntry()
    requested_attributes: dict[str, AttributeParameters | None] = {}
    languages: list[str] = []
    context: Context | None = None
    do_not_store: bool = False
    span_annotations: bool = False
    client_token: str = ""
    session_id: str = ""
    community_id: str = ""


class Score(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A probability. A client that suggests one may leave its type out."""

    value: float = 0.0
    type: str = "PROBABILITY"


class SpanScore(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The score of a passage: UTF-16 code units from `begin` to before `end`."""

    begin: int = 0
    end: int = 0
    score: Score = Score()


class AttributeScores(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True
):
    """One attribute's scores."""

    span_scores: list[SpanScore] = []
    summary_score: Score | None = None


class SuggestRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`comments:suggestscore`."""

    comment: TextEntry = TextEntry()
    attribute_scores: dict[str, AttributeScores] = {}
    languages: list[str] = []
    context: Context | None = None
    client_token: str = ""
    session_id: str = ""
    community_id: str = ""


class AnalyzeAnswer(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Without `attributeScores` where no score reaches its threshold, as the original has it."""

    attribute_scores: dict[str, AttributeScores] = {}
    languages: list[str] = []
    detected_languages: list[str] = []
    client_token: str = ""


class SuggestAnswer(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What a suggestion is answered."""

    client_token: str = ""
    detected_languages: list[str] = []
    requested_languages: list[str] = []


class ErrorBody(msgspec.Struct, frozen=True):
    """Google's shape of an error (google.rpc.Status in JSON)."""

    code: int
    message: str
    status: str
    details: list[dict[str, Any]]


class ErrorAnswer(msgspec.Struct, frozen=True):
    """The body of an error answer."""

    error: ErrorBody
