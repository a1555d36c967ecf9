"""Starts a monitor as a process of its own and talks to it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgpack
import platformdirs

from gvtui.files import give, locked_file, open_to_read, trust
from gvtui.monitor.listener import MonitorError
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.monitor.options import MonitorOptions
    from gvtui.trace.marks import Mark

__all__ = ["MonitorError", "MonitorProcess"]

START_SECONDS = 15.0
"""How long a monitor may take until it listens."""

_MAX_EVENT_BYTES = 1 << 20
_LOCK_NAME = "lock"


class MonitorProcess:
    """A running monitor, in a session of its own so that no key of the terminal reaches it.

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
        """What `Trace.open` takes."""
        self.realtime = False
        """Whether the monitor runs at real-time priority."""
        self._process = process
        self._channel = channel
        self._errors = errors
        self._lock_fd = lock_fd
        self._told_death = False
        self._is_recording = lock_fd is None
        self.lost = 0
        """Messages that came and could not be written, as far as the monitor has said."""
        self.refused = 0
        """Connections refused so far, as far as the monitor has said."""
        self.is_kept = False
        """Whether `stop` has kept a flight recorder."""

    @classmethod
    def start(cls, options: MonitorOptions) -> MonitorProcess:
        """Start a monitor and wait until it listens.

        Raises:
            MonitorError: it cannot listen or write; the message says why and what to do.
        """
        if options.user is not None:
            trust(options.user)
        lock_fd = None
        if options.record is not None:
            trace_path = options.record.absolute()
        else:
            trace_path, lock_fd = _make_folder()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        errors = tempfile.TemporaryFile()  # noqa: SIM115
        inherited = [theirs.fileno()] + ([lock_fd] if lock_fd is not None else [])
        with theirs:
            command = [sys.executable, "-m", "gvtui.monitor", str(theirs.fileno())]
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
        """The monitor's process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def fileno(self) -> int:
        """The control channel's descriptor: readable when `read_events` has something."""
        return self._channel.fileno()

    def read_events(self) -> list[dict[str, Any]]:
        """What the monitor has said since the last call; never waits.

        Besides what `gvtui.monitor.options` lists: `died` (with `text`) once, when the process has
        gone without being asked to.
        """
        events: list[dict[str, Any]] = []
        while True:
            try:
                data = self._channel.recv(_MAX_EVENT_BYTES)
            except BlockingIOError:
                return events
            except OSError:
                data = b""
            if not data:
                if not self._told_death:
                    self._told_death = True
                    events.append({"kind": "died", "text": self._last_words()})
                return events
            message = msgpack.unpackb(data)
            self.lost = max(self.lost, int(message.get("lost") or 0))
            self.refused = max(self.refused, int(message.get("refused") or 0))
            if message.get("kind") == "stopped":
                self._told_death = True
            events.append(message)

    def send_mark(self, mark: Mark, conn: int = 0) -> bool:
        """Have the monitor note something in the trace; False if it cannot be told now.

        Args:
            mark: what to note.
            conn: the connection that it is about; 0 for none.
        """
        # Packed, for one message of the channel has to hold a session with all its points.
        packed = zlib.compress(msgpack.packb(mark.details()))
        try:
            self._channel.send(msgpack.packb({"kind": "mark", "conn": conn, "details": packed}))
        except OSError:
            return False
        return True

    def stop(self, timeout: float = 5.0, *, keep: bool = False) -> None:
        """End the monitor and remove its flight recorder; a recording stays.

        Args:
            timeout: seconds that it may take to write what it has; then it is killed.
            keep: have the flight recorder stay as well, in place of the one that was kept last.
        """
        with contextlib.suppress(OSError):
            self._channel.send(msgpack.packb({"kind": "stop"}))
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        if self._channel.fileno() >= 0:
            # For what it has lost.
            self.read_events()
        self._channel.close()
        self._errors.close()
        if self._lock_fd is not None:
            self.is_kept = keep and self._keep()
            if not self.is_kept:
                shutil.rmtree(self.trace_path, ignore_errors=True)
            os.close(self._lock_fd)
            self._lock_fd = None

    def _keep(self) -> bool:
        """Move the flight recorder to where no monitor removes it."""
        place = Path(platformdirs.user_cache_dir("gvtui"), "kept")
        shutil.rmtree(place, ignore_errors=True)
        try:
            self.trace_path.rename(place)
            # It may have been another user's who received.
            for path in (place, *place.iterdir()):
                give(path, os.geteuid(), os.getegid())
        except OSError:
            return False
        self.trace_path = place
        return True

    @property
    def became(self) -> str:
        """What has become of the trace after `stop`, for a sentence."""
        if self._is_recording:
            words = f"the recording {self.trace_path}"
        elif self.is_kept:
            words = (
                f"what was seen is kept until the next fault (gvtui replay {self.trace_path}) and"
            )
        else:
            return "what was seen is not kept"
        whole = "is complete" if self._process.returncode == 0 else "lacks what came last"
        if self.lost:
            whole = f"lacks {counted(self.lost, 'message')} that could not be written"
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


def _make_folder() -> tuple[Path, int]:
    """A private folder for a flight recorder, and the descriptor of the lock that guards it."""
    place = Path(platformdirs.user_cache_dir("gvtui"), "live")
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_left_behind(place)
        folder = Path(tempfile.mkdtemp(prefix=time.strftime("%Y%m%d-%H%M%S-"), dir=place))
        with locked_file(folder / _LOCK_NAME) as lock:
            lock_fd = os.dup(lock.fileno())
    except OSError as error:
        raise MonitorError(f"cannot write to {place}: {error.strerror}") from error
    # Shared with the monitor: the folder is guarded as long as either of the two lives.
    fcntl.flock(lock_fd, fcntl.LOCK_SH)
    return folder, lock_fd


def _remove_left_behind(place: Path) -> None:
    """Remove folders whose monitor and viewer were both killed."""
    for folder in place.iterdir():
        with contextlib.suppress(OSError), open_to_read(folder / _LOCK_NAME) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
