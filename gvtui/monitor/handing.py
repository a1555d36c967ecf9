"""Hands a running monitor over to another process, which keeps it from then on.

No connection of a sandbox ends: the receiving process stays the same, and only the other end of its
channel moves.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.files import trust
from gvtui.monitor.adopted import AdoptedProcess
from gvtui.monitor.client import MonitorError, MonitorProcess
from gvtui.monitor.options import MonitorOptions
from gvtui.python import python

if TYPE_CHECKING:
    from collections.abc import Sequence

HANDING_SECONDS = 60.0
"""How long the other process may take until viewers can attach."""


def keeping_command() -> list[str]:
    """What starts the process that keeps a monitor, before the word that `Handed.pack` makes."""
    return python("-m", "gvtui.commands.keeping")


@dataclass(frozen=True, slots=True)
class Handed:
    """What the other process takes over."""

    options: MonitorOptions
    """How the monitor was started."""
    trace_path: Path
    pid: int
    channel: int
    """The descriptor of the control channel."""
    lock: int | None
    """The descriptor of the flight recorder's lock; None for a recording."""
    ready: int
    """The descriptor that is closed when viewers can attach, after one byte."""
    realtime: bool

    def pack(self) -> str:
        """All of it as one word of a command line."""
        numbers = [self.pid, self.channel, self.lock, self.ready, self.realtime]
        return json.dumps([self.options.pack(), str(self.trace_path), *numbers])

    @classmethod
    def unpack(cls, word: str) -> Handed:
        """Read it from such a word."""
        options, trace_path, *numbers = json.loads(word)
        return cls(MonitorOptions.unpack(options), Path(trace_path), *numbers)

    def adopt(self) -> MonitorProcess:
        """The monitor, in the process that keeps it from now on. Its trace stays at the end.

        Raises:
            MonitorError: it has ended.
        """
        if self.options.user is not None:
            trust(self.options.user)
        try:
            process = AdoptedProcess(self.pid)
        except ProcessLookupError as error:
            raise MonitorError("the monitor has ended") from error
        channel = socket.socket(fileno=self.channel)
        errors = tempfile.TemporaryFile()  # noqa: SIM115
        monitor = MonitorProcess(process, channel, self.trace_path, errors, self.lock)
        monitor.realtime = self.realtime
        monitor.keeps = True
        return monitor


def hand_over(monitor: MonitorProcess, options: MonitorOptions, command: Sequence[str]) -> int:
    """Have another process keep the monitor; gives its id.

    Args:
        monitor: the monitor, which is that process's from then on.
        options: how it was started.
        command: what starts that process, before the word that `Handed.pack` makes.

    Raises:
        MonitorError: it does not keep it; the monitor is still the caller's.
    """
    ready, theirs = os.pipe()
    try:
        channel, lock = monitor.descriptors
        handed = Handed(
            options, monitor.trace_path, monitor.pid, channel, lock, theirs, monitor.realtime
        )
        process = subprocess.Popen(
            [*command, handed.pack()],
            pass_fds=[fd for fd in (channel, lock, theirs) if fd is not None],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(theirs)
        theirs = -1
        readable, _, _ = select.select([ready], [], [], HANDING_SECONDS)
        if not readable or not os.read(ready, 1):
            process.kill()
            process.wait()
            raise MonitorError("the process that was to keep the monitor did not start")
    except OSError as error:
        raise MonitorError(f"the monitor cannot be left running: {error.strerror}") from error
    finally:
        os.close(ready)
        if theirs >= 0:
            os.close(theirs)
    # It ends when it will, and nobody waits for it.
    process.returncode = 0
    monitor.let_go()
    return process.pid
