"""Each site's live model over the shared one, kept until a notice says that it changed."""

import asyncio
import time
from uuid import UUID

import msgspec
import structlog

from classifiers import ArtefactError, Model, SiteModel
from service.core.db import Pool
from service.core.events import Events
from service.core.metrics import SITE_MODELS
from service.screening import learning_store as store

log = structlog.get_logger("rejoinder.models")

FRESH = 60.0  # seconds that a model is trusted without a notice
UNSURE = 5.0  # the same while notices may be lost, and after a read that failed
FIRST_READ = 2.0  # seconds that the first comment of a site may wait for its model


class Known(msgspec.Struct):
    """What is known of a site: the row it was read from, the model, and when it was read."""

    row: UUID | None
    model: Model | SiteModel
    read_at: float
    failed: bool = False


class SiteModels:
    """The models of the sites that comment here. Asking never raises and never waits for a swap.

    A model that may have changed answers on while its successor is read beside it; only the first
    comment of a site waits, and not for long.
    """

    def __init__(self, base: Model, pool: Pool, events: Events) -> None:
        """Nothing is read before the first question."""
        self._base = base
        self._pool = pool
        self._events = events
        self._known: dict[UUID, Known] = {}
        self._reading: dict[UUID, asyncio.Task[None]] = {}
        self._stale: set[UUID] = set()
        events.on("model", self._changed)
        events.on_lost(self._forget)

    def _changed(self, payload: str) -> None:
        site_id = UUID(payload)
        if site_id in self._known or site_id in self._reading:
            # Also where a read is under way: it may have begun before the change.
            self._stale.add(site_id)
            self._read_soon(site_id)

    def _forget(self) -> None:
        self._stale.update(self._known, self._reading)

    async def of(self, site_id: UUID) -> Model | SiteModel:
        """The model that scores a site's comments now."""
        known = self._known.get(site_id)
        if known is None:
            reading = self._read_soon(site_id)
            await asyncio.wait({reading}, timeout=FIRST_READ)
            known = self._known.get(site_id)
            return known.model if known else self._base
        sure = self._events.alive and not known.failed
        age = time.monotonic() - known.read_at
        if site_id in self._stale or age > (FRESH if sure else UNSURE):
            self._read_soon(site_id)
        return known.model

    def _read_soon(self, site_id: UUID) -> asyncio.Task[None]:
        """Read a site's model in the background; one read a site at a time."""
        reading = self._reading.get(site_id)
        if reading is None:
            reading = asyncio.create_task(self._read(site_id), name="model")
            self._reading[site_id] = reading
        return reading

    async def _read(self, site_id: UUID) -> None:
        try:
            while True:
                self._stale.discard(site_id)
                await self._replace(site_id)
                if site_id not in self._stale:
                    return
        except Exception as error:
            # Whatever it is, comments are scored with what there is.
            SITE_MODELS.labels("failed").inc()
            log.exception("model not read", site=str(site_id), error=type(error).__name__)
            known = self._known.setdefault(site_id, Known(None, self._base, 0.0))
            known.read_at, known.failed = time.monotonic(), True
        finally:
            del self._reading[site_id]

    async def _replace(self, site_id: UUID) -> None:
        known = self._known.get(site_id)
        live = await store.get_live(self._pool, site_id, known.row if known else None)
        now = time.monotonic()
        if live is None:
            self._keep(site_id, Known(None, self._base, now))
        elif live.content is not None:
            try:
                model: Model | SiteModel = await asyncio.to_thread(
                    SiteModel.of, self._base, live.content
                )
            except ArtefactError as error:
                # A damaged one, or one over another shared model, which the night replaces.
                SITE_MODELS.labels("unusable").inc()
                log.warning("model not usable", site=str(site_id), error=str(error))
                model = self._base
            self._keep(site_id, Known(live.id, model, now))
        elif known:
            known.read_at, known.failed = now, False

    def _keep(self, site_id: UUID, new: Known) -> None:
        old = self._known.get(site_id)
        self._known[site_id] = new
        if (old.model if old else self._base).id != new.model.id:
            SITE_MODELS.labels("swapped").inc()
            log.info("model in use", site=str(site_id), model=new.model.id)
