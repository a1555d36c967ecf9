from __future__ import annotations

import os
from pathlib import Path

import pytest

from gvtui.agent import discover
from gvtui.agent.containers import Container
from gvtui.agent.discover import (
    SandboxProcess,
    find_binaries,
    find_roots,
    has_ended,
    own_runsc,
    sandbox_processes,
    take_inventory,
)
from gvtui.agent.runsc import Runsc, RunscError
from tests.agent.fake import FakeRunsc


@pytest.fixture
def fake(tmp_path: Path) -> FakeRunsc:
    return FakeRunsc(tmp_path)


def process(proc: Path, pid: int, *command: str, exe: Path | None = None) -> None:
    entry = proc / str(pid)
    entry.mkdir(parents=True)
    (entry / "cmdline").write_bytes(b"".join(word.encode() + b"\0" for word in command))
    if exe is not None:
        (entry / "exe").symlink_to(exe)


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
    monkeypatch.setattr(discover, "find_binaries", lambda *_: [])
    assert "no runsc on this machine" in take_inventory().problem


def test_one_sandbox_that_does_not_answer_hides_no_other(
    fake: FakeRunsc, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fake.root / "stuck").touch()
    for name in ("c1_sandbox:c1", "c2_sandbox:c2", "inner_sandbox:c2", "dead_sandbox:dead"):
        (fake.root / f"{name}.state").touch()
    running = [
        SandboxProcess(11, fake.root, "c1", fake.path),
        SandboxProcess(12, fake.root, "c2", "/gone"),
        SandboxProcess(13, fake.root / "elsewhere", "c3", fake.path),
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
    monkeypatch.setattr(discover, "_BINARIES", ())
    monkeypatch.setenv("PATH", "/nowhere")
    link = fake.folder / "again"
    link.symlink_to(fake.path)
    processes = [
        SandboxProcess(1, fake.root, "c1", fake.path),
        SandboxProcess(2, fake.root, "c2", str(link)),
        SandboxProcess(3, fake.root, "c3", ""),
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
        SandboxProcess(1, tmp_path / "mine", "c", ""),
        SandboxProcess(2, tmp_path / "run" / "runsc", "d", ""),
        SandboxProcess(3, tmp_path / "gone", "e", ""),
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


def test_sandboxes_are_known_by_their_command_line(tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    binary = tmp_path / "runsc"
    binary.write_text("")
    binary.chmod(0o755)
    boot = ("runsc-sandbox", "--root=/r", "--network=none", "boot", "--total-memory", "5", "c1")
    process(proc, 10, *boot, exe=binary)
    process(proc, 11, "runsc-gofer", "--root=/r", "gofer")
    process(proc, 12, "runsc-sandbox", "--root=relative", "boot", "c2")
    process(proc, 13, *boot[:-1], "c3", exe=tmp_path / "runsc (deleted)")
    process(proc, 14)
    (proc / "self").mkdir()
    found = sorted(sandbox_processes(proc), key=lambda each: each.pid)
    assert found == [
        SandboxProcess(10, Path("/r"), "c1", str(binary)),
        SandboxProcess(13, Path("/r"), "c3", ""),
    ]


def test_the_sandbox_s_own_binary_must_be_surely_that(tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    binary = tmp_path / "runsc"
    binary.write_text("")
    binary.chmod(0o755)
    process(proc, 10, "runsc-sandbox", "--root=/r", "boot", "c1", exe=binary)
    process(proc, 11, "sleep", "c1", exe=binary)
    process(proc, 12, "runsc-sandbox", "--root=/r", "boot", "c1")

    def container(pid: int, sandbox_id: str = "c1") -> Container:
        return Container("c1", Path("/r"), Runsc("runsc", 3), "running", pid, sandbox_id)

    assert own_runsc(container(10), proc) == Runsc(str(proc / "10" / "exe"), 3)
    assert own_runsc(container(10, "other"), proc) is None
    assert own_runsc(container(11), proc) is None
    assert own_runsc(container(12), proc) is None
    assert own_runsc(container(99), proc) is None
    binary.chmod(0o775)
    assert own_runsc(container(10), proc) is None


def test_a_sandbox_has_ended_when_its_process_has(tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    process(proc, 10, "runsc-sandbox", "--root=/r", "boot", "c1")
    process(proc, 11, "sleep", "c1")
    process(proc, 12)

    def container(pid: int) -> Container:
        return Container("c1", Path("/r"), Runsc("runsc"), "running", pid, "c1")

    ended = [has_ended(container(pid), proc) for pid in (10, 11, 12, 99, 0)]
    assert ended == [False, True, True, True, False]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_another_user_s_binary_is_not_run(tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    binary = tmp_path / "runsc"
    binary.write_text("")
    binary.chmod(0o755)
    os.chown(binary, 12345, 12345)
    process(proc, 10, "runsc-sandbox", "--root=/r", "boot", "c1", exe=binary)
    container = Container("c1", Path("/r"), Runsc("runsc"), "running", 10, "c1")
    assert own_runsc(container, proc) is None
    assert sandbox_processes(proc)[0].binary == ""


def test_containers_are_found_by_the_start_of_their_id(fake: FakeRunsc) -> None:
    fake.have(*({"id": name, "status": "running", "pid": 1} for name in ("abc", "abcd", "x")))
    inventory = take_inventory([fake.path], [fake.root])
    assert [each.id for each in inventory.find("abc")] == ["abc"]
    assert [each.id for each in inventory.find("ab")] == ["abc", "abcd"]
    assert inventory.find("") == []
    assert inventory.find("zz") == []
