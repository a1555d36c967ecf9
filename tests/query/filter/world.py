"""A trace in memory whose rows are made of texts, for tests of filters."""

from __future__ import annotations

from datetime import UTC
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.query.filter.compile import compile_filter
from gvtui.trace.row import LOST_STRING, ROW_DTYPE, Direction
from gvtui.trace.stretches import Stretch
from gvtui.wire.header import WireError, build_message
from gvtui.wire.messages import decode
from gvtui.wire.pb import syscall_pb2
from tests.query.memory import MemoryTrace, make_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    import numpy.typing as npt
    from google.protobuf.message import Message

    from gvtui.query.filter.batch import FilterContext
    from gvtui.wire.messages import Decoded

_TEXTS = ("process", "container", "path", "point")
OPEN = 7
HOUR = 3600 * 1_000_000_000


class TextTrace(MemoryTrace):
    """A trace to append rows to; counts how often a message was decoded."""

    def __init__(self, *, first_row: int = 0) -> None:
        super().__init__([], first_row=first_row)
        self.decodings = 0
        self._messages: dict[int, bytes] = {}

    def add(
        self,
        *,
        lost: Sequence[str] = (),
        message: tuple[int, Message] | None = None,
        datagram: bytes | None = None,
        **fields: Any,
    ) -> int:
        """Append a row; text columns take their text, and those of `lost` were not kept."""
        fields = {
            name: self.intern(value) if name in _TEXTS else value for name, value in fields.items()
        }
        fields |= dict.fromkeys(lost, LOST_STRING)
        if message is not None:
            fields["type"], body = message
            datagram = build_message(fields["type"], body.SerializeToString())
        if datagram is not None:
            self._messages[self.end_row] = datagram
        row = np.zeros(1, ROW_DTYPE)
        for name, value in make_row(**fields).items():
            row[name] = value
        self.extend(row)
        return self.end_row - 1

    def extend(self, rows: npt.NDArray[np.void]) -> None:
        """Append rows as they are."""
        self._rows = np.concatenate((self._rows, rows))
        self.end_row += len(rows)

    def call(self, name: str, *, exits: bool = False, **fields: Any) -> int:
        """Append a row of a system call by its name."""
        side = "exit" if exits else "enter"
        direction = Direction.EXIT if exits else Direction.ENTER
        return self.add(point=f"syscall/{name}/{side}", direction=direction, **fields)

    def stretches(
        self, start: int, rows: npt.NDArray[np.void], asked: npt.NDArray[np.bool_]
    ) -> Iterator[Stretch]:
        pieces = [self._messages.get(start + place, b"") for place in range(len(rows))]
        ends = list(accumulate(map(len, pieces)))
        yield Stretch(0, len(rows), [0, *ends[:-1]], ends, b"".join(pieces))

    def intact(
        self, start: int, rows: npt.NDArray[np.void], asked: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.bool_]:
        """All are: nothing is on a disk."""
        return asked.copy()

    def decoded(self, index: int) -> Decoded:
        """A row's message; rows without one are malformed."""
        self.decodings += 1
        if index not in self._messages:
            raise WireError("no message")
        return decode(self._messages[index])


def open_message(
    path: str, *, flags: int = 0, process: str = "", container: str = "", exits: bool = False
) -> tuple[int, Message]:
    """An `openat` message and its type."""
    message = syscall_pb2.Open(sysno=257, fd=-100, pathname=path, flags=flags)
    message.context_data.process_name = process
    message.context_data.container_id = container
    if exits:
        message.exit.result = 3
    return OPEN, message


def passing(
    trace: TextTrace,
    text: str,
    context: FilterContext | None = None,
    zone: tzinfo | None = UTC,
) -> list[int]:
    """Row ids that pass; asked for all rows at once and one by one."""
    condition = compile_filter(text, context, zone=zone)
    rows = trace.rows(trace.first_row, trace.end_row)
    mask = condition.mask(trace, rows, trace.first_row)
    assert mask.dtype == np.bool_
    assert mask.shape == rows.shape
    ids = range(trace.first_row, trace.end_row)
    singly = [row for row in ids if condition.matches(trace, row)]
    together: list[int] = (np.flatnonzero(mask) + trace.first_row).tolist()
    assert together == singly
    return together
