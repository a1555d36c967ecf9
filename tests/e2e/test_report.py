"""A program with a known footprint, and what the report on it says with each runsc.

All is held against the manifest, section by section: nothing may be missing, nothing invented.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.commands import gvtui
from tests.e2e.containers import RunscBinary
from tests.e2e.recorded import everything, recording, run_do, write_pod_init
from tests.e2e.tools import compiled

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled("report_program.c", tmp_path_factory.mktemp("report") / "footprint")


def report(path: Path, *options: str) -> str:
    """As another process makes it, which orders what has no order in another way."""
    words = [sys.executable, "-m", "gvtui", "report", str(path), *options]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def whats(made: dict[str, Any]) -> dict[str, list[tuple[str, int, int, int]]]:
    """The lines of each section: what, how often, bytes in, bytes out."""
    return {
        section["key"]: sorted(
            (line["what"], line["rows"]["count"], line["bytes_in"], line["bytes_out"])
            for line in section["lines"]
        )
        for section in made["sections"]
    }


def test_the_report_is_the_manifest(binary: RunscBinary, folder: Path, program: Path) -> None:
    work = folder / "work"
    (work / "sub").mkdir(parents=True)
    (work / "in.txt").write_text("0123456789 and more")
    own = work / "footprint"
    shutil.copy(program, own)
    with recording(folder) as one:
        pod_init = write_pod_init(folder / "pod.json", everything(one.socket))
        run_do(binary, folder, pod_init, str(own), str(work), str(own))
        one.wait_for(1)
        one.end().close()
    made = json.loads(gvtui("report", one.path, "--format", "json")[0])
    failed = [
        line for each in made["sections"] if each["key"] == "failed" for line in each["lines"]
    ]
    assert {
        ("openat " + str(work / "missing.txt"), "ENOENT"),
        ("connect 127.0.0.1:9", "ECONNREFUSED"),
    } <= {(line["what"], line["details"]) for line in failed}
    found = whats(made)
    del found["failed"]
    started = f"{own} {work} {own}"
    assert found == {
        "programs": sorted([(started, 1, 0, 0), ("again child", 1, 0, 0)]),
        "not_started": [("again child", 1, 0, 0)],
        "forks": [("by footprint (pid 1)", 3, 0, 0)],
        "read": [(str(work / "in.txt"), 2, 10, 0), (str(work / "maybe.txt"), 1, 0, 0)],
        "written": [(str(work / "maybe.txt"), 2, 0, 3), (str(work / "out.txt"), 2, 0, 7)],
        "created": [(str(work / "out.txt"), 1, 0, 0)],
        "maybe_created": [(str(work / "maybe.txt"), 1, 0, 0)],
        "deleted": [("rmdir (path not told)", 1, 0, 0), ("unlink (path not told)", 1, 0, 0)],
        "renamed": [("rename (path not told)", 1, 0, 0)],
        "folders_made": [("mkdir (path not told)", 1, 0, 0)],
        "permissions": [("chmod (path not told)", 1, 0, 0)],
        "connected": [("127.0.0.1:4455", 2, 0, 5)],
        "accepted": [("127.0.0.1 to 127.0.0.1:4455", 2, 5, 0)],
        "not_connected": [("127.0.0.1:9", 1, 0, 0)],
        "listening": [("127.0.0.1:4455", 1, 0, 0)],
        "users": [("setresuid(0, 0, 0)", 1, 0, 0)],
    }
    told = " ".join(each["text"] for each in made["not_seen"])
    assert "renamed: of 1 call gVisor sends no path" in told
    assert "deleted: of 2 calls gVisor sends no path" in told
    for style in ("text", "markdown", "html"):
        assert gvtui("report", one.path, "--format", style)[0] == report(
            one.path, "--format", style
        )
