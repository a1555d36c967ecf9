"""Writes records to a new recording: messages that follow each other are written together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.monitor.ledger import Ledger
from gvtui.monitor.renewing import Renewing
from gvtui.trace.losses import Losses

if TYPE_CHECKING:
    from gvtui.monitor.ledger import Tells, Write
    from gvtui.trace.writer import TraceWriter

_MAX_HELD, _MAX_HELD_BYTES = 512, 1 << 20
"""Messages, and their bytes, that are written together at most."""


class RecordingSink:
    """A new recording that is being written."""

    def __init__(self, out: TraceWriter, control: Tells | None = None) -> None:
        """Take over a writer.

        Args:
            out: writes the recording.
            control: is told of faults; what cannot be written is then counted and noted as lost,
                and a recording that is removed is made again. Without one a fault raises OSError.
        """
        self.is_excerpt = False
        """Whether it says that it has only chosen messages."""
        self._out = out
        self._ledger = Ledger(out, control) if control is not None else None
        self._renewing = (
            Renewing(self._ledger, control)
            if control is not None and self._ledger is not None
            else None
        )
        self._held: list[tuple[int, bytes]] = []
        self._held_conn = self._held_bytes = 0
        self._taken = 0

    @property
    def messages(self) -> int:
        """Messages written so far, less those that were lost."""
        return self._taken - (self._ledger.lost if self._ledger is not None else 0)

    @property
    def losses(self) -> Losses:
        """What could not be written, or was removed."""
        return self._ledger.losses if self._ledger is not None else Losses()

    def write(self, write: Write, messages: int = 0) -> None:
        """Write something of so many messages, behind the messages that are held."""
        self._taken += messages
        self._write_held()
        self._put(write, messages)

    def hold(self, conn: int, recv_ns: int, payload: bytes) -> None:
        """Take a message to be written with those that follow it: many take less room together."""
        is_full = len(self._held) >= _MAX_HELD or self._held_bytes >= _MAX_HELD_BYTES
        if is_full or conn != self._held_conn:
            self._write_held()
            self._held_conn = conn
        self._taken += 1
        self._held.append((recv_ns, payload))
        self._held_bytes += len(payload)

    def end_row(self) -> int:
        """How many rows there are, once all that is held is written."""
        self._write_held()
        return self._out.end_row

    def look(self) -> None:
        """Begin the recording anew if its file was removed, and note what was lost; to be called
        now and then where there is a `control`."""
        self._write_held()
        if self._renewing is not None and self._ledger is not None:
            self._renewing.look()
            self._ledger.recover()

    def flush(self) -> None:
        """Wait until all is on the disk itself."""
        self.write(lambda writer: writer.flush())

    def close(self) -> None:
        """Finish the recording."""
        self._write_held()
        if self._ledger is not None:
            self._ledger.recover(is_last=True)
            self._out = self._ledger.writer
        self._out.close()

    def _write_held(self) -> None:
        held, self._held, self._held_bytes = self._held, [], 0
        conn = self._held_conn
        if held:
            self._put(lambda writer: writer.messages(conn, held), len(held))

    def _put(self, write: Write, messages: int) -> None:
        if self._ledger is None:
            write(self._out)
        else:
            self._ledger.write(write, messages)
