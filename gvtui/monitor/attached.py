"""A viewer's end of a monitor that another process keeps; see `gvtui.monitor.station`."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgpack

from gvtui.files import trust
from gvtui.monitor.doorbell import COME, COMING, packed
from gvtui.monitor.hearing import Hearing
from gvtui.monitor.heartbeat import Heartbeat
from gvtui.monitor.listener import MAX_PATH_BYTES, MonitorError
from gvtui.monitor.peer import credentials
from gvtui.monitor.station import PROTOCOL, Hello, station_path

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWER_SECONDS = 10.0
"""How long a monitor may take to answer: it looks at its viewers ten times a second."""

COMING_SECONDS = 30.0
"""How long a viewer may take to share the monitor that it had for itself."""
_LOOK_SECONDS = 0.1

_MAX_MESSAGE = 1 << 20


class _ComingError(MonitorError):
    """A viewer has the monitor for itself, and is asked to share it."""


class AttachedMonitor(Hearing):
    """A monitor that goes on when its viewers leave. Owns the connection to it."""

    is_shared = True

    def __init__(self, channel: socket.socket, hello: Hello) -> None:
        heartbeat = Heartbeat(
            hello.keeper,
            who="the process that keeps the monitor",
            means="it tells nothing of the monitor, whose numbers here are old",
        )
        super().__init__(channel, Path(hello.trace), heartbeat)
        self.hello = hello
        self.is_viewers = hello.is_left
        self.realtime = hello.realtime

    @classmethod
    def find(cls, listen: Path, *, asks: bool = True) -> AttachedMonitor | None:
        """Attach to the monitor of a socket; None if no monitor lets viewers attach there.

        Args:
            listen: the socket of the sandboxes.
            asks: whether a viewer that has the monitor for itself is asked to share it, which takes
                a moment; else nobody can attach there.

        Raises:
            MonitorError: it does not answer, is another user's, or of another version.
        """
        path = station_path(listen)
        if len(os.fsencode(path)) > MAX_PATH_BYTES:
            return None
        try:
            return cls._find(path, asks=asks)
        except _ComingError:
            pass
        if not asks:
            return None
        deadline = time.monotonic() + COMING_SECONDS
        while time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
            # While it changes hands it may be closed before it has said anything.
            with contextlib.suppress(MonitorError):
                found = cls._find(path, asks=False)
                if found is not None:
                    return found
        raise MonitorError(
            f"the viewer whose monitor is at {path} does not share it within {COMING_SECONDS:g} s: "
            "it is stopped or stuck, or has ended"
        )

    @classmethod
    def _find(cls, path: Path, *, asks: bool) -> AttachedMonitor | None:
        """See `find`.

        Raises:
            _ComingError: a viewer has the monitor for itself.
            MonitorError: see `find`.
        """
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            channel.settimeout(ANSWER_SECONDS)
            try:
                _connect(channel, path)
            except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
                channel.close()
                return None
            user = credentials(channel)["peer_uid"]
            if user not in (0, os.geteuid()):
                raise MonitorError(
                    f"the program at {path} is of user {user}: only your own monitor, or root's, "
                    "can be attached to"
                )
            try:
                hello = _greeting(channel.recv(_MAX_MESSAGE), path)
            except _ComingError:
                with contextlib.suppress(OSError):
                    if asks:
                        channel.send(packed(COME))
                raise
        except OSError as error:
            channel.close()
            if error.errno == errno.EACCES:
                raise MonitorError(
                    f"the monitor at {path} is another user's: only that user can attach"
                ) from error
            if isinstance(error, BlockingIOError):
                raise MonitorError(
                    f"the monitor at {path} has let nobody in within {ANSWER_SECONDS:g} s: too many "
                    "programs connect to it, or it is stopped or stuck"
                ) from error
            reason = error.strerror or f"it does not answer within {ANSWER_SECONDS:g} s"
            raise MonitorError(f"cannot attach to the monitor at {path}: {reason}") from error
        except MonitorError:
            channel.close()
            raise
        if hello.user is not None:
            trust(hello.user)
        trust(user)
        return cls(channel, hello)

    @property
    def pid(self) -> int:
        """The pid of the process that receives."""
        return self.hello.pid

    @property
    def became(self) -> str:
        """That the monitor goes on, in words for a sentence."""
        if self._told_death:
            if not self.trace_path.exists():
                return "the monitor has ended, and its trace is not kept"
            return f"the monitor has ended; gvtui replay {self.trace_path} opens what it wrote"
        return f"the monitor (process {self.hello.keeper}) goes on, and writes {self.trace_path}"

    def ask(self) -> dict[str, Any]:
        """How the monitor is.

        Raises:
            MonitorError: it does not answer.
        """
        self._send({"kind": "ask"})
        found: list[dict[str, Any]] = []

        def has_come() -> bool:
            found.extend(event for event in self.read_events() if event["kind"] in _ANSWERS)
            return bool(found)

        if not self._wait(has_come) or found[0]["kind"] != "told":
            raise MonitorError(
                f"the monitor (process {self.hello.keeper}) does not say how it is: "
                f"{found[0].get('text') if found else 'it is stopped or stuck'}"
            )
        document: dict[str, Any] = found[0]["document"]
        return document

    def end(self) -> None:
        """End the monitor, for all its viewers.

        Raises:
            MonitorError: it has not ended.
        """
        self._send({"kind": "stop"})
        if not self._wait(lambda: any(each["kind"] == "died" for each in self.read_events())):
            raise MonitorError(f"the monitor (process {self.hello.keeper}) does not end")

    def _wait(self, condition: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + ANSWER_SECONDS * 2
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            select.select([self], [], [], left)
        return True

    def _take(self, message: dict[str, Any]) -> None:
        super()._take(message)
        if message.get("kind") == "anew":
            self.trace_path = Path(str(message.get("path")))

    def _last_words(self) -> str:
        return f"the process that kept it ({self.hello.keeper}) has ended"

    def stop(self, *, keep: bool = False) -> None:
        """Leave the monitor, which goes on."""
        del keep
        self._hang_up()


_ANSWERS = ("told", "died")


def _connect(channel: socket.socket, path: Path) -> None:
    """Connect, also where many others wait to be let in.

    Raises:
        OSError: it cannot be done; `BlockingIOError` if there are too many for `ANSWER_SECONDS`.
    """
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        try:
            channel.connect(os.fspath(path))
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_LOOK_SECONDS)
        else:
            return


def _greeting(data: bytes, path: Path) -> Hello:
    """Read the first message.

    Raises:
        MonitorError: it is none, or of another version of gvtui.
        _ComingError: a viewer has the monitor for itself.
    """
    message: Any = None
    with contextlib.suppress(ValueError, msgpack.UnpackException):
        message = msgpack.unpackb(data) if data else None
    if isinstance(message, dict) and message.get("kind") == COMING:
        raise _ComingError(f"a viewer has the monitor at {path} for itself")
    if not isinstance(message, dict) or message.get("kind") != "hello":
        raise MonitorError(
            f"the program at {path} does not let you attach: it may be another user's, or have too "
            "many viewers"
        )
    if message.get("protocol") != PROTOCOL:
        raise MonitorError(
            f"the monitor at {path} is of another version of gvtui ({message.get('program')}): "
            "attach with that one, or start the monitor anew"
        )
    try:
        return Hello.read(message)
    except TypeError as error:
        raise MonitorError(f"the program at {path} is no monitor of gvtui's") from error
