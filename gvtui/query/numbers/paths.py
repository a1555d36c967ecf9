"""Tells the paths that rows name apart from what a sandbox says where it knows none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.resolved.paths import told
from gvtui.trace.row import LOST_STRING

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.source import RowSource

_UNREAD, _NO_PATH, _PATH = 0, 1, 2


class NamedPaths:
    """Which interned strings are paths; each string is read once."""

    def __init__(self, trace: RowSource) -> None:
        self._trace = trace
        self._known = np.full(1024, _UNREAD, np.int8)

    def only(self, strings: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The numbers of strings, with 0 for those that are no paths, such as `[err: FD not
        found]`."""
        if not len(strings):
            return strings
        most = int(strings.max())
        if most >= len(self._known):
            more = np.full(max(most + 1, 2 * len(self._known)), _UNREAD, np.int8)
            more[: len(self._known)] = self._known
            self._known = more
        known = self._known[strings]
        unread = known == _UNREAD
        if unread.any():
            for number in np.unique(strings[unread]).tolist():
                is_path = number == LOST_STRING or bool(told(self._trace.string(number)))
                self._known[number] = _PATH if is_path else _NO_PATH
            known = self._known[strings]
        found: npt.NDArray[np.int64] = strings * (known == _PATH)
        return found
