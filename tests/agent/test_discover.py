from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gvtui.agent import binaries, discover
from gvtui.agent.discover import find_binaries, find_roots, take_inventory
from gvtui.agent.running import Hint, SandboxProcess
from gvtui.agent.runsc import RunscError
from tests.agent.fake import FakeRunsc


@pytest.fixture
def fake(tmp_path: Path) -> FakeRunsc:
    return FakeRunsc(tmp_path)


def test_containers_are_found_under_a_named_root(fake: FakeRunsc) -> None:
    fake.have({"id": "c1", "status": "running", "pid": 7, "bundle": "/b"}, {"no": "id"})
    inventory = take_inventory([fake.path], [fake.root])
    assert inventory.problem == ""
    [container] = inventory.containers
    assert container.key == (str(fake.root), "c1")
    assert container.runsc.path == fake.path
    assert container.can_be_traced
    assert container.is_sandbox


def test_no_containers_is_no_error(fake: FakeRunsc) -> None:
    fake.have()
    [report] = take_inventory([fake.path], [fake.root]).roots
    assert (report.containers, report.error) == ((), "")


def test_a_root_that_cannot_be_listed(fake: FakeRunsc) -> None:
    (fake.root / "broken").touch()
    inventory = take_inventory([fake.path], [fake.root, fake.folder / "none"])
    assert inventory.containers == ()
    assert inventory.roots[0].error == "runsc says: reading state: no good"
    assert "[exit 128]" in inventory.roots[0].detail
    assert inventory.roots[1].error.startswith("there is no directory")


def test_no_runsc() -> None:
    assert "there is no program /no/such" in take_inventory(["/no/such"]).problem
    with pytest.raises(RunscError):
        find_binaries(["/no/such"])


def test_no_runsc_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_PLACES", ())
    monkeypatch.setattr(binaries, "configured_runtimes", list)
    monkeypatch.setattr(discover, "sandbox_processes", list)
    monkeypatch.setenv("PATH", "/nowhere")
    assert "no runsc on this machine" in take_inventory().problem


def test_one_sandbox_that_does_not_answer_hides_no_other(
    fake: FakeRunsc, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fake.root / "stuck").touch()
    for name in ("c1_sandbox:c1", "c2_sandbox:c2", "inner_sandbox:c2", "dead_sandbox:dead"):
        (fake.root / f"{name}.state").touch()
    running = [
        SandboxProcess(11, fake.root, "c1", (Hint(fake.path, "it runs it"),)),
        SandboxProcess(12, fake.root, "c2", (Hint("/gone", "it ran it"),)),
        SandboxProcess(13, fake.root / "elsewhere", "c3"),
    ]
    monkeypatch.setattr(discover, "sandbox_processes", lambda: running)
    inventory = take_inventory([fake.path], [fake.root], 0.3)
    [report] = inventory.roots
    assert "did not answer within" in report.error
    assert "from their processes" in report.error
    assert [(each.id, each.sandbox_id, each.pid) for each in inventory.containers] == [
        ("c1", "c1", 11),
        ("c2", "c2", 12),
        ("inner", "c2", 12),
    ]
    assert all(each.can_be_traced for each in inventory.containers)


def test_binaries_of_running_sandboxes_are_found(
    fake: FakeRunsc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "_PLACES", ())
    monkeypatch.setattr(binaries, "configured_runtimes", list)
    monkeypatch.setenv("PATH", "/nowhere")
    link = fake.folder / "again"
    link.symlink_to(fake.path)
    processes = [
        SandboxProcess(1, fake.root, "c1", (Hint(fake.path, "it runs it"),)),
        SandboxProcess(2, fake.root, "c2", (Hint(str(link), "it runs it"),)),
        SandboxProcess(3, fake.root, "c3"),
    ]
    assert len(find_binaries(processes=processes)) == 1


def test_roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "xdg"))
    for place in (
        "run/docker/runtime-runc/moby",
        "run/containerd/runsc/k8s.io",
        "run/runsc",
        "xdg/runsc",
        "mine",
    ):
        (tmp_path / place).mkdir(parents=True)
    running = [
        SandboxProcess(1, tmp_path / "mine", "c"),
        SandboxProcess(2, tmp_path / "run" / "runsc", "d"),
        SandboxProcess(3, tmp_path / "gone", "e"),
    ]
    found = [str(root.relative_to(tmp_path)) for root in find_roots((), running, tmp_path)]
    assert found == [
        "run/docker/runtime-runc/moby",
        "run/containerd/runsc/k8s.io",
        "run/runsc",
        "xdg/runsc",
        "mine",
    ]
    assert find_roots(["/a", "/a"], running, tmp_path) == [Path("/a")]


