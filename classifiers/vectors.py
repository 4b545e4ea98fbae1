"""What each word weighs, remembered: a gather and a sum for the words of a comment."""

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers.abuse import COLUMNS
from classifiers.features import word_key, word_keys
from classifiers.readings import Disguises

OTHER = COLUMNS.index("abuse_other")
# Words remembered at most.
REMEMBERED = 32_768


class _Made(NamedTuple):
    """A word's vector, (columns + 1,), and whether the model neither knows it nor reads it."""

    vector: npt.NDArray[np.float32]
    strange: bool


class WordVectors:
    """Sums over a word's features, by word. Safe to share between threads.

    A word's vector is a function of the word; remembering it only saves time. `index` is the row
    of each feature's key, `matrix` (features + 1, columns) what it weighs; its last row is none's.
    """

    def __init__(
        self, keys: npt.NDArray[np.uint32], matrix: npt.NDArray[Any], disguises: Disguises
    ) -> None:
        """Take the features' keys and weights, and what unknown words are read as."""
        self.index = {int(key): row for row, key in enumerate(keys)}
        nobody = np.zeros((1, len(COLUMNS)), dtype=np.float32)
        self.matrix = np.vstack([matrix.astype(np.float32), nobody])
        self._disguises = disguises
        # The last column is the number of the word's keys, so that one gather gives sum and norm.
        self._memory = np.zeros((REMEMBERED, len(COLUMNS) + 1), dtype=np.float32)
        self._slots: dict[str, int] = {}
        # Slots of words that the model has never met and that it can't read as another either.
        self._strange: set[int] = set()
        self._lock = Lock()

    def knows(self, form: str) -> bool:
        """Whether a form is a word, letters alone, that was met in training."""
        return form.isalpha() and word_key(form) in self.index

    def reads(self, form: str) -> str:
        """Answer the word that a folded form is read as: itself, unless it is a disguise."""
        if self.knows(form):
            return form
        return self._disguises.meant(form) or form

    def forget(self) -> None:
        """Forget all words."""
        with self._lock:
            self._slots.clear()
            self._strange.clear()

    def recall(self, own: Mapping[str, object]) -> tuple[npt.NDArray[np.float32], set[str]]:
        """Answer the words' vectors, (words, columns + 1), and which words are strange.

        New words are made outside the lock: nobody waits while a page of nonsense is read.
        """
        with self._lock:
            if own.keys() <= self._slots.keys():
                return self._kept(own)
        new = [form for form in own if form not in self._slots]
        made = dict(zip(new, self._make(new), strict=True))
        with self._lock:
            self._remember(own, made)
            return self._kept(own)

    def _kept(self, own: Mapping[str, object]) -> tuple[npt.NDArray[np.float32], set[str]]:
        slots = [self._slots[form] for form in own]
        strange: set[str] = set()
        if not self._strange.isdisjoint(slots):
            pairs = zip(own, slots, strict=True)
            strange.update(form for form, slot in pairs if slot in self._strange)
        return self._memory.take(slots, axis=0), strange

    def _make(self, forms: list[str]) -> list[_Made]:
        """Answer vectors, and whether the word is strange: never met, and no disguise of another.

        A word never met is read as the worst abusive word that it may be a disguise of.
        """
        made = []
        for form, vector in zip(forms, self._plain(forms), strict=True):
            meant = self.reads(form)
            if meant == form:
                made.append(_Made(vector, strange=not self.knows(form)))
                continue
            [read] = self._plain([meant])
            # An English disguise: in German "damit" is a word.
            read[OTHER] = vector[OTHER]
            made.append(_Made(read, strange=False))
        return made

    def _remember(self, own: Iterable[str], made: dict[str, _Made]) -> None:
        """Keep what was made; another thread may have kept some of it, or forgotten the others."""
        known = self._slots
        new = [form for form in own if form not in known]
        if len(known) + len(new) > REMEMBERED:
            known.clear()
            self._strange.clear()
            new = list(own)
        lost = [form for form in new if form not in made]
        made = made | dict(zip(lost, self._make(lost), strict=True))
        for slot, form in enumerate(new, len(known)):
            self._memory[slot], strange = made[form]
            if strange:
                self._strange.add(slot)
        known.update(zip(new, range(len(known), len(known) + len(new)), strict=True))

    def _plain(self, forms: list[str]) -> npt.NDArray[np.float32]:
        """Answer the sums of the rows of words as written, and of how many keys they are.

        The shape is (forms, columns + 1).
        """
        index = self.index
        rows: list[int] = []
        starts, counts = [], []
        for form in forms:
            keys = word_keys(form)
            counts.append(len(keys))
            starts.append(len(rows))
            # The last row is nobody's: a word without a row has it, as a sum needs one.
            rows += [row for key in keys if (row := index.get(key)) is not None] or [-1]
        vectors = np.empty((len(forms), len(COLUMNS) + 1), dtype=np.float32)
        vectors[:, -1] = counts
        if forms:
            np.add.reduceat(self.matrix.take(rows, axis=0), starts, axis=0, out=vectors[:, :-1])
        return vectors
