"""The workload that rules of Falco are tried on: its programs, in a folder of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.e2e.tools import compiled, need_tools
from tests.query.filter.falco import WORK

_APPLETS = ("cp", "find", "grep", "mkdir", "nc", "rm", "sh", "shred", "true")


def prepare(folder: Path) -> list[str]:
    """Put the workload into a new folder in `folder`; the command that runs it."""
    need_tools("busybox")
    work = folder / WORK
    for part in ("bin", "home/.ssh", "home/.aws"):
        (work / part).mkdir(parents=True)
    program = compiled("falco_program.c", work / "prog")
    for name in ("nginx", "deploy", "passwd"):
        shutil.copy(program, work / name)
    busybox = shutil.which("busybox")
    assert busybox is not None
    for name in _APPLETS:
        (work / "bin" / name).symlink_to(busybox)
    (work / "notes").write_text("nothing\n")
    (work / "home" / ".ssh" / "id_rsa").touch()
    shutil.copy(Path(__file__).with_name("falco_workload.sh"), work / "workload.sh")
    return [busybox, "sh", str(work / "workload.sh"), str(work)]
