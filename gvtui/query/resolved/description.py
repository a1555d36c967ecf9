"""What an open descriptor is, as far as the trace tells."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag


class FdKind(IntEnum):
    """The kind of thing that a descriptor is; `word` is the one that the user reads."""

    UNKNOWN = 0
    FILE = 1
    DIRECTORY = 2
    PIPE = 3
    SOCKET = 4
    """A socket whose family is not known, or is none of the next three."""
    IPV4 = 5
    IPV6 = 6
    UNIX = 7
    EVENT = 8
    TIMER = 9
    SIGNAL = 10
    INOTIFY = 11
    EPOLL = 12
    MEMORY = 13
    PIDFD = 14
    OTHER = 15
    """Something else without a path, such as a descriptor of userfaultfd."""

    @property
    def word(self) -> str:
        """The kind as Falco's `fd.type` names it; "" if it is not known."""
        return _WORDS[self]

    @property
    def is_socket(self) -> bool:
        """Whether it is a socket of any family."""
        # The numbers, since this is asked for each change of a descriptor.
        return 4 <= self <= 7


_WORDS = {
    FdKind.UNKNOWN: "",
    FdKind.FILE: "file",
    FdKind.DIRECTORY: "directory",
    FdKind.PIPE: "pipe",
    FdKind.SOCKET: "socket",
    FdKind.IPV4: "ipv4",
    FdKind.IPV6: "ipv6",
    FdKind.UNIX: "unix",
    FdKind.EVENT: "event",
    FdKind.TIMER: "timerfd",
    FdKind.SIGNAL: "signalfd",
    FdKind.INOTIFY: "inotify",
    FdKind.EPOLL: "eventpoll",
    FdKind.MEMORY: "memfd",
    FdKind.PIDFD: "pidfd",
    FdKind.OTHER: "other",
}


class How(IntFlag):
    """How a file was opened."""

    NONE = 0
    READ = 1
    WRITE = 2
    MAY_CREATE = 4
    """It was created unless it existed."""
    CREATED = 8
    """It did not exist."""
    TRUNCATED = 16
    TOLD = 32
    """The call that opened it was seen: otherwise none of the others is known."""


@dataclass(slots=True, eq=False)
class Description:
    """An open file, socket or the like: what one or more descriptors stand for."""

    number: int
    """Its number within the analysis, from 1."""
    kind: FdKind = FdKind.UNKNOWN
    path: str = ""
    """Absolute path, as far as known; relative if its folder is not known. "" if it has none."""
    given: str = ""
    """The path as the program gave it."""
    told: str = ""
    """What the sandbox last said that it is, such as `/usr/lib/libc.so.6` where a symbolic link
    was opened, or `socket:[4]`; "" if the session does not collect `fd_path`."""
    how: How = How.NONE
    flags: int = 0
    """The flags of open as the program gave them, numbers of its architecture."""
    process: int = 0
    """The number of the process that opened it, or was the first to be seen with it; 0 if none."""
    fd: int = -1
    """The number of its first descriptor."""
    opened_row: int = -1
    """The row that opened it; -1 if it was open before the trace began, or its opening was not
    seen."""
    first_row: int = -1
    """The first row that has to do with it; -1 if only a dump of procfs tells of it."""
    last_row: int = -1
    closed_row: int = -1
    """The row after which no descriptor stands for it; -1 while there is one, as far as known."""
    is_kept_closed: bool = False
    """Whether it stands among those that are closed, of which a limited number is kept."""
    is_lost: bool = False
    """Whether it is not known what became of it, since messages of its process were lost."""
    bytes_in: int = 0
    """How many bytes were read or received, by the results of the calls that were seen."""
    bytes_out: int = 0
    reads: int = 0
    """How many calls read or received something."""
    writes: int = 0
    family: int = -1
    """Family of a socket, as in `socket(2)`; -1 if not known."""
    socket_type: int = -1
    """Type of a socket without its flags; -1 if not known."""
    protocol: int = -1
    local: str = ""
    """Address that a socket is bound to, or of the socket that accepted it; "" if not known."""
    remote: str = ""
    """Address that a socket is connected to; "" if not known."""
    is_server: bool = False
    """Whether the connection was accepted."""
    is_connected: bool = False
    is_listening: bool = False
    peer: int = 0
    """The number of the other end of a pipe or a socket pair; 0 if not known."""
    names: tuple[tuple[int, int], ...] = ()
    """For a socket, the rows from which its name changed, each with the number of the text."""

    @property
    def is_open(self) -> bool:
        """Whether a descriptor stands for it, as far as the trace tells."""
        return self.closed_row < 0

    @property
    def opened_as(self) -> str:
        """The path by which it was opened, or the addresses of a socket, the client's first."""
        if self.kind.is_socket:
            ends = (self.remote, self.local) if self.is_server else (self.local, self.remote)
            return "->".join(end for end in ends if end)
        return self.path

    @property
    def connection(self) -> str:
        """What a socket does, in a word: accepted, listening, connected; "" if not known."""
        if not self.kind.is_socket:
            return ""
        if self.is_server:
            return "accepted"
        if self.is_listening:
            return "listening"
        return "connected" if self.is_connected else ""

    @property
    def rows_filter(self) -> str:
        """The filter for its life: its opening, its uses, its closing."""
        own = f"fd.id = {self.number}"
        # A call that opens two is about neither of them alone.
        is_apart = self.opened_row >= 0 and self.peer
        return f"{own} or evt.num = {self.opened_row}" if is_apart else own

    @property
    def name(self) -> str:
        """What it is called: what the sandbox says that a file is, or the addresses of a socket;
        "" if nothing is known."""
        if self.told.startswith("/"):
            return self.told
        return self.opened_as or self.told


_TOLD = {
    "eventfd": FdKind.EVENT,
    "timerfd": FdKind.TIMER,
    "signalfd": FdKind.SIGNAL,
    "eventpoll": FdKind.EPOLL,
    "inotifyfd": FdKind.INOTIFY,
}


def kind_of(told: str) -> FdKind:
    """The kind of a descriptor by what the sandbox says that it is, such as `pipe:[3]`."""
    if told.startswith("/memfd:"):
        return FdKind.MEMORY
    if told.startswith("/"):
        return FdKind.FILE
    before, _, after = told.partition(":")
    if before == "anon_inode":
        return _TOLD.get(after.strip("[]").partition(":")[0], FdKind.OTHER)
    return {"pipe": FdKind.PIPE, "socket": FdKind.SOCKET}.get(before, FdKind.UNKNOWN)
