"""What `sentry/execve` tells of a program: its file, and its standard input, output and error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvtui.decode.origin import Origin, program_origin
from gvtui.decode.stdio import Stdio, stdio_of

if TYPE_CHECKING:
    from gvtui.wire.pb import common_pb2, sentry_pb2

_MAX_KEPT = 1 << 12
"""How many files and descriptors are kept once for all processes that have them."""
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ProgramFile:
    """The file of a program, as far as the session asked for it."""

    origin: Origin
    is_upper: bool
    """Whether it lies in the upper layer of the overlay: it was written since the start."""
    is_lower: bool
    """Whether it lies in the lower layer: the image has a file of this name."""
    is_memfd: bool
    inode: int
    ctime_ns: int
    """When its inode changed last, Unix nanoseconds."""
    mode: int
    uid: int
    gid: int
    sha256: str
    """In hex; "" if not asked for."""
    sha1: str

    @property
    def digests(self) -> tuple[str, ...]:
        """The digests that are known."""
        return tuple(filter(None, (self.sha256, self.sha1)))

    def may_write(self, uid: int, gid: int) -> bool | None:
        """Whether a user may write to it; None if that depends on what is not told.

        Whoever is root needs a capability for files of others, and a user may have further groups.
        """
        if not self.mode:
            return None
        if uid == self.uid:
            return True if self.mode & 0o200 else None if uid == 0 else False
        if uid == 0:
            return None
        group, others = bool(self.mode & 0o020), bool(self.mode & 0o002)
        if gid == self.gid or group == others:
            return group
        return None


@dataclass(frozen=True, slots=True)
class ProgramImage:
    """What is known of a program beside its path and arguments."""

    file: ProgramFile
    stdin: Stdio | None = None
    stdout: Stdio | None = None
    stderr: Stdio | None = None
    is_writable: bool | None = None
    """Whether the user who started it may write to its file; None if not known."""


class ProgramImages:
    """Reads what messages tell of programs; what is alike is kept once."""

    def __init__(self) -> None:
        self._files: dict[ProgramFile, ProgramFile] = {}
        self._stdio: dict[Stdio, Stdio] = {}

    def read(self, message: sentry_pb2.ExecveInfo) -> ProgramImage | None:
        """What a message tells, whose ports are right; None if it has been asked for nothing."""
        ctime = message.binary_ctime
        origin = program_origin(message)
        file = ProgramFile(
            origin,
            message.binary_overlayfs_upper,
            message.binary_overlayfs_lower,
            message.binary_in_memfd,
            message.binary_ino,
            ctime.sec * _SECOND_NS + ctime.nsec,
            message.binary_mode,
            message.binary_uid,
            message.binary_gid,
            message.binary_sha256[:32].hex(),
            message.binary_sha1[:20].hex(),
        )
        stdin, stdout, stderr = (
            self._kept(stdio_of(getattr(message, name))) if message.HasField(name) else None
            for name in ("stdin", "stdout", "stderr")
        )
        if not (
            file.mode or file.digests or origin is not Origin.UNKNOWN or stdin or stdout or stderr
        ):
            return None
        if len(self._files) >= _MAX_KEPT:
            self._files.clear()
        file = self._files.setdefault(file, file)
        return ProgramImage(file, stdin, stdout, stderr, _writable(file, message.context_data))

    def _kept(self, stdio: Stdio) -> Stdio:
        if len(self._stdio) >= _MAX_KEPT:
            self._stdio.clear()
        return self._stdio.setdefault(stdio, stdio)


def _writable(file: ProgramFile, context: common_pb2.ContextData) -> bool | None:
    if not context.HasField("credentials"):
        return None
    return file.may_write(context.credentials.effective_uid, context.credentials.effective_gid)
