"""Keeps what an analysis of a whole recording has found out, and takes it up again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.query.column import CHUNK_BYTES, RowColumn
from gvtui.query.kept.framing import BrokenStateError, NotKeptError, framed, unframed
from gvtui.query.kept.reading import StateReader
from gvtui.query.kept.version import version
from gvtui.query.kept.writing import StateWriter
from gvtui.query.leftovers import give_back, without_collecting
from gvtui.trace.header import is_being_written
from gvtui.trace.keptfile import identity_of, open_kept, write_kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gvtui.trace.reader import Trace

    Roots = Mapping[str, Any]

LEAST_ROWS = 200_000
"""A recording with fewer rows is read again sooner than anybody notices."""

SECTIONS: dict[str, tuple[str, ...]] = {
    "processes": (),
    "timeline": ("processes",),
    "numbers": ("processes",),
    "resolved": ("processes",),
    "activity": ("processes", "resolved"),
    "descriptors": ("processes", "resolved"),
}
"""What is kept, in the order in which it is written, with what each refers to."""
_ANSWERS = "answers"


class StateKeeper:
    """What is kept of one recording."""

    def __init__(self, trace: Trace, options: str = "") -> None:
        """Look for what is kept of a recording that has just been opened.

        Args:
            trace: it; of flight recorders, growing recordings and save files nothing is kept.
            options: what else the analysis depends on.
        """
        self._trace = trace
        self._pair = trace.index_files
        self._identity = None
        self._file = None
        self._version = f"{version()} {options}"
        self._offered: dict[str, Roots] = {}
        self._waiting: list[tuple[str, Roots]] = []
        self._restored: set[str] = set()
        self._answers: dict[str, Any] = {}
        self._has_recalled = self._has_learnt = False
        """Whether the answers that are kept were read, and whether others were found out since."""
        self._began_whole = trace.settling is None and trace.end_row == trace.available_rows
        """Whether all rows were there at the beginning: what is read while they come may count
        otherwise, such as a raw row whose decoded one has not come yet."""
        self._reader: StateReader | None = None
        if self._pair is None or not version() or is_being_written(trace.path):
            return
        self._identity = identity_of(trace.path, self._pair)
        if self._identity is None:
            return
        self._file = open_kept(trace.path, self._pair, self._version)
        if self._file is not None:
            self._reader = StateReader({"trace": trace}, self._column)

    @property
    def rows(self) -> int:
        """How many rows the recording has of which something is kept; 0 if nothing is."""
        return self._file.rows if self._file is not None else 0

    @property
    def can_keep(self) -> bool:
        """Whether anything can be kept of the recording."""
        return self._identity is not None

    def offer(self, name: str, roots: Roots) -> None:
        """Give the parts of a section: they are filled if it is kept, and kept later.

        Args:
            name: one of `SECTIONS`.
            roots: its parts by name, still empty.
        """
        self._offered.setdefault(name, roots)
        if self._file is None or name not in self._file:
            return
        if all(each in self._restored for each in SECTIONS[name]) and self._is_there:
            self._restore(name, roots)
        else:
            self._waiting.append((name, roots))

    def take_up(self) -> bool:
        """Fill what was offered before all rows of the recording were there.

        Returns:
            False while they are not there yet.
        """
        if not self._is_there:
            return False
        waiting, self._waiting = self._waiting, []
        for name, roots in sorted(waiting, key=lambda each: list(SECTIONS).index(each[0])):
            if all(each in self._restored for each in SECTIONS[name]):
                self._restore(name, roots)
        return True

    @property
    def restored(self) -> frozenset[str]:
        """The sections that were filled with what is kept."""
        return frozenset(self._restored)

    @property
    def is_waiting(self) -> bool:
        """Whether something was offered that is kept, and has not been filled."""
        return self._file is not None and bool(self._waiting)

    @property
    def _is_there(self) -> bool:
        trace = self._trace
        return self._file is not None and trace.settling is None and trace.end_row == self.rows

    def _restore(self, name: str, roots: Roots) -> None:
        data = self._file.stream(name) if self._file is not None else None
        try:
            if data is None or self._reader is None:
                raise BrokenStateError(name)
            with without_collecting():
                self._reader.restore(unframed(data), roots)
        except BrokenStateError:
            self._give_up()
            return
        self._restored.add(name)

    def _give_up(self) -> None:
        """Believe nothing more of what is kept: what was not filled is read."""
        self._file, self._reader, self._waiting = None, None, []

    def _column(self, number: int) -> RowColumn:
        if self._file is None:
            raise BrokenStateError("no file")
        column = RowColumn(self._trace.side_folders)
        place, numbers = self._file.place(f"column{number}"), self._file.read(f"chunks{number}")
        if place is None or numbers is None:
            raise BrokenStateError(f"column {number}")
        _, _, size = place
        chunks = np.frombuffer(numbers, "<i8").tolist()
        if size != len(chunks) * CHUNK_BYTES:
            raise BrokenStateError(f"column {number}")
        offsets = {chunk: index * CHUNK_BYTES for index, chunk in enumerate(chunks)}
        part = partial(self._file.part, f"column{number}")
        column.lend(chunks, lambda chunk: part(offsets[chunk], CHUNK_BYTES))
        return column

    def answer(self, name: str, find: Callable[[], Any]) -> Any:  # noqa: ANN401
        """What is known of the whole recording under a name; found out where it is not kept."""
        self._recall()
        if name not in self._answers:
            self._answers[name] = find()
            self._has_learnt = True
        return self._answers[name]

    def known(self, name: str) -> Any:  # noqa: ANN401
        """What is kept under a name; None if nothing is."""
        self._recall()
        return self._answers.get(name)

    def _recall(self) -> None:
        """Read the answers that are kept, once."""
        if self._has_recalled or self._file is None or self._reader is None:
            return
        self._has_recalled = True
        data = self._file.stream(_ANSWERS)
        try:
            self._answers |= self._reader.values(unframed(data)) if data is not None else {}
        except BrokenStateError:
            self._give_up()

    def keep(self, makers: Mapping[str, Callable[[], object]]) -> bool:
        """Write what has been found out, unless all of it is kept already.

        Args:
            makers: make parts that were not offered, by section: what is kept of them is kept on.

        Returns:
            Whether it was written.
        """
        trace, pair, identity = self._trace, self._pair, self._identity
        if pair is None or identity is None or trace.end_row - trace.first_row < LEAST_ROWS:
            return False
        if not self._began_whole and not self._restored:
            return False
        if trace.damage or trace.damaged_bytes or trace.settling is not None or trace.is_behind:
            return False
        known = set(self._file.names) if self._file is not None else set()
        complete = {name for name, roots in self._offered.items() if self._is_complete(roots)}
        if not complete - known and not self._has_learnt:
            return False
        # Reading is over: now the values are in memory together with their bytes.
        give_back()
        self._recall()
        for name in SECTIONS:
            if name in known and name not in complete and name in makers:
                makers[name]()
        if identity_of(trace.path, pair) != identity:
            return False
        if not self._is_complete(self._offered["processes"]):
            return False
        try:
            return write_kept(pair, identity, self._version, trace.end_row, self._sections())
        except NotKeptError:
            return False

    def _sections(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        writer = StateWriter({"trace": self._trace})
        written: set[str] = set()
        for name, needs in SECTIONS.items():
            roots = self._offered.get(name)
            if roots is not None and self._is_complete(roots) and written.issuperset(needs):
                yield name, framed(writer.section(roots))
                written.add(name)
        if self._answers:
            yield _ANSWERS, framed(writer.values(self._answers))
        for number, column in enumerate(writer.columns):
            chunks = column.known()
            yield f"chunks{number}", iter((np.array(chunks, "<i8").tobytes(),))
            yield f"column{number}", _bytes_of(column, chunks)

    def _is_complete(self, roots: Roots) -> bool:
        return all(root.position >= self._trace.end_row for root in roots.values())


def _bytes_of(column: RowColumn, chunks: list[int]) -> Iterator[bytes]:
    for number in chunks:
        chunk = column.read(number)
        if chunk is not None:
            yield chunk.tobytes()
