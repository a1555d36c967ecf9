"""Lets another process check or make the index of a recording while its rows are shown.

Run as `python -m gvtui.trace.settling RECORDING FOLDER`, it reports its progress on standard
output: `checked ROWS DONE ALL` while the existing index is right, `making DONE ALL` while it makes
a new one, and at the end `settled` or `made INDEX STRINGS`.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

import platformdirs

from gvtui.errors import GvtuiError
from gvtui.fence import seccomp
from gvtui.fence.landlock import KEEP, READ, fence, own_files
from gvtui.python import python, why_not_started
from gvtui.scratch import Scratch
from gvtui.trace.sidefiles import IndexFiles

if TYPE_CHECKING:
    from collections.abc import Sequence

_NICENESS = 1
"""The screen comes first."""

_MAX_LINE = 8192


class Settling:
    """The other process and its progress. Owns the process until `close`."""

    def __init__(self, path: Path, rows: int) -> None:
        """Prepare it; it is started when it is first looked at.

        Until then the first screen has the processors for itself.

        Args:
            path: the recording.
            rows: how many rows have been checked already.
        """
        self.rows = rows
        """How many rows may be shown."""
        self.progress = 0.0
        """The progress, from 0 to 1."""
        self.is_making = False
        """Whether a new index is being made; else the existing one is checked."""
        self.is_done = False
        self.made: IndexFiles | None = None
        """The paths of the new index, at the end; None if the existing one is right."""
        self.problem = ""
        """Why it failed, at the end; "" if it did not."""
        self._scratch = Scratch("gvtui-index-")
        self._rest = b""
        self._path = path
        self._process: subprocess.Popen[bytes] | None = None

    def _output(self) -> IO[bytes] | None:
        """What the process reports, which is started if it is not yet; None if it cannot be."""
        if self.is_done:
            return None
        if self._process is None:
            command = python("-m", __name__, str(self._path), self._scratch.name)
            try:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            except OSError as error:
                self._fail(why_not_started(error))
                return None
            assert self._process.stdout is not None
            os.set_blocking(self._process.stdout.fileno(), False)
        return self._process.stdout

    def poll(self) -> None:
        """Read the reports since the last call; the first call starts the process."""
        while (output := self._output()) is not None:
            try:
                data = os.read(output.fileno(), 1 << 16)
            except BlockingIOError:
                return
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                self._take(line.decode("utf-8", "surrogateescape").split("\t"))
            if not data or len(self._rest) > _MAX_LINE:
                self._fail("the process that reads it has ended")

    def _take(self, words: Sequence[str]) -> None:
        what, *rest = words
        if what == "checked":
            self.rows = max(self.rows, int(rest[0]))
            self.progress = int(rest[1]) / max(int(rest[2]), 1)
        elif what == "making":
            self.is_making = True
            self.progress = int(rest[0]) / max(int(rest[1]), 1)
        elif what == "settled":
            self.progress, self.is_done = 1.0, True
        elif what == "made":
            self.made, self.is_done = IndexFiles(Path(rest[0]), Path(rest[1])), True
        else:
            self._fail(rest[0])

    def _fail(self, problem: str) -> None:
        if not self.is_done:
            self.problem, self.is_done = problem, True

    def wait(self) -> None:
        """Wait until it is done."""
        output = self._output()
        if output is not None:
            os.set_blocking(output.fileno(), True)
        self.poll()

    def close(self) -> None:
        """End it. An index that it has made in a temporary place goes with it."""
        if self._process is not None:
            assert self._process.stdout is not None
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
        self._scratch.cleanup()


def main() -> int:
    """Check or make the index; gives the process's exit code."""
    from gvtui.trace.at_once import settle

    path, scratch = map(Path, sys.argv[1:])
    os.nice(_NICENESS)
    _confine(path, scratch)

    def say(*words: object) -> None:
        print(*words, sep="\t", flush=True)

    try:
        made = settle(
            path,
            scratch,
            checked=lambda rows, done, total: say("checked", rows, done, total),
            making=lambda done, total: say("making", done, total),
        )
    except (GvtuiError, OSError) as error:
        say("failed", " ".join(str(error).split()))
        return 1
    if made is None:
        say("settled")
    else:
        say("made", *made)
    return 0


def _confine(path: Path, scratch: Path) -> None:
    """Reach nothing but the recording and the places of its index, and deny dangerous calls.

    Nothing is denied where the kernel cannot; `gvtui doctor` says so.
    """
    cache = platformdirs.user_cache_path("gvtui")
    with contextlib.suppress(OSError):
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = [(place, KEEP) for place in (path.absolute().parent, cache, scratch)]
    with contextlib.suppress(OSError):
        fence([*own_files(), (path.resolve().parent, READ), *kept])
    with contextlib.suppress(OSError):
        seccomp.deny()


if __name__ == "__main__":
    sys.exit(main())
