"""Reads a recording through in a process of its own, and keeps what it finds out.

Run as `python -m gvtui.query.through WHAT RECORDING VARIABLE`; `WHAT` is one of `WAYS`. The viewer goes
on meanwhile, and takes up what is kept at the end. The exit code is 0 if something was kept.
"""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from gvtui.errors import GvtuiError
from gvtui.fence import seccomp
from gvtui.fence.landlock import KEEP, fence, own_files
from gvtui.python import python
from gvtui.query.analysis import Analysis
from gvtui.trace.reader import Trace

if TYPE_CHECKING:
    from collections.abc import Callable

LEAST_ROWS = 1_000_000
"""With fewer rows, the viewer has read them itself before another process has begun."""
_NICENESS = 5


class ReadingThrough:
    """The process. Whoever starts it calls `close`; it ends with them in any case."""

    def __init__(self, path: Path, audit_variable: str, way: str = "whole") -> None:
        """Start it.

        Args:
            path: the recording, of which nothing is kept yet.
            audit_variable: see `Analysis`.
            way: what is to be kept, one of `WAYS`.
        """
        self._process: subprocess.Popen[bytes] | None = None
        # Where no process can be started, it is as if this one had ended.
        with contextlib.suppress(OSError):
            self._process = subprocess.Popen(
                python("-m", __name__, way, str(path), audit_variable),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process is not None and self._process.poll() is None

    @property
    def has_kept(self) -> bool:
        """Whether it has ended, and all that it has found out is kept."""
        return self._process is not None and self._process.poll() == 0

    def wait(self) -> None:
        """Wait for its end."""
        if self._process is not None:
            self._process.wait()

    def close(self) -> None:
        """End it."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()


def is_worthwhile(analysis: Analysis) -> bool:
    """Whether another process should read an analysis's trace through: nothing of it is kept, it
    could be, and it is large."""
    kept, trace = analysis.kept, analysis.trace
    is_whole = trace.settling is None and trace.end_row == trace.available_rows
    is_large = trace.end_row - trace.first_row >= LEAST_ROWS
    return is_whole and is_large and kept is not None and kept.can_keep and not kept.rows


def read_through(path: Path, audit_variable: str) -> bool:
    """Read a recording, and keep what is found out; True if it was kept.

    Raises:
        TraceError: it is no recording.
    """
    # Here, since the viewer, which starts the process, needs neither this nor what `read_spaced` does.
    from gvtui.query.activity.reader import ActivityReader

    trace = Trace.open(path)
    try:
        analysis = Analysis(trace, audit_variable=audit_variable, is_kept=True)
        activity = ActivityReader(analysis.context)
        statistics = [analysis.statistics(by_descriptor=each) for each in (False, True)]
        analysis.finish(activity, *statistics)
        analysis.survey()
        analysis.digests()
        return analysis.keep()
    finally:
        trace.close()


def read_spaced(path: Path, audit_variable: str) -> bool:
    """Read a recording, and keep what is found out at some of its rows; True if it was kept.

    Raises:
        TraceError: it is no recording.
    """
    from gvtui.query.spacing import keep_spaced

    trace = Trace.open(path, limit=0)
    try:
        return keep_spaced(trace, audit_variable)
    finally:
        trace.close()


WAYS: dict[str, Callable[[Path, str], bool]] = {"whole": read_through, "spaced": read_spaced}
"""What reads a recording, by what is kept of it: what is found out at its end, or at some rows."""


def main() -> int:
    """Read the recording that is named; gives the process's exit code."""
    way, path = WAYS[sys.argv[1]], Path(sys.argv[2])
    os.nice(_NICENESS)
    end_with_viewer(sys.stdin.fileno())
    _confine(path)
    try:
        return 0 if way(path, sys.argv[3]) else 1
    except (GvtuiError, OSError):
        return 1


def end_with_viewer(fd: int) -> None:
    """End this process as soon as nobody has the other end of a pipe open any more; of anything but a
    pipe nothing is learnt."""

    def wait() -> None:
        os.read(fd, 1)
        os._exit(1)

    if stat.S_ISFIFO(os.fstat(fd).st_mode):
        threading.Thread(target=wait, daemon=True).start()


def _confine(path: Path) -> None:
    """Reach nothing but the recording and the places of what is kept, and deny dangerous calls.

    Nothing is denied where the kernel cannot; `gvtui doctor` says so.
    """
    kept = [platformdirs.user_cache_path("gvtui"), platformdirs.user_state_path("gvtui")]
    with contextlib.suppress(OSError):
        for folder in kept:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    places = [*kept, path.absolute().parent, path.resolve().parent]
    with contextlib.suppress(OSError):
        fence([*own_files(), *((place, KEEP) for place in places)])
    with contextlib.suppress(OSError):
        seccomp.deny()


if __name__ == "__main__":
    sys.exit(main())
