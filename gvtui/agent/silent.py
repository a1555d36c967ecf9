"""Tells of sandboxes that have connected but send nothing, and how to find out why.

Where gVisor cannot configure the session of a pod init file, the container runs untraced. The
connection then closes at once (2026-09), or stays open and silent (2022-12, 2024-07).
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.decode.ids import short_id
from gvtui.points.runsc_command import parse_runsc_command
from gvtui.trace.connection import SECOND_NS

if TYPE_CHECKING:
    from gvtui.trace.connection import Connection
    from gvtui.trace.connections import Connections

SILENT_SECONDS = 20
"""After how many seconds without a first message a connection is told of."""

ENDED_SECONDS = 2
"""After how many seconds one that has gone is told of. A sandbox that was killed closes its
connection too: by then it is noted that its process runs no more."""

_MAX_WORD = 300


class SilentSandboxes:
    """Finds connections that have sent nothing, open or closed; gives each once."""

    def __init__(self) -> None:
        self._told: set[int] = set()

    def look(self, connections: Connections, now_ns: int) -> list[str]:
        """Sentences for the user on connections that have become silent, safe for a terminal.

        Args:
            connections: those that are known.
            now_ns: the present time, Unix nanoseconds.
        """
        silent = {
            each.conn: each
            for each in connections.values()
            if not each.messages
            and (
                now_ns - each.opened_ns >= SILENT_SECONDS * SECOND_NS
                if each.connected
                else _has_gone_silently(connections, each, now_ns)
            )
        }
        self._told &= silent.keys()
        found = [each for conn, each in silent.items() if conn not in self._told]
        self._told |= silent.keys()
        return [silence_words(each) for each in found]


def _has_gone_silently(connections: Connections, connection: Connection, now_ns: int) -> bool:
    """Whether a sandbox has gone for a while, and nothing tells that it has ended."""
    if now_ns - connection.closed_ns < ENDED_SECONDS * SECOND_NS:
        return False
    life = connections.lives.of(connection.conn)
    has_ended = life is not None and life.ending is not None
    return not has_ended and parse_runsc_command(connection.command).starts_sandbox


def silence_words(connection: Connection) -> str:
    """That a connection has sent nothing, what the reason may be, and how to find it."""
    name = short_id(connection.container_id) or f"connection {connection.conn}"
    command = parse_runsc_command(connection.command)
    file = command.flags.get("pod-init-config") or command.options.get("config") or "FILE"
    runsc = connection.command[0] if connection.command else ""
    words = ["gvtui", "session", "check", file]
    if runsc.startswith("/"):
        words += ["--runsc", runsc]
    check = shlex.join(word[:_MAX_WORD] for word in words)
    did = f"has connected, and has sent nothing for {SILENT_SECONDS} seconds"
    if not connection.connected:
        did = "has connected, and has gone without sending anything"
    return escape(
        f"{name} {did}. If its programs do what its session traces, gVisor could not configure "
        'the session, and says so in its own log alone ("unable to configure"). To check the '
        f"session: {check}",
        1000,
    )
