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
import zlib
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any

import msgpack

from gvtui.files import trust
from gvtui.monitor.folder import holds_rows, left_behind, make_folder, take_back
from gvtui.monitor.heartbeat import Heartbeat
from gvtui.monitor.listener import MonitorError
from gvtui.python import python
from gvtui.trace.accounting import Accounting
from gvtui.trace.losses import Losses

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gvtui.monitor.options import MonitorOptions
    from gvtui.trace.marks import Mark

__all__ = ["MonitorError", "MonitorProcess"]

START_SECONDS = 60.0
"""How many seconds a monitor may take until it listens."""

STOP_SECONDS = 10.0
"""How long a monitor may take to end: it takes up to three seconds for what sandboxes have sent."""

_MAX_EVENT_BYTES = 1 << 20
_POLL_SECONDS = 0.05


class MonitorProcess:
    """A running monitor process, in its own session, so that the terminal's keys do not reach it.

    Owns the process, the control channel, and the flight recorder's folder; `stop` ends all three.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        channel: socket.socket,
        trace_path: Path,
        errors: IO[bytes],
        lock_fd: int | None,
    ) -> None:
        self.trace_path = trace_path
        """The path of the trace, for `Trace.open`."""
        self.realtime = False
        """Whether the monitor runs at real-time priority."""
        self._process = process
        self._channel = channel
        self._errors = errors
        self._lock_fd = lock_fd
        self._told_death = False
        self._is_recording = lock_fd is None
        self.lost = 0
        """Messages that came and are in no row, as far as the monitor has said."""
        self.losses = Losses()
        """All that was lost, as far as the monitor has said."""
        self.account = Accounting(received=0)
        """What has happened to all that came for the trace, as far as it has said."""
        self._logged_before = 0
        self.connections = 0
        """Connections that have opened, as far as it has said."""
        self.refused = 0
        """How many connections were refused, as the monitor last reported."""
        self.left_out = 0
        """Messages that a limit kept out of the trace, as far as the monitor has said."""
        self.is_kept = False
        """Whether `stop` has kept the flight recorder."""
        self.was_killed = False
        """Whether it did not end when it was told to, and had to be killed."""
        self._heartbeat = Heartbeat(process.pid)

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
            trace_path, lock_fd = make_folder(is_spool=options.is_spool)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        errors = tempfile.TemporaryFile()  # noqa: SIM115
        inherited = [theirs.fileno()] + ([lock_fd] if lock_fd is not None else [])
        with theirs:
            command = python("-m", "gvtui.monitor", str(theirs.fileno()))
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
        ours.setblocking(False)
        monitor = cls(process, ours, trace_path, errors, lock_fd)
        try:
            monitor._wait_until_listening()
        except BaseException:
            monitor.stop()
            raise
        return monitor

    def _wait_until_listening(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            select.select([self._channel], [], [], max(0.0, deadline - time.monotonic()))
            for event in self.read_events():
                if event["kind"] == "listening":
                    self.realtime = bool(event.get("realtime"))
                    return
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

    def fileno(self) -> int:
        """The control channel's descriptor: readable when `read_events` has something."""
        return self._channel.fileno()

    def read_events(self) -> list[dict[str, Any]]:
        """The control messages since the last call; never waits.

        Besides what `gvtui.monitor.options` lists: `died` (with `text`) once, when the process has
        gone without being asked to; and `fault` (`about` the `monitor`, with `text`) when it has
        said nothing for some seconds, with an empty text when it speaks again.
        """
        events = list(self._read_all())
        # Whoever has not looked for long finds here what was said meanwhile.
        if not self._told_death:
            told = self._heartbeat.listen(heard=bool(events))
            events += [{"kind": "fault", "about": "monitor", "text": text} for text in told]
        return events

    def _read_all(self) -> Iterator[dict[str, Any]]:
        while True:
            try:
                data = self._channel.recv(_MAX_EVENT_BYTES)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                if not self._told_death:
                    self._told_death = True
                    yield {"kind": "died", "text": self._last_words()}
                return
            message = msgpack.unpackb(data)
            self.refused = max(self.refused, int(message.get("refused") or 0))
            self.left_out = max(self.left_out, int(message.get("left_out") or 0))
            if "losses" in message:
                self.lost = int(message.get("lost") or 0)
                self.losses = Losses.read(message["losses"])
                self._logged_before = self.account.logged
                self.account = Accounting.unpack(message["account"])
            self.connections = max(self.connections, int(message.get("connections") or 0))
            if message.get("kind") == "stopped":
                self._told_death = True
            yield message

    @property
    def unaccounted(self) -> str:
        """What does not add up of what the monitor counts, in a sentence; "" while all does."""
        return "; ".join(self.account.unaccounted())

    def account_of(self, indexed: int | None) -> Accounting:
        """What has happened to all that came, with what a reader has found in the index.

        Messages may have come since the monitor spoke last; those that were in the log when it
        spoke before must have been found.

        Args:
            indexed: how many messages have been found; None while not all has been read.
        """
        logged = self.account.logged
        is_whole = indexed is None or indexed >= self._logged_before
        return replace(self.account, indexed=logged if is_whole else indexed or 0)

    def send_mark(self, mark: Mark, conn: int = 0) -> bool:
        """Ask the monitor to write a mark to the trace; False if the channel is full or closed.

        Args:
            mark: the mark.
            conn: the mark's connection; 0 for none.
        """
        # Compressed, because one control message must hold a session with all its points.
        packed = zlib.compress(msgpack.packb(mark.details()))
        try:
            self._channel.send(msgpack.packb({"kind": "mark", "conn": conn, "details": packed}))
        except OSError:
            return False
        return True

    def stop(self, timeout: float = STOP_SECONDS, *, keep: bool = False) -> None:
        """End the monitor and delete its flight recorder; a recording is kept.

        Args:
            timeout: how many seconds the monitor may take to write its messages; then it is killed.
            keep: have the flight recorder stay as well.
        """
        self.end(timeout)
        self._channel.close()
        self._errors.close()
        if self._lock_fd is not None:
            self.is_kept = keep and holds_rows(self.trace_path)
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
        try:
            self._channel.send(msgpack.packb({"kind": "stop"}))
        except OSError:
            self._process.terminate()
        # One that is stopped has to go on to end.
        self._process.send_signal(signal.SIGCONT)
        try:
            self._wait(timeout)
        except subprocess.TimeoutExpired:
            self.was_killed = True
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        if self._channel.fileno() >= 0:
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
            if self._channel.fileno() >= 0:
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
        whole = "is complete" if self._process.returncode == 0 else "lacks the last messages"
        if self.was_killed:
            whole = "lacks what came last: the monitor did not end and had to be killed"
        if self.losses:
            whole += f"; {self.losses.words()}"
        return f"{words} {whole}"

    def _last_words(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        code = self._process.returncode
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        if code is not None and code < 0:
            return f"it was killed by {signal.Signals(-code).name}"
        return f"it ended with code {code}" + (f": {lines[-1]}" if lines else "")
