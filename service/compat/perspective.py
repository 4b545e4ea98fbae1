"""What Perspective's two methods do: score a comment, and take a correction."""

from collections.abc import Mapping, Sequence

import msgspec

from service.accounts.types import ApiKey
from service.compat import store
from service.compat.attributes import ATTRIBUTES, Attribute, base_language
from service.compat.google_errors import RequestError
from service.compat.passages import Passage, Reading, Utf16
from service.compat.perspective_reading import read_comment
from service.compat.perspective_types import (
    AnalyzeAnswer,
    AnalyzeRequest,
    AttributeScores,
    Score,
    SpanScore,
    SuggestAnswer,
    SuggestRequest,
)
from service.core.db import Pool
from service.screening.assessing import Assessor
from service.screening.learning_types import ExampleLabel
from service.screening.plain import Scored, language
from service.screening.scale import perspective_score

# A suggestion in between says neither.
SURELY, SURELY_NOT = 0.6, 0.4


async def analyze(
    assessor: Assessor, pool: Pool, key: ApiKey, asked: AnalyzeRequest
) -> AnalyzeAnswer:
    """Score one comment by the model of the key's site; raises RequestError and Unavailable."""
    wanted = _requested(asked)
    reading = read_comment(asked.comment, asked.context)
    model = await assessor.model_of(key.site_id)
    [whole] = await assessor.score(model, [reading.text])
    detected = whole.language
    _check_languages(wanted, asked.languages, detected)
    spans = [(_all_of(reading), whole)]
    sentences = reading.sentences() if asked.span_annotations else []
    if len(sentences) == 1:
        spans = [(sentences[0], whole)]
    elif sentences:
        each = await assessor.score(model, [one.text for one in sentences])
        spans = list(zip(sentences, each, strict=True))
    scores = _scores(asked, wanted, whole, spans)
    if key.keeps and not asked.do_not_store:
        await _keep(pool, key, reading.text, scores)
    return AnalyzeAnswer(
        scores, asked.languages or [detected], [detected] if detected != "und" else [],
        asked.client_token,
    )  # fmt: skip


def _requested(asked: AnalyzeRequest) -> dict[str, Attribute]:
    if not asked.requested_attributes:
        raise RequestError("Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES")
    wanted = {}
    for name, parameters in asked.requested_attributes.items():
        attribute = _attribute(name)
        kind = parameters.score_type if parameters else "PROBABILITY"
        if kind not in {"PROBABILITY", "SCORE_TYPE_UNSPECIFIED"}:
            raise RequestError(f"Requested score type {kind} is not supported by attribute {name}")
        wanted[name] = attribute
    return wanted


def _attribute(name: str) -> Attribute:
    attribute = ATTRIBUTES.get(name)
    if attribute is None:
        raise RequestError(f"Unknown requested attribute: {name}")
    return attribute


def _check_languages(
    wanted: Mapping[str, Attribute], requested: Sequence[str], detected: str
) -> None:
    """Raise where an attribute has been learnt in none of the languages.

    What the caller says counts, else what the text is in: the caller may know better.
    """
    if not requested and detected == "und":
        raise RequestError("Unable to detect language", "LANGUAGE_DETECTION_FAILED")
    languages = [base_language(code) for code in requested] or [detected]
    for name, attribute in wanted.items():
        if attribute.languages.isdisjoint(languages):
            listed = list(requested) or [detected]
            told: dict[str, object] = {"attribute": name}
            if requested:
                told["requestedLanguages"] = listed
            raise RequestError(
                f"Attribute {name} does not support request languages: {', '.join(listed)}",
                "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
                languageNotSupportedByAttributeError={**told, "detectedLanguages": [detected]},
            )


def _all_of(reading: Reading) -> Passage:
    """The whole of the source, as one span."""
    return Passage(0, len(reading.source), reading.text)


def _scores(
    asked: AnalyzeRequest,
    wanted: Mapping[str, Attribute],
    whole: Scored,
    spans: Sequence[tuple[Passage, Scored]],
) -> dict[str, AttributeScores]:
    units = Utf16(asked.comment.text)
    places = [(units(passage.begin), units(passage.end), scored) for passage, scored in spans]
    scores = {}
    for name, attribute in wanted.items():
        label = attribute.label
        summary = _score(label, whole)
        parameters = asked.requested_attributes[name]
        if parameters and summary.value < parameters.score_threshold:
            continue
        scores[name] = AttributeScores(
            [
                SpanScore(begin, end, summary if scored is whole else _score(label, scored))
                for begin, end, scored in places
            ],
            summary,
        )
    return scores


def _score(label: str, scored: Scored) -> Score:
    return Score(perspective_score(label, scored.scores[label]))


async def _keep(pool: Pool, key: ApiKey, text: str, scores: Mapping[str, AttributeScores]) -> None:
    summaries = {name: one.summary_score.value for name, one in scores.items() if one.summary_score}
    await store.insert_kept_text(
        pool, key.site_id, key.id, store.storable(text), msgspec.json.encode(summaries)
    )


async def suggest(pool: Pool, key: ApiKey, asked: SuggestRequest) -> SuggestAnswer:
    """Keep what a client says of a comment, for an editor to trust or not; raises RequestError."""
    if not asked.attribute_scores:
        raise RequestError("Missing attribute_scores", "NO_REQUESTED_ATTRIBUTES")
    values = {name: _value(name, one) for name, one in asked.attribute_scores.items()}
    reading = read_comment(asked.comment, asked.context)
    text = store.storable(reading.text)
    said = examples_of(values)
    async with pool.acquire() as conn, conn.transaction():
        for label, score in said:
            await store.put_example(
                conn, key.site_id, key.id, text, label, "suggestscore", score=score
            )
    detected = language(reading.text)
    return SuggestAnswer(
        asked.client_token, [detected] if detected != "und" else [], asked.languages
    )


def _value(name: str, scores: AttributeScores) -> float:
    """What is suggested for the whole: the summary, or else the worst passage."""
    _attribute(name)
    if scores.summary_score is None and not scores.span_scores:
        raise RequestError(f"Missing score for attribute {name}")
    given = [scores.summary_score] if scores.summary_score else []
    each = given or [one.score for one in scores.span_scores]
    if any(not 0.0 <= one.value <= 1.0 for one in each):
        raise RequestError(f"Score for attribute {name} is not between 0 and 1")
    return max(one.value for one in each)


def examples_of(values: Mapping[str, float]) -> list[tuple[ExampleLabel, float]]:
    """What suggested scores say of spam and of abuse, at most once each.

    TOXICITY says it of abuse both ways. Of the finer kinds a high score is abuse, and a low one
    says nothing: what is no threat may be an insult.
    """
    said: list[tuple[ExampleLabel, float]] = []
    spam = [value for name, value in values.items() if ATTRIBUTES[name].label == "spam"]
    whole = [value for name, value in values.items() if ATTRIBUTES[name].label == "abuse"]
    finer = [
        value for name, value in values.items() if ATTRIBUTES[name].label not in {"spam", "abuse"}
    ]
    if spam and not SURELY_NOT < max(spam) < SURELY:
        said.append(("spam" if max(spam) >= SURELY else "ham", max(spam)))
    worst = max(whole or finer, default=0.5)
    if worst >= SURELY:
        said.append(("abuse", worst))
    elif whole and worst <= SURELY_NOT:
        said.append(("fine", worst))
    return said
