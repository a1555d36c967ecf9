"""A program with a known footprint, and what the report on it says with each runsc.

All is held against the manifest, section by section: nothing may be missing, nothing invented.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gvtui.query.activity import pending
from tests.e2e.commands import gvtui
from tests.e2e.containers import RunscBinary
from tests.e2e.recorded import everything, recording, run_do, write_pod_init
from tests.e2e.tools import compiled
from tests.query.activity.runs import Growing, told_up_to

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


def test_what_is_read_while_the_sandbox_runs_is_what_is_read_at_the_end(
    binary: RunscBinary, folder: Path, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Else too few rows wait for anything to be settled.
    monkeypatch.setattr(pending, "_FIRST_LOOK", 4)
    work = folder / "work"
    (work / "sub").mkdir(parents=True)
    (work / "in.txt").write_text("0123456789 and more")
    own = work / "footprint"
    shutil.copy(program, own)
    script = f"{own} {work} {own}; cat /etc/passwd | sort | head -3; ls -l /usr/lib; nosuchprogram"
    with recording(folder) as one:
        pod_init = write_pod_init(folder / "pod.json", everything(one.socket))
        run_do(binary, folder, pod_init, "sh", "-c", f"{script}; true")
        one.wait_for(1)
        one.end().close()
    for seed in range(4):
        chance = random.Random(seed)
        growing = Growing(one.path)
        most = chance.choice((growing.rows // 200, growing.rows // 10))
        compared = {chance.randint(1, growing.rows), growing.rows}
        for stop in sorted(compared):
            while growing.position < stop:
                grown = growing.position + chance.randint(1, most)
                growing.grow(min(stop, grown), chance.randint(1, most))
            assert growing.told() == told_up_to(one.path, stop)
        growing.close()
