"""Who connected: the `runsc` command at the other end of a new connection."""

from __future__ import annotations

import socket
import struct
from pathlib import Path
from typing import Any

from gvtui.points.runsc_command import container_id_from_command

_UCRED = struct.Struct("iII")
_MAX_COMMAND_BYTES = 16_384


def peer_details(connection: socket.socket) -> dict[str, Any]:
    """What the kernel tells of the peer, read at accept since the command soon ends.

    Returns:
        `peer_pid`, `peer_uid`, `peer_gid`; and, where it can be read, `command` (list of words),
        and `container_id` if the command line names it.
    """
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    pid, uid, gid = _UCRED.unpack(raw)
    details: dict[str, Any] = {"peer_pid": pid, "peer_uid": uid, "peer_gid": gid}
    command = _command_line(pid)
    if command:
        details["command"] = command
        container_id = container_id_from_command(command)
        if container_id:
            details["container_id"] = container_id
    return details


def _command_line(pid: int) -> list[str]:
    try:
        with Path("/proc", str(pid), "cmdline").open("rb") as file:
            raw = file.read(_MAX_COMMAND_BYTES)
    except OSError:
        return []
    return [word.decode("utf-8", "replace") for word in raw.rstrip(b"\0").split(b"\0") if raw]
