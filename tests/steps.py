"""How much work a function or a regular expression does, counted rather than timed."""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from re import _constants as op  # type: ignore[attr-defined]  # private, and the only way to a tree
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

Nodes = Sequence[tuple[Any, Any]]
_SINGLE = {op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN}


def count_lines(work: Callable[[], object]) -> int:
    """The lines of Python that a call runs."""
    steps = 0

    def trace(frame: object, event: str, arg: object) -> object:
        nonlocal steps
        steps += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return steps


class Matcher:
    """A backtracking matcher like CPython's, without its shortcuts, that counts its steps."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        """Parse the pattern again; `spans` finds what `finditer` finds."""
        self.tree: Nodes = list(parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE))
        self.fold = bool(pattern.flags & re.IGNORECASE)
        self.dotall = bool(pattern.flags & re.DOTALL)
        self.multiline = bool(pattern.flags & re.MULTILINE)
        self.steps = 0
        self.text = ""
        self.groups: dict[int, tuple[int, int]] = {}

    def spans(self, text: str) -> list[tuple[int, int]]:
        """The spans of all matches that aren't empty."""
        self.text = text
        found, at = [], 0
        while at <= len(text):
            self.groups.clear()
            end = next(self._run(self.tree, 0, at), None)
            if end is not None and end > at:
                found.append((at, end))
                at = end
            else:
                at += 1
        return found

    def _run(self, nodes: Nodes, index: int, at: int) -> Iterator[int]:
        if index == len(nodes):
            yield at
            return
        for middle in self._node(*nodes[index], at):
            yield from self._run(nodes, index + 1, middle)

    def _node(self, kind: Any, value: Any, at: int) -> Iterator[int]:
        self.steps += 1
        if kind in _SINGLE:
            if at < len(self.text) and self._is(kind, value, self.text[at]):
                yield at + 1
        elif kind in {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}:
            yield from self._repeat(kind, *value, at)
        elif kind is op.SUBPATTERN:
            yield from self._group(value[0], list(value[3]), at)
        elif kind is op.BRANCH:
            for branch in value[1]:
                yield from self._run(list(branch), 0, at)
        elif kind is op.ATOMIC_GROUP:
            yield from islice(self._run(list(value), 0, at), 1)
        elif kind is op.GROUPREF:
            yield from self._again(value, at)
        elif self._holds(kind, value, at):
            yield at

    def _again(self, number: int, at: int) -> Iterator[int]:
        part = self.text[slice(*self.groups[number])]
        self.steps += len(part)
        if self.text.startswith(part, at):
            yield at + len(part)

    def _holds(self, kind: Any, value: Any, at: int) -> bool:
        """Whether what takes no character is so at this place."""
        if kind is op.AT:
            return self._at(value, at)
        if kind not in {op.ASSERT, op.ASSERT_NOT}:
            raise NotImplementedError(kind)
        direction, inner = value
        begin = at - inner.getwidth()[0] if direction < 0 else at
        hit = begin >= 0 and next(self._run(list(inner), 0, begin), None) is not None
        return hit is (kind is op.ASSERT)

    def _group(self, number: int | None, nodes: Nodes, at: int) -> Iterator[int]:
        for end in self._run(nodes, 0, at):
            if number is None:
                yield end
                continue
            before = self.groups.get(number)
            self.groups[number] = (at, end)
            yield end
            if before is None:
                self.groups.pop(number, None)
            else:
                self.groups[number] = before

    def _repeat(self, kind: Any, least: int, most: Any, inner: Any, at: int) -> Iterator[int]:
        nodes = list(inner)
        highest = len(self.text) + 1 if most is op.MAXREPEAT else int(most)
        if len(nodes) == 1 and nodes[0][0] in _SINGLE:
            ends = [at]
            while len(ends) <= highest and ends[-1] < len(self.text):
                self.steps += 1
                if not self._is(*nodes[0], self.text[ends[-1]]):
                    break
                ends.append(ends[-1] + 1)
            ends = ends[least:]
            if kind is op.POSSESSIVE_REPEAT:
                ends = ends[-1:]
            for end in ends if kind is op.MIN_REPEAT else reversed(ends):
                self.steps += 1
                yield end
        elif kind is op.POSSESSIVE_REPEAT:
            yield from islice(self._many(nodes, least, highest, at, 0), 1)
        elif kind is op.MAX_REPEAT:
            yield from self._many(nodes, least, highest, at, 0)
        else:
            raise NotImplementedError(kind)

    def _many(self, nodes: Nodes, least: int, most: int, at: int, done: int) -> Iterator[int]:
        if done < most:
            for end in self._run(nodes, 0, at):
                if end > at or done < least:
                    yield from self._many(nodes, least, most, end, done + 1)
        if done >= least:
            yield at

    def _is(self, kind: Any, value: Any, letter: str) -> bool:
        if kind is op.ANY:
            return self.dotall or letter != "\n"
        letters = {letter, letter.lower(), letter.upper()} if self.fold else {letter}
        if kind is op.LITERAL:
            return chr(value) in letters
        if kind is op.NOT_LITERAL:
            return chr(value) not in letters
        negated = value[0][0] is op.NEGATE
        hit = any(_in(item, one) for item in value[negated:] for one in letters)
        return hit is not negated

    def _at(self, value: Any, at: int) -> bool:
        size = len(self.text)
        if value in {op.AT_BEGINNING, op.AT_BEGINNING_STRING}:
            return at == 0 or (self.multiline and self.text[at - 1] == "\n")
        if value in {op.AT_END, op.AT_END_STRING}:
            return at == size or (value is op.AT_END and self.text[at:] == "\n")
        before = at > 0 and _is_word(self.text[at - 1])
        after = at < size and _is_word(self.text[at])
        return (before is not after) is (value is op.AT_BOUNDARY)


def _is_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


def _in(item: tuple[Any, Any], letter: str) -> bool:
    kind, value = item
    if len(letter) > 1:  # the upper case of "ß"
        return False
    if kind is op.LITERAL:
        return ord(letter) == value
    if kind is op.RANGE:
        return bool(value[0] <= ord(letter) <= value[1])
    return {
        op.CATEGORY_DIGIT: letter.isdecimal(),
        op.CATEGORY_NOT_DIGIT: not letter.isdecimal(),
        op.CATEGORY_SPACE: letter.isspace(),
        op.CATEGORY_NOT_SPACE: not letter.isspace(),
        op.CATEGORY_WORD: _is_word(letter),
        op.CATEGORY_NOT_WORD: not _is_word(letter),
    }[value]
