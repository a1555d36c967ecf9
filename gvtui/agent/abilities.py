"""Finds out what a runsc binary can do, by running it or reading its code, once for each file."""

from __future__ import annotations

import os
import stat
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from gvtui.agent.runsc import RunscError, StoppedError
from gvtui.points.catalogue import CatalogueError, parse_metadata
from gvtui.points.runsc_command import value_flags

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gvtui.agent.runsc import Runsc

T = TypeVar("T")

SIDECAR_FOLDER = "gvisor-bin"
"""The folder beside runsc with the programs it starts, in releases since 2026-08-31."""

SENTRY = "gvisor_sentry"
"""The program in that folder that becomes the sandbox's process."""

_SIDECAR_FLAG = "  -sidecar-usage-policy "
_GVISOR_CODE = b"gvisor.dev/gvisor/runsc"
"""The name of runsc's Go packages, which every build of runsc contains."""

_EXEC_IN_CALL = b"kernel.(*runSyscallAfterExecStop)"
"""A type that builds of runsc contain if their exec loads the program within the system call.
gVisor's commit 436301196 of 2025-08-12 moves the loading after the call and replaces the type."""

_STEP = 64 << 10
"""Bytes of a program that are read at once, into one buffer. Once pieces of some megabytes have come
and gone, the C library keeps as much of them, and of all that is as large, for every thread."""
_MAX_PROGRAM = 1 << 30
"""How many bytes of a program are searched; the largest runsc has 83 million."""


@dataclass(frozen=True, slots=True)
class Code:
    """What gvtui reads from the code of one of gVisor's programs."""

    is_exec_exit_last: bool
    """Whether the exit of an exec is sent after the attempt to load the program, not before."""


_ASK_SECONDS = 5.0
"""How many seconds a program may take to answer; 25 ms are usual."""

_AGAIN_SECONDS = 60.0
"""How many seconds a program that did not answer is left alone: the viewer asks often."""


class _Answers(Generic[T]):
    """Caches answers by the file that gave them; another file at the same path is asked anew."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, ...], T] = {}
        self._failed: dict[tuple[int, ...], tuple[float, RunscError]] = {}
        self._lock = threading.Lock()

    def get(self, path: str | int, ask: Callable[[], T], now: float | None = None) -> T:
        """The cached answer of a file, or else a new one.

        Args:
            path: the file, or its descriptor.
            ask: gets the answer. A RunscError that it raises is cached for a minute, and raised
                again without asking; other errors are not cached.
            now: seconds of the monotonic clock; read from it if not given.
        """
        status = os.stat(path)
        times = (status.st_mtime_ns, status.st_ctime_ns)
        key = (status.st_dev, status.st_ino, status.st_size, *times)
        now = time.monotonic() if now is None else now
        with self._lock:
            if key in self._known:
                return self._known[key]
            failed_at, failure = self._failed.get(key, (0.0, None))
        if failure is not None and now - failed_at < _AGAIN_SECONDS:
            raise failure
        try:
            answer = ask()
        except StoppedError:
            raise
        except RunscError as error:
            with self._lock:
                self._failed[key] = now, error
            raise
        with self._lock:
            self._failed.pop(key, None)
            return self._known.setdefault(key, answer)


_trace_problems: _Answers[str] = _Answers()
_flags: _Answers[str] = _Answers()
_versions: _Answers[str] = _Answers()
_codes: _Answers[Code | None] = _Answers()


def is_runsc_file(path: str) -> bool:
    """Whether a program is one of gVisor's, by its name or its bytes; does not run it."""
    if Path(path).name.startswith("runsc"):
        return True
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return code_of(fd) is not None
    finally:
        os.close(fd)


