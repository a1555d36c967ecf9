"""Statistics over the calls of a trace, or those that pass a filter, as lines of tables.

See `counts` for how calls are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gvtui.decode.errno_names import errno_name
from gvtui.decode.outcome import NOT_SENT
from gvtui.points.names import event_type, point_name
from gvtui.query.filter.write import literal
from gvtui.query.numbers.counts import ALL_KEY, EVENT_KEY, NOT_SENT_KEY, Counts
from gvtui.query.numbers.durations import Band, histogram, percentiles
from gvtui.query.numbers.tally import OTHER, Sums, Tally, added
from gvtui.query.processes.rows import process_label, processes_filter
from gvtui.query.source import CHUNK
from gvtui.trace.row import ERRNO_OTHER, LOST_STRING
from gvtui.wire.messages import RAW_SYSCALL

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.calls.pairs import Pairs
    from gvtui.query.filter.compile import Filter
    from gvtui.query.numbers.descriptors import DescriptorCounts
    from gvtui.query.processes.processes import Processes
    from gvtui.query.resolved.lookup import Resolved
    from gvtui.query.source import RowSource

_FRACTIONS = (0.5, 0.95, 0.99)
_OTHERS = "(others)"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table of statistics."""

    label: str
    filter_text: str
    """The filter for the rows behind the line; "" if there is none."""
    calls: int
    errors: int
    timed: int
    """How many calls have a known duration; all times are of these calls only."""
    total_ns: int
    max_ns: int
    share: float
    """The share of the total duration, from 0 to 1; of the calls if no durations are known."""
    p50_ns: int | None = None
    """The median in nanoseconds; None without percentiles or durations."""
    p95_ns: int | None = None
    p99_ns: int | None = None
    is_call: bool = True
    """False for an event, which is no system call."""
    number: int = 0
    """For a process, its number in the tree."""
    restarted: int = 0
    """How many calls a signal interrupted, to be begun anew; they are no errors."""
    bytes_in: int = 0
    """How many bytes its calls read or received, where that is counted."""
    bytes_out: int = 0

    @property
    def mean_ns(self) -> int | None:
        """The mean duration in nanoseconds; None if no duration is known."""
        return self.total_ns // self.timed if self.timed else None


