from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gvtui.fence import landlock
from gvtui.fence.landlock import version

TRY = """
import os, socket, sys
from pathlib import Path
from gvtui.fence.landlock import BIND, KEEP, READ, fence
folder = Path(sys.argv[1])
before = open(folder / "open", "w")
kept = [(folder / "keep", KEEP), (folder / "bind", BIND), (folder / "file", READ)]
programs = [(Path(place), READ) for place in (*sys.path, sys.prefix, sys.base_prefix) if place]
assert fence([*kept, *programs, (folder / "missing", KEEP)])

def says(name, work):
    try:
        work()
        print(name, "done")
    except OSError as error:
        print(name, type(error).__name__)

def bind(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as one:
        one.bind(str(path))

says("open file", lambda: (before.write("x"), before.flush(), before.truncate(0)))
says("read", lambda: (folder / "file").read_bytes())
says("read other", lambda: (folder / "other").read_bytes())
says("write other", lambda: (folder / "other").write_bytes(b""))
says("write read-only", lambda: (folder / "file").write_bytes(b""))
says("keep", lambda: (folder / "keep" / "a").write_bytes(b"x"))
says("keep folder", lambda: (folder / "keep" / "b").mkdir())
says("remove", lambda: ((folder / "keep" / "a").unlink(), (folder / "keep" / "b").rmdir()))
says("bind", lambda: bind(folder / "bind" / "s"))
says("unbind", lambda: (folder / "bind" / "s").unlink())
says("file where sockets are", lambda: (folder / "bind" / "f").write_bytes(b""))
says("bind elsewhere", lambda: bind(folder / "s"))
says("run", lambda: os.execv("/bin/true", ["true"]))
says("other process", lambda: os.listdir(f"/proc/{os.getppid()}/fd"))
"""


@pytest.mark.skipif(not version(), reason="this kernel has no Landlock")
def test_only_what_is_named_can_be_reached(tmp_path: Path) -> None:
    for name in ("keep", "bind"):
        (tmp_path / name).mkdir()
    for name in ("file", "other"):
        (tmp_path / name).write_bytes(b"secret")
    command = [sys.executable, "-c", TRY, str(tmp_path)]
    out = subprocess.run(command, capture_output=True, text=True, check=True)
    assert out.stdout.splitlines() == [
        "open file done",
        "read done",
        "read other PermissionError",
        "write other PermissionError",
        "write read-only PermissionError",
        "keep done",
        "keep folder done",
        "remove done",
        "bind done",
        "unbind done",
        "file where sockets are PermissionError",
        "bind elsewhere PermissionError",
        "run PermissionError",
        "other process PermissionError",
    ]
    assert (tmp_path / "other").read_bytes() == b"secret"


def test_a_kernel_without_it_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "_CREATE_RULESET", 99_999)
    assert version() == 0
    assert landlock.fence([]) is False
