"""Programs that are started in a running container from outside, and what gvtui says of them.

The newest gVisor tells them in the context of messages. Of older ones they are known by having no
parent, and what no message tells is not claimed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.commands import gvtui, json_lines
from tests.e2e.containers import start_bundle, write_bundle
from tests.e2e.recorded import recording
from tests.e2e.tools import need_tools

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.containers import RunscBinary

pytestmark = pytest.mark.e2e

TELLS = 20260101
"""The date from which on releases tell exec sessions in their messages."""
SHELL = ("/bin/busybox", "sh", "-c")
CHECK = "/bin/busybox true; /bin/busybox true"
"""A health check."""
OTHER = "/bin/busybox echo other; /bin/busybox true"


@pytest.fixture
def recorded(binary: RunscBinary, folder: Path) -> Path:
    """Three health checks and another session, in a container that does nothing else."""
    need_tools("busybox")
    bundle = write_bundle(folder / "bundle", ["/bin/busybox", "sleep", "1000"])
    with recording(folder) as one:
        pod_init = folder / "pod.json"
        made = ("session", "new", "--preset", "processes", "--pod-init", "--runsc", binary.path)
        gvtui(*made, "--endpoint", one.socket, "--out", pod_init)
        flags = [f"--pod-init-config={pod_init}"]
        container = start_bundle(binary, folder / "root", bundle, "entered", flags=flags)
        try:
            audit = "--env=KUBERNETES_EXEC_AUDIT_ID=audited"
            for command in (CHECK, CHECK, CHECK, OTHER):
                container.runsc("exec", audit, container.id, *SHELL, command)
        finally:
            container.stop()
        one.wait_for(1)
        one.end().close()
    return one.path


def rows_of(path: Path, text: str) -> list[dict[str, Any]]:
    return json_lines(path, "--calls", "--filter", text)


def test_what_came_in_from_outside_is_told(recorded: Path, binary: RunscBinary) -> None:
    tells = binary.date >= TELLS
    of_sessions = rows_of(recorded, "proc.is_exec_session = true")
    names = {each["call"]["proc"]["exec_session"]["id"] for each in of_sessions if "call" in each}
    assert len(names) == 4
    assert all(each["pid"] != 1 for each in of_sessions)
    sessions = [each["call"]["proc"]["exec_session"] for each in of_sessions if "call" in each]
    assert {each["audit_id"] for each in sessions} == {"audited"}
    # Its exits too, of which no gVisor says it.
    exits = [row for row in of_sessions if row["point"] == "sentry/exit_notify_parent"]
    assert len({row["pid"] for row in exits}) >= 8
    one = max(names)
    hidden = rows_of(recorded, f"proc.exec_session = {one}")
    left = rows_of(recorded, f"not proc.exec_session = {one} and proc.is_exec_session = true")
    assert 0 < len(hidden) < len(of_sessions)
    assert len(hidden) + len(left) == len(of_sessions)
    inside = rows_of(recorded, "proc.is_exec_session = false and proc.pid > 0")
    assert {row["pid"] for row in inside} == {1}
    words = ("print", str(recorded), "--format", "json", "--filter")
    out, said = gvtui(*words, "context.is_exec_session = false")
    if tells:
        assert {json.loads(line)["pid"] for line in out.splitlines()} == {1}
        assert "cannot know" not in said
    else:
        assert out == ""
        assert "the filter cannot know whether their processes are of an exec session" in said
    text, _ = gvtui("report", str(recorded))
    assert "3 runs of " in text
    assert "Came in from outside: 4" in text
    assert ("known by having no parent" in text) == (not tells)
    assert ("Who came in from outside: nothing tells" in text) == (not tells)
    assert "With which arguments 4 exec sessions began" in text
