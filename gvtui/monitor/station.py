"""Where viewers attach to a running monitor: a socket beside the one of the sandboxes.

Messages are msgpack maps, one in a datagram, each with a `kind`. To a viewer: `hello` first (who
keeps the monitor, what it writes, see `Hello`), then `before` (`lines`: the end of the log so far),
the faults that stand, and from then on what the monitor says (see `gvtui.monitor.options`), with a
`beat` where it says nothing for a second. From a viewer: `mark`, as on the control channel; `ask`,
which is answered with `told` (`document`: see `gvtui.commands.status`); `changing` (`sandbox`: the
one whose session it changes; `is_command`: whether it is no viewer, but a command), which the others
are told in a `log`; `stop`.

Nobody waits for a viewer: what it does not read in time it misses, and only its own log lacks it.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import deque
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import msgpack

from gvtui import __version__
from gvtui.monitor.control import MAX_CONTROL_BYTES, Control, mark_in
from gvtui.monitor.listener import Listener
from gvtui.monitor.peer import credentials

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

PROTOCOL = 1
"""The version of the messages; a viewer of another one does not attach."""

MOST_VIEWERS = 64
"""How many viewers may be attached at once."""

_SUFFIX = ".viewers"
_BEAT_SECONDS = 1.0
_MOST_LINES = 200
_MAX_LINE = 1000
_MAX_NAME = 200
_LINES_AT_ONCE = 40
"""How many lines one message has: as many as fit, whatever letters they are of."""
_MOST_MESSAGES = 64
"""How many messages of one viewer are taken in one turn."""
_MOST_NEW = 128
"""How many who come are let in, or refused, in one turn: as many as may wait."""
_MOST_KEYS = 8
"""How many values a message has at most; none of them is a list."""


def station_path(listen: Path) -> Path:
    """Where viewers attach to the monitor of a socket."""
    return listen.with_name(listen.name + _SUFFIX)


def newcomers(listener: Listener, most: int) -> Iterator[socket.socket]:
    """Those who have come and may attach, so many of them at most; others are let go."""
    for _ in range(most):
        try:
            channel, _ = listener.socket.accept()
        except OSError:
            # Nobody waits, or this process has no descriptor for one more.
            return
        if credentials(channel)["peer_uid"] in (0, os.geteuid()):
            yield channel
        else:
            channel.close()


@dataclass(frozen=True, slots=True)
class Hello:
    """What a viewer is told first."""

    pid: int
    """The process that receives."""
    keeper: int
    """The process that keeps it, and talks to viewers."""
    listen: str
    """The socket of the sandboxes."""
    trace: str
    """The path of the trace that is written now."""
    recording: bool
    """Whether it is a recording, and no flight recorder."""
    keep_bytes: int
    realtime: bool
    user: int | None
    """The user that receives, and that the files belong to; None if it is the keeper's."""
    is_left: bool
    """Whether a viewer has left it running."""
    since_ns: int
    """When it was started, Unix nanoseconds."""
    protocol: int = PROTOCOL
    program: str = f"gvtui {__version__}"

    @classmethod
    def read(cls, message: dict[str, Any]) -> Hello:
        """Read it from a message; what it does not know is left out.

        Raises:
            TypeError: something is missing.
        """
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in message.items() if name in names})


