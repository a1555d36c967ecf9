"""Tells the viewers of a monitor what a command does to the session of a sandbox."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.agent.noting import note_patiently
from gvtui.decode.escape import escape
from gvtui.saying import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gvtui.agent.containers import Container
    from gvtui.agent.outcome import ChangeOutcome
    from gvtui.points.session import Session

_MOST_MONITORS = 8
"""How many monitors are told: a session file may name any number of sockets."""


@contextmanager
def announced(
    container: Container, *sessions: Session | None
) -> Iterator[Callable[[ChangeOutcome], None]]:
    """Have the viewers of the monitors concerned told that a sandbox's session changes now.

    A monitor that cannot be told is no reason to leave the change: standard error says so.

    Args:
        container: a container of the sandbox.
        sessions: the session that is wanted, and the one that ran, where it is known: their sockets
            tell whose viewers are told.

    Yields:
        What has the outcome noted in the traces of these monitors.
    """
    # Commands that only complete what is typed load none of it.
    from gvtui.monitor.attached import AttachedMonitor
    from gvtui.monitor.listener import MonitorError

    endpoints = dict.fromkeys(
        endpoint for session in sessions if session is not None for endpoint in session.endpoints
    )
    monitors = []
    for endpoint in list(endpoints)[:_MOST_MONITORS]:
        try:
            monitor = AttachedMonitor.find(Path(endpoint), asks=False)
        except MonitorError as error:
            say(f"gvtui: viewers are not told of the change: {escape(str(error))}")
            continue
        if monitor is not None:
            monitors.append(monitor)
            monitor.tell_changing(container.sandbox_id, is_command=True)

    def note(outcome: ChangeOutcome) -> None:
        for mark in outcome.marks():
            for monitor in monitors:
                if not note_patiently(monitor.send_mark, mark, 0):
                    say(f"gvtui: {escape(str(monitor.trace_path))} lacks a note of the change")

    try:
        yield note
    finally:
        for monitor in monitors:
            monitor.stop()