class Statistics:
    """The lines of tables over all rows that `Pairs` and `Processes` have read."""

    def __init__(
        self,
        trace: RowSource,
        pairs: Pairs,
        processes: Processes,
        condition: Filter | None = None,
        resolved: Resolved | None = None,
    ) -> None:
        """Begin to count; the arguments are those of `Counts`."""
        self._trace = trace
        self._pairs = pairs
        self._processes = processes
        self._counts = Counts(trace, pairs, processes, condition, resolved)

    def advance(self, budget: int = 4 * CHUNK) -> int:
        """Count up to `budget` more rows; returns how many."""
        return self._counts.advance(budget)

    @property
    def position(self) -> int:
        """All rows before this one have been counted."""
        return self._counts.position

    @property
    def counts(self) -> Counts:
        """The sums that the lines are made from."""
        return self._counts

    @property
    def is_done(self) -> bool:
        """Whether all rows have been counted."""
        return self._counts.is_done

    @property
    def rows(self) -> int:
        """How many rows pass the filter, and so are counted."""
        return self._counts.rows

    @property
    def dropped(self) -> int:
        """How many points sandboxes dropped in the whole trace."""
        return self._counts.dropped

    @property
    def missed_rows(self) -> int:
        """How many rows were removed from the trace before they could be counted."""
        return self._counts.missed_rows

    @property
    def is_lower_bound(self) -> bool:
        """Whether points are missing from the numbers."""
        return self.dropped > 0 or self.missed_rows > 0

    @property
    def missing_fields(self) -> list[str]:
        """Context fields whose absence leaves calls without pairs or durations."""
        return sorted(self._pairs.missing_fields)

    def shortfall(self) -> str:
        """A sentence on pairs or durations that are missing because of such fields; "" for none."""
        missing, total = self.missing_fields, self.total()
        if not missing or not total.calls:
            return ""
        some = "Some calls have no" if total.timed else "No"
        what = "pairs and durations" if "thread_id" in missing else "durations"
        return f"{some} {what}: the session does not collect {' and '.join(missing)}."

    @property
    def progress(self) -> float:
        """The counted share of the trace, from 0 to 1."""
        return self._counts.progress

    def total(self) -> Line:
        """The line for all calls together."""
        sums = self._counts.totals.sums(ALL_KEY)
        return self._line("total", "", sums, self._counts.totals, ALL_KEY)

    def by_syscall(self, *, events: bool = False) -> list[Line]:
        """Lines by system call, the longest total duration first.

        Args:
            events: whether events that are no system calls have lines too.
        """
        lines = []
        for key, sums in self._counts.syscalls:
            is_event = key >= EVENT_KEY
            if is_event and not events:
                continue
            name = self._syscall_name(key)
            label, text = name, f"evt.type = {literal(name)}"
            if key == OTHER:
                label, text = _OTHERS, ""
            lines.append(
                self._line(label, text, sums, self._counts.syscalls, key, is_call=not is_event)
            )
        return _sorted(lines)

    def by_process(self) -> list[Line]:
        """Lines by process, the most time in calls first."""
        lines, forgotten = [], []
        for number, sums in self._counts.by_process:
            if self.knows_process(number):
                lines.append(self.process_line(number))
            else:
                forgotten.append(sums)
        if forgotten:
            lines.append(self._line(_OTHERS, "", added(forgotten), self._counts.by_process, OTHER))
        return _sorted(lines)

    def knows_process(self, number: int) -> bool:
        """Whether a process is still in the tree; True for 0, which stands for unknown
        processes."""
        return number == 0 or self._processes.tree.get(number) is not None

    def process_line(self, number: int, *, filtered: bool = True) -> Line:
        """The line of one process.

        Args:
            number: its number in the tree; 0 for calls of unknown processes.
            filtered: whether to make the line's filter, which takes long if there are many
                processes.
        """
        process = self._processes.tree.get(number)
        if number == 0:
            label, text = "(process not known)", "not proc.pid exists"
        elif process is None:
            label, text = _OTHERS, ""
        else:
            label = process_label(
                self._processes.tree, process, naming=self._trace.connections.naming
            )
            text = processes_filter(self._processes.tree, [process]) if filtered else ""
        sums = self._counts.by_process.sums(number)
        return self._line(label, text, sums, self._counts.by_process, number, number=number)

    def by_path(self) -> list[Line]:
        """Lines by path, the most time in calls first."""
        return _sorted([self.path_line(string) for string, _ in self._counts.by_path])

    def path_line(self, string: int) -> Line:
        """The line of one path, by its string number."""
        if string in (OTHER, LOST_STRING):
            label, text = _OTHERS, ""
        else:
            label = self._trace.string(string)
            text = f"fd.nameraw = {literal(label)}"
        return self._line(
            label, text, self._counts.by_path.sums(string), self._counts.by_path, string
        )

    def process_columns(self) -> dict[str, npt.NDArray[np.int64]]:
        """The sums of all processes, as `Tally.columns` gives them."""
        return self._counts.by_process.columns()

    def path_columns(self) -> dict[str, npt.NDArray[np.int64]]:
        """The sums of all paths, as `Tally.columns` gives them."""
        return self._counts.by_path.columns()

    @property
    def counts_descriptors(self) -> bool:
        """Whether there are sums by descriptor and by the other end of sockets."""
        return self._counts.descriptors is not None

    def descriptor_columns(self) -> dict[str, npt.NDArray[np.int64]]:
        """The sums of all descriptors, as `Tally.columns` gives them; empty if not counted."""
        return self._of_descriptors.by_descriptor.columns()

    def descriptor_line(self, number: int) -> Line:
        """The line of an open file or socket, by the number of its description."""
        counts = self._of_descriptors
        words, tally = counts.descriptor_words(number), counts.by_descriptor
        return self._line(*words, tally.sums(number), tally, number)

    def by_descriptor(self, most: int | None = None) -> list[Line]:
        """Lines by open file or socket, at most so many, the most bytes first; none if they are not
        counted."""
        if not self.counts_descriptors:
            return []
        return [self.descriptor_line(key) for key in _by_bytes(self.descriptor_columns(), most)]

    def by_remote(self, most: int | None = None) -> list[Line]:
        """Lines by the other end of sockets, at most so many, the most bytes first; none if they are
        not counted."""
        if not self.counts_descriptors:
            return []
        return [self.remote_line(key) for key in _by_bytes(self.remote_columns(), most)]

    def remote_columns(self) -> dict[str, npt.NDArray[np.int64]]:
        """The sums by the other end of sockets, as `Tally.columns` gives them."""
        return self._of_descriptors.by_remote.columns()

    def remote_line(self, number: int) -> Line:
        """The line of one other end of sockets, by its number."""
        counts = self._of_descriptors
        words, tally = counts.remote_words(number), counts.by_remote
        return self._line(*words, tally.sums(number), tally, number)

    @property
    def _of_descriptors(self) -> DescriptorCounts:
        assert self._counts.descriptors is not None
        return self._counts.descriptors

    def by_errno(self) -> list[Line]:
        """Lines by error of the failed calls, the most frequent first."""
        lines = []
        for errno, sums in self._counts.by_errno:
            if errno == NOT_SENT_KEY:
                text = "evt.failed = true and not evt.errno exists"
                lines.append(self._line(NOT_SENT, text, sums, self._counts.by_errno, errno))
                continue
            name = errno_name(errno)
            label = _OTHERS if errno == ERRNO_OTHER else name
            text = f"evt.errno = {name if name.startswith('E') else errno}"
            lines.append(self._line(label, text, sums, self._counts.by_errno, errno))
        return sorted(lines, key=lambda line: (-line.calls, line.label))

    def histogram(self, syscall: str | None = None) -> list[Band]:
        """The histogram of durations of all calls, or of one line of `by_syscall`."""
        if syscall is None:
            return histogram(self._counts.totals.coarse(ALL_KEY))
        for key, _ in self._counts.syscalls:
            if self._syscall_name(key) == syscall:
                return histogram(self._counts.syscalls.coarse(key))
        return []

    def _syscall_name(self, key: int) -> str:
        if key == OTHER:
            return ""
        architecture = self._trace.architecture
        if key >= EVENT_KEY:
            return event_type(point_name(key - EVENT_KEY, 0, None, architecture), architecture)
        return event_type(point_name(RAW_SYSCALL, key, "E", architecture), architecture)

    def _line(
        self,
        label: str,
        filter_text: str,
        sums: Sums,
        tally: Tally,
        key: int,
        *,
        is_call: bool = True,
        number: int = 0,
    ) -> Line:
        totals = self._counts.totals.sums(ALL_KEY)
        share = 0.0
        if totals.total_ns:
            share = sums.total_ns / totals.total_ns
        elif totals.calls:
            share = sums.calls / totals.calls
        limits: list[int | None] = [None] * len(_FRACTIONS)
        if tally.has_bands:
            limits = percentiles(tally.fine(key), _FRACTIONS)
        p50, p95, p99 = (None if value is None else min(value, sums.max_ns) for value in limits)
        return Line(
            label,
            filter_text,
            sums.calls,
            sums.errors,
            sums.timed,
            sums.total_ns,
            sums.max_ns,
            share,
            p50,
            p95,
            p99,
            is_call,
            number,
            sums.restarted,
            sums.bytes_in,
            sums.bytes_out,
        )


def _by_bytes(columns: dict[str, npt.NDArray[np.int64]], most: int | None) -> list[int]:
    """The keys of sums, those with the most bytes and then the most calls first."""
    moved = columns["bytes_in"] + columns["bytes_out"]
    order = np.lexsort((columns["key"], -columns["calls"], -moved))
    found: list[int] = columns["key"][order[:most]].tolist()
    return found


def _sorted(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (-line.total_ns, -line.calls, line.label))
