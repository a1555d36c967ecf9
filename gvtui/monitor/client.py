"""Starts a monitor as a separate process, and talks to it over the control channel."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from typing import IO, TYPE_CHECKING, Any

from gvtui.files import trust
from gvtui.monitor.folder import holds_rows, left_behind, make_folder, take_back
from gvtui.monitor.hearing import Hearing
from gvtui.monitor.heartbeat import Heartbeat
from gvtui.monitor.listener import MonitorError
from gvtui.python import python, why_not_started

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.monitor.adopted import RunningProcess
    from gvtui.monitor.options import MonitorOptions

__all__ = ["MonitorError", "MonitorProcess"]

START_SECONDS = 60.0
"""How many seconds a monitor may take until it listens."""

STOP_SECONDS = 10.0
"""How long a monitor may take to end: it takes up to three seconds for what sandboxes have sent."""

_POLL_SECONDS = 0.05


class MonitorProcess(Hearing):
    """A running monitor process, in its own session, so that the terminal's keys do not reach it.

    Owns the process, the control channel, and the flight recorder's folder; `stop` ends all three.
    """

    is_viewers = True

    def __init__(
        self,
        process: RunningProcess,
        channel: socket.socket,
        trace_path: Path,
        errors: IO[bytes],
        lock_fd: int | None,
    ) -> None:
        super().__init__(channel, trace_path, Heartbeat(process.pid))
        self._process = process
        self._errors = errors
        self._lock_fd = lock_fd
        self._is_recording = lock_fd is None
        self.keeps = False
        """Whether the flight recorder stays at the end in any case."""
        self._has_stopped = False

    @classmethod
    def start(cls, options: MonitorOptions) -> MonitorProcess:
        """Start a monitor and wait until it listens.

        Raises:
            MonitorError: the monitor cannot listen or write; the text says why and what to do.
        """
        if options.user is not None:
            trust(options.user)
        lock_fd = None
        if options.record is not None:
            trace_path = options.record.absolute()
        else:
            # What is of no use goes; what is of use stays, and the viewer offers it.
            left_behind()
            trace_path, lock_fd = make_folder(options.place, is_spool=options.is_spool)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        errors = tempfile.TemporaryFile()  # noqa: SIM115
        inherited = [theirs.fileno(), *options.passed_fds]
        inherited += [lock_fd] if lock_fd is not None else []
        with theirs:
            command = python("-m", "gvtui.monitor", str(theirs.fileno()))
            try:
                process = subprocess.Popen(
                    [*command, json.dumps(options.pack()), str(trace_path)],
                    pass_fds=inherited,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    start_new_session=True,
                    # A fence is around one thread; numpy's library would have more.
                    env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
                )
            except OSError as error:
                ours.close()
                errors.close()
                if lock_fd is not None:
                    shutil.rmtree(trace_path, ignore_errors=True)
                    os.close(lock_fd)
                raise MonitorError(f"no monitor can run: {why_not_started(error)}") from error
        monitor = cls(process, ours, trace_path, errors, lock_fd)
        monitor.keeps = options.place is not None
        try:
            monitor._wait_until_listening()
        except BaseException:
            monitor.stop()
            raise
        return monitor

    def _wait_until_listening(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        before: list[dict[str, Any]] = []
        while time.monotonic() < deadline:
            select.select([self], [], [], max(0.0, deadline - time.monotonic()))
            events = self.read_events()
            for place, event in enumerate(events):
                if event["kind"] == "listening":
                    self.realtime = bool(event.get("realtime"))
                    self._unread = [*before, *events[place + 1 :]]
                    return
                if event["kind"] in ("fault", "log"):
                    before.append(event)
                if event["kind"] == "failed":
                    raise MonitorError(str(event.get("text")))
                if event["kind"] == "died":
                    raise MonitorError(f"the monitor did not start: {event['text']}")
        raise MonitorError(f"the monitor did not start within {START_SECONDS:g} s")

    @property
    def pid(self) -> int:
        """The pid of the monitor."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process is running."""
        return self._process.poll() is None

    def stop(self, timeout: float = STOP_SECONDS, *, keep: bool = False) -> None:
        """End the monitor and delete its flight recorder; a recording is kept, and so is a flight
        recorder in a place that was named.

        Args:
            timeout: how many seconds the monitor may take to write its messages; then it is killed.
            keep: have the flight recorder stay as well.
        """
        self.end(timeout)
        self._hang_up()
        self._errors.close()
        if self._lock_fd is not None:
            self.is_kept = (keep or self.keeps) and holds_rows(self.trace_path)
            if self.is_kept:
                take_back(self.trace_path)
            else:
                shutil.rmtree(self.trace_path, ignore_errors=True)
            os.close(self._lock_fd)
            self._lock_fd = None

    def end(self, timeout: float = STOP_SECONDS) -> None:
        """End the monitor; what it has received is written then, and its files stay until `stop`.

        Args:
            timeout: how many seconds the monitor may take to write its messages; then it is killed.
        """
        if not self._send({"kind": "stop"}):
            self._process.terminate()
        # One that is stopped has to go on to end.
        self._process.send_signal(signal.SIGCONT)
        try:
            self._wait(timeout)
        except subprocess.TimeoutExpired:
            self.was_killed = True
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        if self.fileno() >= 0:
            # The last events tell how many messages were lost.
            self.read_events()

    def _wait(self, timeout: float) -> None:
        """Wait for the process; what it says meanwhile is taken in, so that it can say more.

        Raises:
            subprocess.TimeoutExpired: it has not ended.
        """
        deadline = time.monotonic() + timeout
        while True:
            left = deadline - time.monotonic()
            try:
                self._process.wait(max(0.0, min(left, _POLL_SECONDS)))
                return
            except subprocess.TimeoutExpired:
                if left <= 0:
                    raise
            if self.fileno() >= 0:
                self.read_events()

    @property
    def became(self) -> str:
        """What happened to the trace at `stop`, in words for a sentence."""
        if self._is_recording:
            words = f"the recording {self.trace_path}"
        elif self.is_kept:
            words = f"what was seen is kept (gvtui replay {self.trace_path}) and"
        else:
            return "its trace is not kept"
        is_whole = self._process.returncode == 0 or self._has_stopped
        whole = "is complete" if is_whole else "lacks the last messages"
        if self.was_killed:
            whole = "lacks what came last: the monitor did not end and had to be killed"
        elif is_whole and self.losses:
            return f"{words} is not complete: {self.losses.words()}"
        if self.losses:
            whole += f"; {self.losses.words()}"
        return f"{words} {whole}"

    @property
    def descriptors(self) -> tuple[int, int | None]:
        """The descriptors of the control channel and of the flight recorder's lock."""
        return self.fileno(), self._lock_fd

    def let_go(self) -> None:
        """Close this process's end of all, for another process has it."""
        self._hang_up()
        self._errors.close()
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None
        if isinstance(self._process, subprocess.Popen):
            # Nobody waits for it here.
            self._process.returncode = 0

    def _take(self, message: dict[str, Any]) -> None:
        super()._take(message)
        self._has_stopped = self._has_stopped or message.get("kind") == "stopped"

    def _last_words(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        code = self._process.returncode
        if code is None:
            return "it was killed, or has failed"
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        if code < 0:
            return f"it was killed by {signal.Signals(-code).name}"
        return f"it ended with code {code}" + (f": {lines[-1]}" if lines else "")
