"""The options of a monitor, and the messages of the control channel.

Control messages are msgpack maps over a socketpair, each with a `kind`.

From the monitor: `listening` (the trace's path, whether priority is real-time), `failed` (it could
not start: why), `log` (`level`, `text`: a line for the user), `fault` (`about` the `trace`, the
`socket`, or one of the processes `porter`, `compressor` and `thinner`; `text`: what cannot be done, ""
when it can again), `anew` (the trace goes on in new files:
`path`, `text`), `status` (every second: also `refused`, the connections refused so far, and
`left_out`, the messages that a limit kept out), `opened` and `closed` (`conn` and details, also in
the trace), `stopped`. With `opened`, `closed` and `status` comes `connected`, how many connections are
open now. With `fault`, `anew`, `status` and
`stopped` come `lost`, how many messages were lost so far, `losses`, see `gvtui.trace.losses`, and of
the trace that is written now `account`, see `gvtui.trace.accounting`; with the last two also
`connections`.

To the monitor: `stop`, `mark` (`details`: zlib-packed msgpack map to note in the trace; `conn`: the
mark's connection, 0 for none).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gvtui.limits import AS_THEY_COME, Limits, packed

DEFAULT_LISTEN = Path("/tmp/gvisor_events.sock")
"""The default path of the socket."""

DEFAULT_KEEP_BYTES = 2 << 30
"""The default size of a flight recorder on disk, in bytes."""

FAULTS_OVER = {
    "trace": "the trace can be written again",
    "socket": "sandboxes can connect again",
    "monitor": "the monitor speaks again",
    "compressor": "complete segments are compressed again",
    "thinner": "what quiet sandboxes sent is kept again when the oldest segments go",
}
"""What can be done again when a fault is over, by what the fault is about."""

SEND_BUFFER_BYTES = 8 << 20
"""The size of a sandbox's send buffer in kernel memory; a message of 100 bytes takes 768."""


@dataclass(frozen=True, slots=True)
class MonitorOptions:
    """The options of a monitor."""

    listen: Path = DEFAULT_LISTEN
    listen_fd: int | None = None
    """The descriptor of a socket that listens there already; None makes one."""
    store_fd: int | None = None
    """The descriptor of a channel to who has connections kept for the next monitor, see
    `gvtui.monitor.fdstore`; None if they are not kept."""
    before_fd: int | None = None
    """The descriptor that tells what goes on from the monitor before, see
    `gvtui.monitor.goingon`; None if nothing does."""
    handed_fds: tuple[int, ...] = ()
    """The descriptors of the connections that go on."""
    record: Path | None = None
    """The recording to write; None for a flight recorder, which is deleted at the end."""
    keep_bytes: int = DEFAULT_KEEP_BYTES
    """How many bytes of disk a flight recorder may use; without effect on a recording."""
    keep_seconds: float = 0.0
    """How long a flight recorder keeps messages at most; 0 for no bound."""
    compresses: bool = False
    """Whether the complete segments of a flight recorder are compressed."""
    place: Path | None = None
    """The folder in which a flight recorder has its own; None for the user's cache. One that is
    made there stays at the end."""
    realtime: bool = True
    """Whether to ask for real-time priority."""
    socket_mode: int = 0o600
    socket_group: str | None = None
    coalesce_seconds: float = 0.001
    """How many seconds a connection rests between two turns, more if its send buffer is larger; 0
    wakes for every message."""
    is_spool: bool = False
    """Whether what is kept is only on its way to somewhere else, and of no use afterwards."""
    send_buffer_bytes: int = SEND_BUFFER_BYTES
    """The wanted size of each sandbox's send buffer in bytes; 0 leaves it unchanged."""
    allow_uids: tuple[int, ...] | None = None
    """The users that may connect besides root and gvtui's own; None for all who can open the
    socket."""
    limits: Limits = AS_THEY_COME
    user: int | None = None
    """User that receives; None stays who it is."""
    sync_seconds: float = 0.0
    """How often the log is brought onto the disk itself; 0 leaves that to the kernel."""

    @property
    def passed_fds(self) -> list[int]:
        """The descriptors among the options, which the monitor's process inherits."""
        named = (self.listen_fd, self.store_fd, self.before_fd)
        return [*(fd for fd in named if fd is not None), *self.handed_fds]

    def pack(self) -> dict[str, Any]:
        """The options as plain values, for the monitor's command line."""
        return {
            "listen": str(self.listen),
            "listen_fd": self.listen_fd,
            "store_fd": self.store_fd,
            "before_fd": self.before_fd,
            "handed_fds": self.handed_fds,
            "record": str(self.record) if self.record else None,
            "keep_bytes": self.keep_bytes,
            "keep_seconds": self.keep_seconds,
            "compresses": self.compresses,
            "place": str(self.place) if self.place else None,
            "realtime": self.realtime,
            "socket_mode": self.socket_mode,
            "socket_group": self.socket_group,
            "coalesce_seconds": self.coalesce_seconds,
            "is_spool": self.is_spool,
            "send_buffer_bytes": self.send_buffer_bytes,
            "allow_uids": self.allow_uids,
            "limits": packed(self.limits),
            "user": self.user,
            "sync_seconds": self.sync_seconds,
        }

    @classmethod
    def unpack(cls, values: dict[str, Any]) -> MonitorOptions:
        """Read the options from plain values."""
        record, allowed = values.pop("record"), values.pop("allow_uids")
        place, handed = values.pop("place"), values.pop("handed_fds")
        return cls(
            listen=Path(values.pop("listen")),
            record=Path(record) if record else None,
            place=Path(place) if place else None,
            allow_uids=None if allowed is None else tuple(allowed),
            handed_fds=tuple(handed),
            limits=Limits(**values.pop("limits")),
            **values,
        )
