"""Gives the texts of paths numbers, those that rows have as interned strings many at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gvtui.query.resolved.paths import resolve, told
from gvtui.trace.row import LOST_STRING

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.resolved.texts import Texts
    from gvtui.query.source import RowSource

_MAX_JOINED = 1 << 16
_UNREAD, _OTHER, _NOT_FOUND = -3, -2, -1


class ResolvedPath(NamedTuple):
    """A path that a program gave."""

    number: int
    """That of its text; 0 if there is no room for it."""
    text: str
    """As `resolve` gives it."""
    given: str


class DescriptorNaming:
    """The numbers of paths in `Texts`."""

    def __init__(self, trace: RowSource, texts: Texts) -> None:
        self._trace = trace
        self._texts = texts
        self._of_string = np.full(1024, _UNREAD, np.int32)
        """For each interned string: the number of its normal form if it is an absolute path."""
        self._joined: dict[tuple[str, str], ResolvedPath] = {}

    def string(self, number: int) -> str:
        """An interned string of the trace; "" if it was lost."""
        return "" if number == LOST_STRING else self._trace.string(number)

    def resolved(self, base: str, given: str) -> ResolvedPath:
        """A path that is relative to a folder; equal texts are one object, mostly."""
        key = (base, given)
        known = self._joined.get(key)
        if known is None:
            if len(self._joined) >= _MAX_JOINED:
                self._joined.clear()
            text = resolve(base, given)
            known = self._joined[key] = ResolvedPath(self._texts.number(text), text, given)
        return known

    def absolute(self, strings: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
        """Which of these interned strings are absolute paths."""
        return self._numbers(strings) > 0

    def tells(self, strings: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
        """Which of these interned strings say what a descriptor is."""
        found: npt.NDArray[np.bool_] = self._numbers(strings) != _NOT_FOUND
        return found

    def numbers(self, strings: npt.NDArray[np.uint32]) -> npt.NDArray[np.int32]:
        """The numbers of the normal forms of absolute paths; 0 for other strings."""
        return np.maximum(self._numbers(strings), 0)

    def _numbers(self, strings: npt.NDArray[np.uint32]) -> npt.NDArray[np.int32]:
        if not len(strings):
            return np.empty(0, np.int32)
        most = int(strings.max())
        if most >= len(self._of_string):
            more = np.full(max(most + 1, 2 * len(self._of_string)), _UNREAD, np.int32)
            more[: len(self._of_string)] = self._of_string
            self._of_string = more
        for number in np.unique(strings[self._of_string[strings] == _UNREAD]).tolist():
            text = self.string(number)
            value = _OTHER if told(text) else _NOT_FOUND
            self._of_string[number] = self.resolved("", text).number if text[:1] == "/" else value
        return self._of_string[strings]
