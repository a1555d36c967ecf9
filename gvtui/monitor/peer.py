"""Reads from the kernel which process, normally a `runsc` command, has connected."""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path
from typing import Any

from gvtui.points.runsc_command import parse_runsc_command

_UCRED = struct.Struct("iII")
_MAX_COMMAND_BYTES = 16_384


def peer_details(connection: socket.socket) -> dict[str, Any]:
    """The details of the peer, read at once because the command soon ends.

    Returns:
        `peer_pid`, `peer_uid`, `peer_gid`; and, where it can be read, `command` (list of words),
        `container_id` if the command line names it, and `exe`, the file that the peer runs: its
        `path`, and `dev`, `ino`, `size` and `mtime_ns` if the peer belongs to root or this user.
    """
    details = credentials(connection)
    pid, uid = details["peer_pid"], details["peer_uid"]
    command = _command_line(pid)
    if command:
        details["command"] = command
        container_id = parse_runsc_command(command).container_id
        if container_id:
            details["container_id"] = container_id
    exe = _exe(pid, is_trusted=uid in (0, os.geteuid()))
    if exe:
        details["exe"] = exe
    return details


def credentials(connection: socket.socket) -> dict[str, Any]:
    """What the kernel noted when the peer connected: `peer_pid`, `peer_uid` and `peer_gid`."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    pid, uid, gid = _UCRED.unpack(raw)
    return {"peer_pid": pid, "peer_uid": uid, "peer_gid": gid}


def may_have_room(details: dict[str, Any]) -> bool:
    """Whether to enlarge the peer's send buffer: only for a `runsc` of root or of this user.

    The buffer is kernel memory, which other users do not get; and other users could replace their
    socket by another file at any moment, which gvtui must not change.
    """
    if details["peer_uid"] not in (0, os.geteuid()):
        return False
    return parse_runsc_command(details.get("command") or []).makes_session


def _exe(pid: int, *, is_trusted: bool) -> dict[str, Any]:
    """The file that a process runs; only its path if reading the file's status could hang.

    The kernel alone reads a link of /proc, but the file may be on another user's FUSE file system
    that does not answer.
    """
    link = f"/proc/{pid}/exe"
    try:
        exe: dict[str, Any] = {"path": os.fsencode(os.readlink(link)).decode("utf-8", "replace")}
        if is_trusted:
            exe |= file_identity(os.stat(link))
    except OSError:
        return {}
    return exe


def file_identity(status: os.stat_result) -> dict[str, int]:
    """Values that identify a file and its present content."""
    return {
        "dev": status.st_dev,
        "ino": status.st_ino,
        "size": status.st_size,
        "mtime_ns": status.st_mtime_ns,
    }


def _command_line(pid: int) -> list[str]:
    try:
        with Path("/proc", str(pid), "cmdline").open("rb") as file:
            raw = file.read(_MAX_COMMAND_BYTES)
    except OSError:
        return []
    return [word.decode("utf-8", "replace") for word in raw.rstrip(b"\0").split(b"\0") if raw]
