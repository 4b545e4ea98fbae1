"""The classifier, loaded once a process: inline while texts are short, off the loop when long."""

import asyncio
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import structlog
from msgspec.structs import replace

from classifiers import Model, Scored, load
from classifiers.language import learnt
from service.core.db import Pool
from service.core.events import Events
from service.core.metrics import SCREENING_FAILURES
from service.screening.plain import classify_text
from service.screening.site_models import SiteModels
from service.screening.types import Scores, Span, Threshold

log = structlog.get_logger("rejoinder.scorer")

INLINE = 2000  # characters: about a millisecond of work, less than a thread's hand-over costs
WORTH_EXPLAINING = 0.3  # probability from which a moderator may ask why
TIME_LIMIT = 5.0  # seconds after which a comment is held rather than waited for


class Classifier(Protocol):
    """What the scorer needs of a model."""

    id: str

    def thresholds_in(self, language: str) -> dict[str, dict[str, float]]:
        """Answer from which scores texts in a language are held, by label."""

    def score(
        self, texts: Sequence[str], *, evidence: bool = False, evidence_from: float = 0.0
    ) -> list[Scored]:
        """Score texts in order; evidence of the labels whose scores reach `evidence_from`."""


class Scorer:
    """Scores texts and never raises: a failure is an answer, and holds the comment."""

    def __init__(self, model: Classifier | None = None, error: str = "not loaded") -> None:
        """`model` None: every answer says `error`."""
        self.model = model
        self._sites: SiteModels | None = None
        self._error = error

    @classmethod
    def loaded(cls) -> "Scorer":
        """With the model that ships in the package; without one where it can't be read."""
        try:
            model: Model = load()
            # Its tables are read at the first use, and no reader should wait for that.
            model.score(["The first comment of the day."], evidence=True)
        except Exception as error:
            log.exception("the classifier does not load")
            return cls(None, f"not loaded: {type(error).__name__}")
        return cls(model)

    def for_sites(self, pool: Pool, events: Events) -> "Scorer":
        """The same scorer, with each site's own model in this database over the shared one."""
        own = Scorer(self.model, self._error)
        if isinstance(self.model, Model):
            own._sites = SiteModels(self.model, pool, events)
        return own

    def thresholds_in(self, language: str) -> dict[str, Threshold]:
        """The model's own thresholds for texts in a language, by label; none without a model."""
        levels = self.model.thresholds_in(language) if self.model else {}
        return {label: Threshold(**level) for label, level in levels.items()}

    async def model_of(self, site_id: UUID | None = None) -> Classifier | None:
        """The model that scores for a site; None where there is none at all."""
        if self.model is not None and site_id is not None and self._sites is not None:
            return await self._sites.of(site_id)
        return self.model

    async def score(self, text: str, site_id: UUID | None = None) -> Scores:
        """Scores and language of one text, and the evidence for labels that are in question.

        By the site's live model, where the site is told and has one, else by the shared model.
        """
        if self.model is None:
            SCREENING_FAILURES.labels("classifier").inc()
            return self._failed(self._error)
        try:
            model = await self.model_of(site_id) or self.model
            if len(text) <= INLINE:
                scored, share = self._score(model, text)
            else:
                async with asyncio.timeout(TIME_LIMIT):
                    scored, share = await asyncio.to_thread(self._score, model, text)
        except Exception as error:  # noqa: BLE001 (told, and the comment is held)
            return self._broken(error)
        return self._told(model, scored, share)

    def score_here(self, text: str) -> Scores:
        """The same by this scorer's model, in this thread, for however long it takes."""
        if self.model is None:
            return self._failed(self._error)
        try:
            scored, share = self._score(self.model, text)
        except Exception as error:  # noqa: BLE001 (as above)
            return self._broken(error)
        return self._told(self.model, scored, share)

    @staticmethod
    def _told(model: Classifier, scored: Scored, share: float) -> Scores:
        return Scores(
            model=model.id,
            scores=scored.scores,
            language=scored.language,
            grounded=scored.grounded,
            thresholds={
                label: Threshold(**levels)
                for label, levels in model.thresholds_in(scored.language).items()
            },
            evidence={
                label: [Span(span.begin, span.end, round(span.weight, 4)) for span in spans]
                for label, spans in scored.evidence.items()
                if scored.scores[label] >= WORTH_EXPLAINING
            },
            share=share,
        )

    @staticmethod
    def _score(model: Classifier, text: str) -> tuple[Scored, float]:
        """Scores of a text, or of the part of it that can be judged, and that part's share."""
        # Most comments are clean, and evidence costs half as much again.
        scored = classify_text(model, text, evidence=True, evidence_from=WORTH_EXPLAINING)
        _, share = learnt(text, scored.language)
        return scored if share else replace(scored, evidence={}), share

    def _broken(self, error: Exception) -> Scores:
        SCREENING_FAILURES.labels("classifier").inc()
        log.error("the classifier failed", exc_info=error)
        return self._failed(type(error).__name__)

    def _failed(self, error: str) -> Scores:
        model = self.model.id if self.model else None
        return Scores(model, {}, "und", grounded=False, thresholds={}, error=error)
