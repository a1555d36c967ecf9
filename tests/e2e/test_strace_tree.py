"""Real sandboxes, recorded, written as strace writes, and read by a program that reads strace's output."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.commands import gvtui
from tests.e2e.containers import RunscBinary
from tests.e2e.recorded import everything, recording, run_do, write_pod_init

pytestmark = pytest.mark.e2e

SCRIPT = """
/bin/sh -c '/bin/echo one; /bin/cat /etc/passwd; exit 3' >/dev/null
/bin/sleep 100 & kill -9 $!; wait
( /bin/true )
exit 0
"""


def test_the_tree_of_two_sandboxes(binary: RunscBinary, folder: Path) -> None:
    with recording(folder) as one:
        pod_init = write_pod_init(folder / "init.json", everything(one.socket))
        for _ in range(2):
            run_do(binary, folder, pod_init, "/bin/sh", "-c", SCRIPT)
        one.wait_for(2)
        one.end().close()
    gvtui("convert", one.path, folder / "x.strace", "--split")
    files = sorted(folder.glob("x-*.strace"))
    assert len(files) == 2
    for file in files:
        lines = file.read_text().splitlines()
        assert any(line.endswith("+++ exited with 3 +++") for line in lines)
        assert any(line.endswith("+++ killed by SIGKILL +++") for line in lines)
        shown = subprocess.run(
            [Path(sys.executable).with_name("strace-process-tree"), "-A", "-C", file],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        tree = [line.split(" [")[0].rstrip() for line in shown.splitlines()]
        assert tree[0].startswith("1 /bin/sh -c ")
        named = [line for line in tree if line.lstrip(" |`-").partition(" ")[0].isdigit()]
        programs = [line.lstrip(" |`-").partition(" ")[2] for line in named]
        assert [each for each in programs if each.startswith("/bin/") and "sh -c" not in each] == [
            "/bin/echo one",
            "/bin/cat /etc/passwd",
            *(["/bin/sleep 100"] if "/bin/sleep 100" in programs else []),
            "/bin/true",
        ]
        # What the shell's shell runs stands below that.
        depths = {
            program: len(line) - len(line.lstrip(" |`-"))
            for line, program in zip(named, programs, strict=True)
        }
        assert depths["/bin/true"] < depths["/bin/echo one"] == depths["/bin/cat /etc/passwd"]
