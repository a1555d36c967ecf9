"""Finds the running monitor that a path means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.monitor.attached import AttachedMonitor
from gvtui.monitor.listener import MonitorError
from gvtui.monitor.options import DEFAULT_LISTEN
from gvtui.monitor.places import socket_of

if TYPE_CHECKING:
    from pathlib import Path


def found_monitor(path: Path | None) -> AttachedMonitor:
    """Attach to a monitor.

    Args:
        path: its socket, or what it writes; None means the usual socket.

    Raises:
        MonitorError: no monitor runs there, or it does not answer.
    """
    listen = path if path is not None else DEFAULT_LISTEN
    told = socket_of(listen)
    monitor = AttachedMonitor.find(told or listen)
    if monitor is not None:
        return monitor
    if told is not None:
        raise MonitorError(
            f"the monitor of {listen} has ended; gvtui replay opens what it wrote, and gvtui "
            "monitor starts another"
        )
    raise MonitorError(
        f"no monitor that viewers can attach to listens at {listen}; gvtui monitor starts one, "
        "and gvtui attach PATH takes its socket or what it writes"
    )