def test_containers_are_found_by_the_start_of_their_id(fake: FakeRunsc) -> None:
    fake.have(*({"id": name, "status": "running", "pid": 1} for name in ("abc", "abcd", "x")))
    inventory = take_inventory([fake.path], [fake.root])
    assert [each.id for each in inventory.find("abc")] == ["abc"]
    assert [each.id for each in inventory.find("ab")] == ["abc", "abcd"]
    assert inventory.find("") == []
    assert inventory.find("zz") == []


def test_a_sandbox_that_an_older_runsc_lists_as_stopped_is_asked_of_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    old, new = FakeRunsc(tmp_path / "old"), FakeRunsc(tmp_path / "new")
    new.have({"id": "c1", "status": "running", "pid": 7})
    old.list_in(new.root, {"id": "c1", "status": "stopped", "pid": -1})
    monkeypatch.setattr(discover, "sandbox_processes", lambda: [SandboxProcess(7, new.root, "c1")])
    inventory = take_inventory([old.path, new.path], [new.root])
    [container] = inventory.containers
    assert (container.status, container.runsc.path) == ("running", new.path)
    assert container.runsc_why == "named with --runsc"
    assert inventory.roots[0].error == ""


def test_what_one_runsc_cannot_read_is_no_fault_where_another_can(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    new = FakeRunsc(tmp_path / "new")
    [report] = take_inventory(["/bin/false", new.path], [new.root]).roots
    assert (report.error, [each.id for each in report.containers]) == ("", ["c1"])
    [report] = take_inventory(["/bin/false"], [new.root]).roots
    assert report.error


def test_a_sandbox_that_no_runsc_here_manages_is_told(
    fake: FakeRunsc, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.have({"id": "c1", "status": "stopped", "pid": -1})
    monkeypatch.setattr(discover, "sandbox_processes", lambda: [SandboxProcess(7, fake.root, "c1")])
    monkeypatch.setattr(discover, "has_ended", lambda _: False)
    [report] = take_inventory([fake.path], [fake.root]).roots
    assert "c1 runs as pid 7, but no runsc found here manages it" in report.error
    [container] = report.containers
    assert (container.status, container.pid, container.can_be_traced) == ("unmanaged", 7, False)


def test_why_the_runsc_of_a_sandbox_is_not_used_is_told(
    fake: FakeRunsc, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = fake.folder / "release"
    release.mkdir()
    unsafe = release / "runsc"
    shutil.copy(fake.path, unsafe)
    release.chmod(0o777)
    fake.have({"id": "c1", "status": "stopped", "pid": -1})
    process = SandboxProcess(7, fake.root, "c1", (Hint(str(unsafe), "beside it"),))
    monkeypatch.setattr(discover, "sandbox_processes", lambda: [process])
    monkeypatch.setattr(discover, "has_ended", lambda _: False)
    monkeypatch.setattr(binaries, "_PLACES", (fake.path,))
    monkeypatch.setattr(binaries, "configured_runtimes", list)
    monkeypatch.setenv("PATH", "/nowhere")
    [report] = take_inventory([], [fake.root]).roots
    assert f"others may write to {release}; name it with --runsc" in report.error


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_container_that_this_user_may_not_read(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    state = root / "c1_sandbox:c1.state"
    state.touch(0o600)
    for place in (root, *root.parents):
        if place.is_relative_to(tempfile.gettempdir()) and place != Path(tempfile.gettempdir()):
            place.chmod(0o755)
    # `runsc list` prints null then, and succeeds.
    lists_none = tmp_path / "runsc"
    lists_none.write_text("#!/bin/sh\necho null\n")
    lists_none.chmod(0o755)
    code = (
        "import os, sys; from gvtui.agent import discover; from pathlib import Path; "
        "discover.sandbox_processes = list; "
        "os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534); "
        "[report] = discover.take_inventory([sys.argv[1]], [Path(sys.argv[2])]).roots; "
        "print(report.error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(lists_none), str(root)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == f"no permission to read {state}; run gvtui as its owner, mostly root\n"


def test_the_mount_in_a_root_is_no_container(fake: FakeRunsc) -> None:
    (fake.root / "null-netns").touch()
    (fake.root / "stuck").touch()
    assert take_inventory([fake.path], [fake.root], 0.3).containers == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_root_that_this_user_may_not_see_into(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "root").mkdir(parents=True)
    closed.chmod(0o700)
    # A process of its own, since all threads of one change their user.
    code = (
        "import os, sys; from gvtui.agent import discover; from gvtui.agent.running import SandboxProcess; "
        "from pathlib import Path; root = Path(sys.argv[1]); "
        "discover.sandbox_processes = lambda: [SandboxProcess(7, root, 'c1')]; "
        "os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534); "
        "print(discover.take_inventory(['/bin/true'], [root]).roots[0].error); "
        "print(root in discover.find_roots((), discover.sandbox_processes()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(closed / "root")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        f"no permission to read {closed / 'root'}; run gvtui as its owner, mostly root",
        "True",
    ]
