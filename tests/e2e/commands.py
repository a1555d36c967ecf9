"""Commands of gvtui in the tests' own process, as one that looks at a file need not be loaded anew."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from gvtui.cli import run
from tests.trace.factory import TRACES


class Done(NamedTuple):
    """What came of a command."""

    code: int
    out: str
    err: str


def called(*words: str | Path) -> Done:
    """Call a command: its exit code, what it prints, and what it says besides."""
    # Files, since commands look what their outputs are.
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run([str(word) for word in words])
            out.flush()
        out.seek(0)
        err.seek(0)
        return Done(code, out.read(), err.read())


def gvtui(*words: str | Path) -> tuple[str, str]:
    """What a command prints, and what it says besides; fails the test where the command fails."""
    done = called(*words)
    assert done.code == 0, (words, done)
    return done.out, done.err


def json_lines(path: Path, *options: str) -> list[dict[str, Any]]:
    """The rows of a recording, as `gvtui print` tells them to programs."""
    out, _ = gvtui("print", path, "--format", "json", *options)
    return [json.loads(line) for line in out.splitlines()]


def play(socket: Path, name: str = "upstream-echo") -> None:
    """Send what a real sandbox sent."""
    gvtui("send", TRACES / f"{name}.trace", "--endpoint", socket, "--fast")
