"""The workload that rules of Falco are tried on: its programs, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.query.filter.falco import WORK

_HERE = Path(__file__).parent
_APPLETS = ("cp", "find", "grep", "mkdir", "nc", "rm", "sh", "shred", "true")


def need_tools(*names: str) -> None:
    """Skip the test, or fail it if `GVTUI_REQUIRE_RUNSC` is 1, where one of these is missing."""
    for name in names:
        if shutil.which(name) is None:
            if os.environ.get("GVTUI_REQUIRE_RUNSC") == "1":
                pytest.fail(f"no {name} on this machine")
            pytest.skip(f"no {name} on this machine")


def prepare(folder: Path) -> list[str]:
    """Put the workload into a new folder in `folder`; the command that runs it."""
    need_tools("gcc", "busybox")
    work = folder / WORK
    for part in ("bin", "home/.ssh", "home/.aws"):
        (work / part).mkdir(parents=True)
    program = work / "prog"
    subprocess.run(["gcc", "-static", "-w", "-o", program, _HERE / "falco_program.c"], check=True)
    for name in ("nginx", "deploy", "passwd"):
        shutil.copy(program, work / name)
    busybox = shutil.which("busybox")
    assert busybox is not None
    for name in _APPLETS:
        (work / "bin" / name).symlink_to(busybox)
    (work / "notes").write_text("nothing\n")
    (work / "home" / ".ssh" / "id_rsa").touch()
    shutil.copy(_HERE / "falco_workload.sh", work / "workload.sh")
    return [busybox, "sh", str(work / "workload.sh"), str(work)]
