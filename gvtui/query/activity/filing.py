"""Files rows under the lines that they belong to: files, sockets, failures, and calls in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.decode.errno_names import errno_name
from gvtui.query.activity.sockets import Sockets
from gvtui.query.activity.words import call_words
from gvtui.query.resolved.call import Happened
from gvtui.query.resolved.description import FdKind
from gvtui.query.source import group, groups
from gvtui.wire.messagetype import MessageType

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gvtui.query.activity.lines import ActivityLines
    from gvtui.query.activity.part import ActivityPart
    from gvtui.query.resolved.lookup import Resolved
    from gvtui.query.source import RowSource

_WORDED = {
    Happened.REMOVED: "deleted",
    Happened.RENAMED: "renamed",
    Happened.LINKED: "linked",
    Happened.CREATED_FOLDER: "folders_made",
    Happened.CREATED_NODE: "nodes",
    Happened.CHANGED_USER: "users",
    Happened.MOUNTED: "mounts",
    Happened.CHANGED_NAMESPACE: "namespaces",
    Happened.CHANGED_ROOT: "namespaces",
    Happened.TRACED: "traced",
}
"""What is told by the words of its call, with the section that it belongs to."""

IN_WORDS = sum(map(int, _WORDED))
"""The flags of `_WORDED` together."""


class Filing:
    """Adds rows to lines by what is known of the rows now."""

    def __init__(
        self, trace: RowSource, resolved: Resolved, label: Callable[[np.void, int], str]
    ) -> None:
        """Make it.

        Args:
            trace: where the rows are from.
            resolved: has read them.
            label: gives the process of a row, by its id, in words.
        """
        self._trace = trace
        self._resolved = resolved
        self._label = label
        self._sockets = Sockets(trace, resolved)

    def take_in(self, part: ActivityPart, lines: ActivityLines) -> None:
        """Add the rows of a slice, or such as are alike."""
        self._files(part, lines)
        self._permissions(part, lines)
        self._worded(part, lines)
        self._sockets.take_in(part, lines)
        self._failures(part, lines)

    def who(self, part: ActivityPart, place: int) -> str:
        """Who did what the rows of a place tell, in words."""
        if part.who:
            return part.who[place]
        return f"by {self._label(part.rows[place], part.start + place)}"

    def _names_of_opened(self, part: ActivityPart) -> npt.NDArray[np.int64]:
        """The paths, where a symbolic link was opened that of the file that it leads to: reads and
        writes have that one too."""
        told = self._resolved.told_paths(part.numbers)
        opened = (part.happened & int(Happened.OPENED)) != 0
        return np.where(opened & (told > 0), told, part.paths)

    def _files(self, part: ActivityPart, lines: ActivityLines) -> None:
        happened, kinds, came, went = part.happened, part.kinds, part.came, part.went
        paths = self._names_of_opened(part)
        opened = (happened & int(Happened.OPENED)) != 0
        is_folder = opened & (kinds == FdKind.DIRECTORY)
        is_file = kinds == FdKind.FILE
        has = {flag: (happened & int(flag)) != 0 for flag in Happened}
        masks = {
            "folders": is_folder,
            "read": (has[Happened.OPENED_READ] & ~is_folder) | (is_file & (came > 0)),
            "written": (has[Happened.OPENED_WRITE] & ~is_folder) | (is_file & (went > 0)),
            "created": has[Happened.CREATED],
            "maybe_created": has[Happened.MAY_CREATE] & ~has[Happened.CREATED],
        }
        for section, mask in masks.items():
            self._add_files(section, part, np.flatnonzero(mask), paths, lines)

    def _add_files(
        self,
        section: str,
        part: ActivityPart,
        places: npt.NDArray[np.intp],
        paths: npt.NDArray[np.int64],
        lines: ActivityLines,
    ) -> None:
        """Add rows to the lines of their paths."""
        if not len(places):
            return
        order, bounds = group(paths[places])
        places, begins = places[order], bounds[:-1]
        calls = part.calls[places]
        zero = np.zeros(len(begins), np.int64)
        columns = (
            begins,
            bounds[1:],
            paths[places[begins]],
            np.minimum.reduceat(calls, begins),
            np.maximum.reduceat(calls, begins),
            np.add.reduceat(part.came[places], begins) if section == "read" else zero,
            np.add.reduceat(part.went[places], begins) if section == "written" else zero,
        )
        rows = part.row_ids(places)
        for begin, end, path, call, last, came, went in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            text = self._resolved.texts.text(path)
            if not text:
                lines.lack(section, part.count(places[begin:end]))
            every = (call,) if call == last else np.unique(calls[begin:end]).tolist()
            lines.add(
                section,
                text or "(path not told)",
                rows[begin:end],
                [lines.name_of_call(each) for each in every],
                bytes_in=came,
                bytes_out=went,
            )

    def _permissions(self, part: ActivityPart, lines: ActivityLines) -> None:
        places = np.flatnonzero(part.happened & int(Happened.CHANGED_FILE))
        for place in places.tolist():
            own = np.array([place])
            path = self._resolved.texts.text(int(part.paths[place]))
            name = lines.name(part.rows[place])
            if not path:
                lines.lack("permissions", part.count(own))
            what = f"{name} {path}" if path else f"{name} (path not told)"
            details = "" if path else self.who(part, place)
            lines.add("permissions", what, part.row_ids(own), [name], details=details)

    def _worded(self, part: ActivityPart, lines: ActivityLines) -> None:
        for flag, section in _WORDED.items():
            for place in np.flatnonzero(part.happened & int(flag)).tolist():
                own = np.array([place])
                what, is_told = call_words(self._trace, part.first_row(place), flag)
                if not is_told:
                    lines.lack(section, part.count(own))
                name = lines.name(part.rows[place])
                rows = part.row_ids(own)
                lines.add(section, what or name, rows, [name], details=self.who(part, place))

    def _failures(self, part: ActivityPart, lines: ActivityLines) -> None:
        rows, paths = part.rows, part.paths
        columns = (rows["errno"], rows["sysno"], rows["type"], paths, rows["path"])
        for own in groups(np.flatnonzero(part.failed), *columns):
            first, held = rows[own[0]], part.row_ids(own)
            name, error = lines.name(first), errno_name(int(first["errno"]))
            path = self._resolved.texts.text(int(paths[own[0]]))
            if first["type"] == MessageType.SYSCALL_CONNECT:
                path = self._trace.string(int(first["path"])) or path
                address = path or "(address not told)"
                lines.add("not_connected", address, held, [name], details=error)
            # Which of many sockets or pipes it was makes no other failure.
            path = path if path.startswith("/") else path.partition(":[")[0]
            what = f"{name} {path}" if path else name
            lines.add("failed", what, held, [name], details=error)
