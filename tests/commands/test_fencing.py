from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gvtui.fence.seccomp import is_available
from tests.trace.factory import read_message, write_trace

RUN = """
import sys
from gvtui.cli import run
code = run(sys.argv[2:], is_own_process=sys.argv[1] == "own")
print(code, "Seccomp:\\t2" in open("/proc/self/status").read(), file=sys.stderr)
"""


def told(owner: str, *arguments: str) -> str:
    """The exit code of a command, and whether its process is fenced in then."""
    command = [sys.executable, "-c", RUN, owner, *arguments]
    out = subprocess.run(command, capture_output=True, text=True, check=True)
    return out.stderr.splitlines()[-1]


@pytest.mark.skipif(not is_available(), reason="this kernel has no seccomp")
@pytest.mark.parametrize("command", ["print", "print --stats", "info", "convert"])
def test_who_only_reads_gives_up_the_rest(command: str, tmp_path: Path) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message()])])
    more = [str(tmp_path / "b.jsonl")] if command == "convert" else []
    assert told("own", *command.split(), str(path), *more) == "0 True"


def test_a_process_that_goes_on_keeps_its_rights(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message()])])
    assert told("shared", "print", str(path)) == "0 False"
    assert told("own", "points", "open") == "0 False"
