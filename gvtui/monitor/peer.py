"""Reads from the kernel which process, normally a `runsc` command, has connected."""

from __future__ import annotations

import os
import socket
import struct
from pathlib import Path
from typing import Any

from gvtui.points.runsc_command import parse_runsc_command
from gvtui.trace.details import short_args

_UCRED = struct.Struct("iII")
_MAX_COMMAND_BYTES = 16_384
_MAX_CGROUP = 1024
_START_FIELD = 22 - 3
"""Behind the program's name, which is the second field."""


def peer_details(connection: socket.socket) -> dict[str, Any]:
    """The details of the peer, read at once because the command soon ends.

    Returns:
        `peer_pid`, `peer_uid`, `peer_gid`; and, where it can be read, `command` (list of words),
        `container_id` if the command line names it, and `exe`, the file that the peer runs: its
        `path`, and `dev`, `ino`, `size` and `mtime_ns` if the peer is of root or this user, which
        `is_trusted` tells. `peer_start` is when it started, in clock ticks since the machine did;
        0 for a process that has gone or is another's. With it comes `cgroup`, its place among the
        control groups. A peer of another process namespace has the id 0, and none of these.
    """
    details = credentials(connection)
    pid, uid = details["peer_pid"], details["peer_uid"]
    if not pid:
        return details
    is_trusted = details["is_trusted"] = uid in (0, os.geteuid())
    start = details["peer_start"] = _start(pid, uid)
    if not start:
        return details
    details["cgroup"] = _cgroup(pid)
    command = _command_line(pid)
    if command:
        # As much as is ever read of it: it stays in memory as long as the connection.
        details["command"] = short_args(command)
        container_id = parse_runsc_command(command).container_id
        if container_id:
            details["container_id"] = container_id
    exe = _exe(pid, is_trusted=is_trusted)
    if exe:
        details["exe"] = exe
    return details


def credentials(connection: socket.socket) -> dict[str, Any]:
    """What the kernel noted when the peer connected: `peer_pid`, `peer_uid` and `peer_gid`.

    `peer_start` is 0 besides, for nobody has looked at the process; see `peer_details`.
    """
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    pid, uid, gid = _UCRED.unpack(raw)
    details: dict[str, Any] = {"peer_pid": pid, "peer_uid": uid, "peer_gid": gid}
    return details | ({"peer_start": 0} if pid else {})


def may_have_room(details: dict[str, Any]) -> bool:
    """Whether to enlarge the peer's send buffer: only for a `runsc` of root or of this user.

    The buffer is kernel memory, which other users do not get; and other users could replace their
    socket by another file at any moment, which gvtui must not change.
    """
    if details["peer_uid"] not in (0, os.geteuid()):
        return False
    return parse_runsc_command(details.get("command") or []).makes_session


def _start(pid: int, uid: int) -> int:
    """When a process started, field 22 of proc_pid_stat(5); 0 if it has gone, or is another user's:
    then the peer has ended, and its id belongs to somebody else by now."""
    place = Path("/proc", str(pid))
    try:
        # What belongs to root may be a process that must not be looked into.
        if place.stat().st_uid not in (uid, 0):
            return 0
        with (place / "stat").open("rb") as file:
            words = file.read(_MAX_COMMAND_BYTES)
        # The name of the program, in parentheses, may hold anything.
        return int(words.rpartition(b")")[2].split()[_START_FIELD])
    except (OSError, ValueError, IndexError):
        return 0


def _cgroup(pid: int) -> str:
    """Where a process is among the control groups, by its last line: that of version 2."""
    try:
        with Path("/proc", str(pid), "cgroup").open("rb") as file:
            lines = file.read(_MAX_COMMAND_BYTES).splitlines()
    except OSError:
        return ""
    last = lines[-1].rpartition(b":")[2] if lines else b""
    return last[:_MAX_CGROUP].decode("utf-8", "replace")


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
