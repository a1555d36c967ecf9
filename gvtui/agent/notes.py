"""Everything that gvtui finds out about connections beside their messages, and has noted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gvtui.agent.drops import Asker, DropNotes
from gvtui.agent.endings import EndingNotes
from gvtui.agent.naming.notes import NameNotes
from gvtui.agent.senders import BinaryNotes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gvtui.trace.connections import Connections
    from gvtui.trace.marks import Mark


class ConnectionNotes:
    """Has a trace note binaries, names, drops that no message tells of, and how sandboxes ended."""

    def __init__(self, note: Callable[[Mark, int], bool], binaries: Sequence[str] = ()) -> None:
        """Prepare; threads start when there is something to find out.

        Args:
            note: asks the monitor to write a connection's mark; gives False if it cannot now.
            binaries: runsc binaries to use, in place of those found.
        """
        self._binaries = BinaryNotes(note)
        self._names = NameNotes(note)
        self._drops = DropNotes(note, Asker(binaries).ask)
        self._endings = EndingNotes(note)

    def opened(self, event: dict[str, Any]) -> None:
        """Take up an event of the monitor that a connection has opened; never waits."""
        self._binaries.opened(event)
        self._names.opened(event)
        self._endings.opened(event)

    def look(self, connections: Connections, now: float) -> None:
        """Look which connections there is something to find out about; never waits.

        Args:
            connections: those of the trace, as far as it has been read.
            now: seconds of a monotonic clock.
        """
        self._drops.look(connections.values(), now)
        self._names.look(connections, now)
        self._endings.look(connections, now)

    def ask_all(self, connections: Connections) -> None:
        """Ask all sandboxes a last time, while they can be asked; waits for some seconds at most."""
        self._drops.finish(connections.values())
        self._endings.finish(connections)

    def finish(self) -> None:
        """Wait until what has been found out is noted, for some seconds at most."""
        self._binaries.finish()
        self._names.finish()
