"""Finishes the last segments that killed monitors have left, so that these can be compressed, too.

A killed monitor leaves records that have no row yet, and an index that nobody has closed. Whoever
opens such a trace completes it; here a process of its own does, since the logs may be large, before
anybody opens it: `python -m gvtui.monitor.leftovers PLACE [USER]`. It runs when a processor is idle.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from pathlib import Path

from gvtui.errors import GvtuiError
from gvtui.fence import seccomp
from gvtui.fence.landlock import KEEP, fence, own_files
from gvtui.files import nobody_else_writes, trust
from gvtui.monitor.folder import is_guarded
from gvtui.monitor.former import is_unfinished
from gvtui.monitor.places import traces_in
from gvtui.monitor.priority import be_last
from gvtui.python import python
from gvtui.trace import files
from gvtui.trace.header import are_being_written
from gvtui.trace.reader import Trace

_PAUSES = (0.0, 0.1, 1.0)
"""Seconds before each try."""


class Leftovers:
    """The other process. Owns it until `close`."""

    def __init__(self, place: Path, user: int | None = None) -> None:
        """Start it; where it cannot be started, segments stay as they are.

        Args:
            place: the folder of traces.
            user: whose traces are finished besides those of root and of this user.
        """
        words = [str(place.absolute()), *([str(user)] if user is not None else [])]
        self._process: subprocess.Popen[bytes] | None = None
        with contextlib.suppress(OSError):
            self._process = subprocess.Popen(
                python("-m", __name__, *words),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            # So that nothing of it is left when it has ended.
            threading.Thread(target=self._process.wait, daemon=True).start()

    @property
    def is_done(self) -> bool:
        """Whether it has ended."""
        return self._process is None or self._process.poll() is not None

    def close(self) -> None:
        """End it; what it was at stays as it was."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def finish(place: Path) -> list[Path]:
    """Complete the traces of a place whose writers were killed, the youngest first.

    Left out is what others may write, and what anybody has locked: it may be written.

    Args:
        place: the folder of traces.

    Returns:
        The traces that are complete now.
    """
    done = []
    for trace in reversed(traces_in(place)) if nobody_else_writes(place) else ():
        with contextlib.suppress(OSError, GvtuiError):
            log = files.logs_of(trace)[-1]
            if not is_guarded(trace) and is_unfinished(log) and _is_finished(trace, log):
                done.append(trace)
    return done


def _is_finished(trace: Path, log: Path) -> bool:
    """Complete a trace, unless somebody has its logs locked all the time; whether it is complete.

    Raises:
        OSError: a file cannot be read.
        TraceError: it is no trace.
    """
    for pause in _PAUSES:
        # A segment is locked for a moment, too, when a compressed one has just taken its place.
        time.sleep(pause)
        if not are_being_written(files.logs_of(trace)):
            Trace.open(trace).close()
            if not is_unfinished(log):
                return True
    return False


def main() -> int:
    """Complete them; gives the process's exit code."""
    place, *user = sys.argv[1:]
    for number in user:
        trust(int(number))
    be_last()
    # Nothing is denied where the kernel cannot; "gvtui doctor" says so.
    with contextlib.suppress(OSError):
        fence([*own_files(), (Path(place), KEEP)])
    with contextlib.suppress(OSError):
        seccomp.deny()
    finish(Path(place))
    return 0


if __name__ == "__main__":
    sys.exit(main())
