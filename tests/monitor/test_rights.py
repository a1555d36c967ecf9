from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gvtui.fence.landlock import version
from gvtui.fence.seccomp import is_available

OTHER = 65534

CONFINE = """
import os, resource, sys
from pathlib import Path
from gvtui.fence.kernel import capabilities
from gvtui.monitor.rights import UserError, confine_porter, confine_receiver
trace, listen, user = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
try:
    lacks = confine_receiver(trace, listen, int(user) if user else None, is_folder=os.path.isdir(trace))
except UserError as error:
    sys.exit(f"failed: {error}")
print("lacks", lacks)
print("user", *os.getresuid(), *os.getresgid(), os.getgroups())
print("capabilities", sorted(capabilities()))
print("limits", resource.getrlimit(resource.RLIMIT_CORE))
status = Path("/proc/self/status").read_text()
print("no new privileges", "NoNewPrivs:\\t1" in status)
print("seccomp", "Seccomp:\\t2" in status)
(trace / "a").write_bytes(b"x")
(trace / "a").unlink()
print("writes")
for path in ("/etc/shadow", "/root", f"/proc/{os.getppid()}/environ"):
    try:
        os.listdir(path) if os.path.isdir(path) else Path(path).read_bytes()
        print("reads", path)
    except OSError:
        pass
"""


def confine(folder: Path, user: str = "", *, closed: bool = False) -> tuple[list[str], str]:
    """What a process behind the fence can do: its lines, and what it said at its end."""
    trace = folder / "closed" / "live" / "trace"
    trace.mkdir(parents=True)
    if closed:
        (folder / "closed").chmod(0o700)
    command = [sys.executable, "-c", CONFINE, str(trace), str(folder / "s"), user]
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    out = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    return out.stdout.splitlines(), out.stderr


def fence_words() -> str:
    parts = (("Landlock", bool(version())), ("seccomp", is_available()))
    lacks = "; ".join(f"this kernel has no {name}" for name, has in parts if not has)
    return lacks and f"the receiving process is not wholly fenced in: {lacks}"


def test_who_receives_keeps_hardly_any_right(tmp_path: Path) -> None:
    lines, said = confine(tmp_path)
    user, group = os.geteuid(), os.getegid()
    assert said == ""
    assert lines == [
        f"lacks {fence_words()}",
        f"user {user} {user} {user} {group} {group} {group} {os.getgroups()}",
        f"capabilities {[2] if user == 0 else []}",
        "limits (0, 0)",
        "no new privileges True",
        f"seccomp {is_available()}",
        "writes",
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_root_can_have_another_user_receive(tmp_path: Path) -> None:
    # As root's own cache is: nobody else comes through.
    lines, said = confine(tmp_path, str(OTHER), closed=True)
    assert said == ""
    assert lines[1].startswith(f"user {OTHER} {OTHER} {OTHER} ")
    assert lines[1].endswith("[]")
    assert lines[2:] == [
        "capabilities [2]",
        "limits (0, 0)",
        "no new privileges True",
        f"seccomp {is_available()}",
        "writes",
    ]
    assert (tmp_path / "closed" / "live" / "trace").stat().st_uid == OTHER


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try as somebody else")
def test_nobody_else_can(tmp_path: Path) -> None:
    trace = tmp_path / "t"
    trace.mkdir()
    # What is imported late lies where only root can read.
    become = f"reports_folder()\nos.setresuid({OTHER}, {OTHER}, {OTHER})\ntry:"
    script = "from gvtui.faults import reports_folder" + CONFINE.replace("try:", become, 1)
    command = [sys.executable, "-c", script, str(trace), str(tmp_path / "s"), "1"]
    out = subprocess.run(command, capture_output=True, text=True, check=False)
    assert out.stdout == ""
    assert out.stderr.startswith("failed: cannot become user 1: ")
    assert out.stderr.endswith("start gvtui as root, or without --user\n")