def code_of(fd: int) -> Code | None:
    """Read a program's code without running it; None if the program is not one of gVisor's.

    Args:
        fd: descriptor of the program's file.
    """

    def ask() -> Code | None:
        has_gvisor, has_exec_in_call = _has(fd, (_GVISOR_CODE, _EXEC_IN_CALL))
        return Code(has_exec_in_call) if has_gvisor else None

    try:
        return _codes.get(fd, ask)
    except OSError:
        return None


def trace_problem(runsc: Runsc, now: float | None = None) -> str:
    """Why a program cannot manage trace sessions, as words to follow its path; "" if it can.

    `gvisor_sentry`, the sandbox's program since 2026-08-31, cannot. A program that does not answer
    is not asked again for a minute.

    Args:
        runsc: the program.
        now: seconds of the monotonic clock; read from it if not given.
    """

    def ask() -> str:
        call = runsc.call("trace", "metadata", timeout=min(_ASK_SECONDS, runsc.timeout))
        if not call.answered:
            raise call.error()
        if not call.succeeded:
            return "knows no trace sessions: `trace metadata` fails"
        try:
            parse_metadata(call.stdout, runsc.path)
        except CatalogueError:
            return "knows no trace sessions: `trace metadata` lists no points"
        return ""

    try:
        return _trace_problems.get(runsc.path, ask, now)
    except OSError as error:
        return f"cannot be looked at: {error.strerror}"
    except RunscError as error:
        return f"does not tell what it can do: {error}"


def knows_trace(runsc: Runsc) -> bool:
    """Whether a program manages trace sessions."""
    return not trace_problem(runsc)


def flags_text(runsc: Runsc) -> str:
    """The output of `runsc flags`, from stdout or stderr; "" if the command fails."""

    def ask() -> str:
        call = runsc.call("flags", timeout=min(_ASK_SECONDS, runsc.timeout))
        if not call.succeeded:
            raise call.error()
        return f"{call.stdout}\n{call.stderr}"

    try:
        return _flags.get(runsc.path, ask)
    except (OSError, RunscError):
        return ""


def version_text(runsc: Runsc) -> str:
    """The version that a runsc reports; "" if it reports none."""
    try:
        return _versions.get(runsc.path, runsc.version)
    except (OSError, RunscError):
        return ""


def own_value_flags(runsc: Runsc) -> frozenset[str]:
    """The flags of the binary that take a value; none if the binary does not list them."""
    return value_flags(flags_text(runsc))


def missing_sidecar(runsc: Runsc) -> Path | None:
    """The path of `gvisor_sentry` beside a runsc that needs it, if the file is missing; else None.

    A runsc that has the flag `--sidecar-usage-policy` starts that program. Where it is missing, the
    runsc of 2026-09 starts the copy that it contains, or no sandbox if that flag is STRICT; its
    help says that runsc will contain no copy after October 2026.
    """
    if _SIDECAR_FLAG not in flags_text(runsc):
        return None
    # As runsc does: beside the path that was called, or else beside the file it links to.
    folder = Path(runsc.path).parent / SIDECAR_FOLDER
    if not os.path.isdir(folder):
        folder = Path(os.path.realpath(runsc.path)).parent / SIDECAR_FOLDER
    sentry = folder / SENTRY
    return None if os.access(sentry, os.X_OK) and sentry.is_file() else sentry


def _has(fd: int, wanted: Sequence[bytes]) -> list[bool]:
    """Whether a file contains each of these byte strings; read, not mapped: it may be truncated."""
    found = [False] * len(wanted)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        return found
    overlap = max(map(len, wanted)) - 1
    data = bytearray(overlap + _STEP)
    position = kept = 0
    with memoryview(data) as room:
        while position < _MAX_PROGRAM and not all(found):
            count = os.preadv(fd, [room[kept : kept + _STEP]], position)
            if not count:
                break
            end = kept + count
            found = [
                was or data.find(each, 0, end) >= 0 for was, each in zip(found, wanted, strict=True)
            ]
            kept = min(overlap, end)
            room[:kept] = room[end - kept : end]
            position += count
    return found
