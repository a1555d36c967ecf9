"""Has another process check the index of a recording, or make it, while its rows are looked at.

Run as `python -m gvtui.trace.settling RECORDING FOLDER`, it says on standard output how far it is:
`checked ROWS DONE ALL` while an index that is there holds good, `making DONE ALL` where it has to be
made, and at the end `settled` or `made INDEX STRINGS`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

from gvtui.errors import GvtuiError
from gvtui.scratch import Scratch
from gvtui.trace.sidefiles import IndexFiles

if TYPE_CHECKING:
    from collections.abc import Sequence

_NICENESS = 5
"""The screen comes first."""

_MAX_LINE = 8192


class Settling:
    """The work of the other process, as far as it has told. Owns it until `close`."""

    def __init__(self, path: Path, rows: int) -> None:
        """Start it.

        Args:
            path: the recording.
            rows: how many rows are known to hold good already.
        """
        self.rows = rows
        """Rows that may be shown."""
        self.progress = 0.0
        """How far it is, from 0 to 1."""
        self.is_making = False
        """Whether the index has to be made; else it is checked."""
        self.is_done = False
        self.made: IndexFiles | None = None
        """Where the index is that was made, at the end."""
        self.problem = ""
        """Why it failed, at the end; "" if it did not."""
        self._scratch = Scratch("gvtui-index-")
        self._rest = b""
        command = [sys.executable, "-m", __name__, str(path), self._scratch.name]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdout is not None
        self._output: IO[bytes] = self._process.stdout
        os.set_blocking(self._output.fileno(), False)

    def poll(self) -> None:
        """Take in what it has said since."""
        while not self.is_done:
            try:
                data = os.read(self._output.fileno(), 1 << 16)
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
        os.set_blocking(self._output.fileno(), True)
        self.poll()

    def close(self) -> None:
        """End it. An index that it has made in a temporary place goes with it."""
        self._process.kill()
        self._process.wait()
        self._output.close()
        self._scratch.cleanup()


def main() -> int:
    """Check or make the index; gives the process's exit code."""
    from gvtui.trace.at_once import settle

    path, scratch = map(Path, sys.argv[1:])
    os.nice(_NICENESS)

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


if __name__ == "__main__":
    sys.exit(main())