class _Attached:
    """A viewer that is attached."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self.control = Control(channel)
        self.only_asks = False
        self.awaits_answer = False
        self.is_gone = False

    def messages(self) -> Iterator[dict[str, Any]]:
        """What it has said since the last call, each read when the one before has been dealt with;
        `is_gone` holds afterwards once it has gone."""
        for _ in range(_MOST_MESSAGES):
            try:
                data = self.channel.recv(MAX_CONTROL_BYTES)
            except BlockingIOError:
                return
            except ConnectionResetError:
                # It left without having read all. That is said once, before what it had sent.
                continue
            except OSError:
                data = b""
            if not data:
                self.is_gone = True
                return
            with contextlib.suppress(ValueError, msgpack.UnpackException):
                message = msgpack.unpackb(data, max_array_len=0, max_map_len=_MOST_KEYS)
                if isinstance(message, dict):
                    yield message


class Station:
    """Lets viewers attach. Owns its socket and theirs, until `close`."""

    def __init__(
        self,
        listen: Path,
        hello: Callable[[], Hello],
        *,
        pass_mark: Callable[[bytes, int], bool],
        describe: Callable[[], dict[str, Any]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Listen beside the socket of the sandboxes; call `turn` several times a second.

        Args:
            listen: the socket of the sandboxes.
            hello: gives what a viewer is told first.
            pass_mark: has a mark written that a viewer wants in the trace.
            describe: gives the answer to `ask`.
            clock: gives seconds.

        Raises:
            MonitorError: the socket cannot be made.
        """
        self.is_told_to_stop = False
        """Whether a viewer has asked for the end of the monitor."""
        self._hello, self._pass_mark, self._describe = hello, pass_mark, describe
        self._clock = clock
        self._spoke_at = clock()
        self._viewers: list[_Attached] = []
        self._faults: dict[str, dict[str, Any]] = {}
        self._lines: deque[str] = deque(maxlen=_MOST_LINES)
        self._listener = Listener(station_path(listen), is_renamed=True)

    @property
    def path(self) -> Path:
        """The socket that viewers connect to."""
        return self._listener.path

    @property
    def viewers(self) -> int:
        """How many viewers are attached; who only asks how the monitor is, or changes a session by a
        command, is none."""
        return sum(not each.only_asks for each in self._viewers)

    def say(self, event: dict[str, Any]) -> None:
        """Pass on a message of the monitor to all viewers."""
        kind, text = event.get("kind"), str(event.get("text") or "")[:_MAX_LINE]
        if kind == "fault":
            about = str(event.get("about") or "")
            self._faults.pop(about, None)
            if text:
                self._faults[about] = event
        if kind in ("opened", "closed"):
            # The trace tells it.
            return
        if text:
            level = str(event.get("level") or "error") if kind == "log" else "error"
            self._lines.append(f"{level:<8}{text}")
        self._spoke_at = self._clock()
        for viewer in self._viewers:
            viewer.control.say(**event)

    def turn(self) -> None:
        """Let viewers in, do what they ask, and send what they have not read; never waits."""
        self._let_in()
        document: dict[str, Any] | None = None
        for viewer in list(self._viewers):
            for message in viewer.messages():
                self._obey(viewer, message)
            if viewer.is_gone:
                self._viewers.remove(viewer)
                viewer.channel.close()
                continue
            viewer.control.flush()
            # One answer serves all that it has asked, once it has read what was said before; and one
            # look at the monitor all who ask at once.
            if viewer.awaits_answer and viewer.control.is_read:
                viewer.awaits_answer = False
                document = document if document is not None else self._describe()
                viewer.control.say("told", document=document)
        if self._clock() - self._spoke_at >= _BEAT_SECONDS:
            self.say({"kind": "beat"})

    def _let_in(self) -> None:
        # Who comes again and again would else keep the others waiting for ever.
        for channel in newcomers(self._listener, _MOST_NEW):
            if len(self._viewers) >= MOST_VIEWERS:
                channel.close()
                continue
            viewer = _Attached(channel)
            viewer.control.say("hello", **asdict(self._hello()))
            lines = list(self._lines)
            for at in range(0, len(lines), _LINES_AT_ONCE):
                viewer.control.say("before", lines=lines[at : at + _LINES_AT_ONCE])
            for fault in self._faults.values():
                viewer.control.say(**fault)
            self._viewers.append(viewer)

    def _obey(self, viewer: _Attached, message: dict[str, Any]) -> None:
        kind = message.get("kind")
        if kind == "ask":
            viewer.only_asks = viewer.awaits_answer = True
        elif kind == "stop":
            self.is_told_to_stop = True
        elif kind == "changing" and isinstance(message.get("sandbox"), str):
            viewer.only_asks |= message.get("is_command") is True
            self._tell_changing(viewer, message["sandbox"])
        elif kind == "mark" and mark_in(message) is not None:
            self._pass_mark(message["details"], int(message.get("conn") or 0))

    def _tell_changing(self, by: _Attached, sandbox: str) -> None:
        """Tell all viewers but one that it changes a session: what it makes of it, a mark tells."""
        pid = credentials(by.channel)["peer_pid"]
        what = "gvtui session" if by.only_asks else "another viewer"
        who = f"{what}{f' (process {pid})' * bool(pid)}"
        text = f"{who} changes the session of {sandbox[:_MAX_NAME]}"
        for viewer in self._viewers:
            if viewer is not by:
                viewer.control.log("info", text)

    def look_after(self) -> None:
        """Make the socket anew if it was removed; to be called now and then.

        Raises:
            MonitorError: it cannot be made.
        """
        if not self._listener.is_in_place:
            self._listener.renew().close()

    def close(self) -> None:
        """Let all viewers go, and remove the socket."""
        for viewer in self._viewers:
            viewer.control.flush()
            viewer.channel.close()
        self._viewers.clear()
        self._listener.close()
