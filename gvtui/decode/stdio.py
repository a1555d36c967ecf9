"""What a new program's standard input, output and error are, as `fd_info` tells it."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.decode.sockets import ip_endpoint
from gvtui.trace.procfs import is_tty

if TYPE_CHECKING:
    from gvtui.wire.pb import common_pb2, sentry_pb2

SHELLS = frozenset("sh ash bash csh dash fish hush ksh ksh93 mksh pwsh tcsh yash zsh".split())
"""Names of programs that take commands from their standard input."""

_DELETED = " (deleted)"
"""What the sandbox writes after the path of a file that has no name any more."""
_BOXES = frozenset(("busybox", "toybox"))
"""Programs that are what their first argument names."""
_AF_UNIX, _AF_INET, _AF_INET6 = 1, 2, 10
_FAMILIES = {_AF_UNIX: "unix", _AF_INET: "ipv4", _AF_INET6: "ipv6"}
_MAX_NAME = 4096
_MAPPED = re.compile(r"\[::ffff:([0-9.]+)\]", re.ASCII)
"""IPv4 mapped into IPv6, as in addresses."""


def plain(address: str) -> str:
    """An address with IPv4 mapped into IPv6 written as IPv4."""
    return _MAPPED.sub(r"\1", address)


_NUMBERED = re.compile(r"([a-z]{1,20}):\[([0-9]{1,20})\]", re.ASCII)
"""How the sandbox calls what has no path: `pipe:[5]`, `host:[2]`."""


@dataclass(frozen=True, slots=True)
class Stdio:
    """One of the three. Texts are as the sandbox gave them: not escaped."""

    kind: str
    """As Falco's `fd.type` names it: file, directory, pipe, ipv4, ipv6, unix, socket, other."""
    path: str
    """What the sandbox says that it is: `/dev/null`, `pipe:[5]`, `host:[2]`."""
    inode: int = 0
    is_tty: bool = False
    local: str = ""
    """Of a socket its own address; "" if it has none."""
    remote: str = ""
    """The address that it is connected to."""

    @property
    def is_socket(self) -> bool:
        """Whether it is a socket of any family."""
        return self.kind in ("ipv4", "ipv6", "unix", "socket")

    @property
    def name(self) -> str:
        """Its path; of a socket its own address, -> and the other end's."""
        ends = "->".join(filter(None, (self.local, self.remote)))
        return ends or self.path

    @property
    def names(self) -> tuple[str, ...]:
        """Its name in all forms: IPv4 mapped into IPv6 is IPv4 too."""
        return tuple(dict.fromkeys((self.name, plain(self.name))))

    @property
    def words(self) -> str:
        """A few words for one line, escaped."""
        if self.is_socket and (self.local or self.remote):
            ends = " ⇄ ".join((self.local or "?", self.remote or "?"))
            return escape(f"socket {plain(ends)}", _MAX_NAME)
        if self.is_tty:
            return escape(f"terminal {self.path}", _MAX_NAME)
        return escape(self.path, _MAX_NAME) or self.kind

    @property
    def short(self) -> str:
        """The shortest word for it, for a column; escaped."""
        if self.is_tty:
            return "tty"
        if self.is_socket and (far := self.remote or self.local):
            return escape(f"⇄ {plain(far)}", _MAX_NAME)
        if bare := _NUMBERED.fullmatch(self.path):
            return f"{bare[1]}:{bare[2]}"
        return escape(self.path.rpartition("/")[2] or self.path, _MAX_NAME) or self.kind


def _kind(info: common_pb2.FdInfo) -> str:
    if stat.S_ISSOCK(info.mode):
        family = info.socket.family if info.HasField("socket") else 0
        return _FAMILIES.get(family, "socket")
    if stat.S_ISFIFO(info.mode):
        return "pipe"
    if stat.S_ISDIR(info.mode):
        return "directory"
    # As Falco has it, a device is a file.
    is_file = stat.S_ISREG(info.mode) or stat.S_ISCHR(info.mode) or stat.S_ISBLK(info.mode)
    return "file" if is_file else "other"


def _end(address: common_pb2.SocketIp) -> str:
    return ip_endpoint(address.ip, address.port) if len(address.ip) in (4, 16) else ""


def stdio_of(info: common_pb2.FdInfo) -> Stdio:
    """What a descriptor of a new program is; ports must have been put right."""
    local = remote = ""
    if info.HasField("socket"):
        local, remote = _end(info.socket.local), _end(info.socket.remote)
    path = info.path[:_MAX_NAME]
    return Stdio(_kind(info), path, info.ino, is_tty(info.mode, path), local, remote)


def is_shell(words: list[str] | tuple[str, ...], path: str) -> bool:
    """Whether a program takes commands from its standard input, by its arguments or its file.

    Whoever starts a program chooses its first argument: the file's name is looked at too.
    """
    names = [words[0].lstrip("-").rpartition("/")[2]] if words else []
    if names and names[0] in _BOXES:
        names += words[1:2]
    names.append(path.removesuffix(_DELETED).rpartition("/")[2])
    return not SHELLS.isdisjoint(names)


def is_piped_shell(words: list[str] | tuple[str, ...], path: str, stdin: Stdio | None) -> bool:
    """Whether a program takes commands from a pipe, so that another program tells what it does."""
    return stdin is not None and stdin.kind == "pipe" and is_shell(words, path)


def on_a_socket(stdin: Stdio | None, stdout: Stdio | None) -> bool:
    """Whether standard input and output are one socket."""
    return (
        stdin is not None
        and stdout is not None
        and stdin.is_socket
        and stdin.inode == stdout.inode != 0
        and stdin.path == stdout.path
    )


def socket_words(stdin: Stdio | None, stdout: Stdio | None) -> str:
    """The words for a shell with such input and output where they are one socket; else ""."""
    if stdin is None or not on_a_socket(stdin, stdout):
        return ""
    return f"shell on a {stdin.words}" if stdin.local or stdin.remote else "shell on a socket"


def shell_on_a_socket(message: sentry_pb2.ExecveInfo) -> str:
    """The words for a shell whose input and output are one socket; "" for any other program."""
    if not message.HasField("stdin") or not message.HasField("stdout"):
        return ""
    words = socket_words(stdio_of(message.stdin), stdio_of(message.stdout))
    return words if words and is_shell(list(message.argv[:2]), message.binary_path) else ""
