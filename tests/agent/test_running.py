from __future__ import annotations

import os
from pathlib import Path

import pytest

from gvtui.agent.containers import Container
from gvtui.agent.running import (
    Hint,
    SandboxProcess,
    has_ended,
    own_runsc,
    pod_init_of,
    sandbox_processes,
)
from gvtui.agent.runsc import Runsc
from tests.agent.fake import FakeRunsc

BOOT = ("runsc-sandbox", "--root=/r", "--network=none", "boot", "--total-memory", "5")


def process(proc: Path, pid: int, *command: str, exe: Path | str | None = None) -> None:
    entry = proc / str(pid)
    entry.mkdir(parents=True)
    (entry / "cmdline").write_bytes(b"".join(word.encode() + b"\0" for word in command))
    if exe is not None:
        (entry / "exe").symlink_to(exe)


def container(pid: int, sandbox_id: str = "c1") -> Container:
    return Container("c1", Path("/r"), Runsc("runsc", 3), "running", pid, sandbox_id)


def only(proc: Path) -> SandboxProcess:
    [found] = sandbox_processes(proc)
    return found


def test_sandboxes_are_known_by_their_command_line(tmp_path: Path) -> None:
    process(tmp_path, 10, *BOOT, "c1", exe="/usr/bin/runsc")
    process(tmp_path, 11, "runsc-gofer", "--root=/r", "gofer", "--io-fds=8", "c9")
    process(tmp_path, 12, "runsc-sandbox", "--root=relative", "boot", "c2")
    process(tmp_path, 13, *BOOT, "c3", exe="/usr/bin/runsc (deleted)")
    process(tmp_path, 14)
    process(tmp_path, 15, "sleep", "--root=/r", "boot", "c4")
    process(tmp_path, 16, "/opt/g/gvisor_sentry", "--root", "/r", "boot", "c5")
    (tmp_path / "self").mkdir()
    found = sorted(sandbox_processes(tmp_path), key=lambda each: each.pid)
    runs = Hint("/usr/bin/runsc", "its sandbox runs it")
    assert found == [
        SandboxProcess(10, Path("/r"), "c1", (runs,)),
        SandboxProcess(13, Path("/r"), "c3", (runs,)),
        SandboxProcess(16, Path("/r"), "c5", ()),
    ]


def test_an_empty_word_of_a_command_line_is_a_word(tmp_path: Path) -> None:
    process(tmp_path, 10, "runsc-sandbox", "--log", "", "--root=/r", "boot", "c1", exe="/b/runsc")
    assert (only(tmp_path).root, only(tmp_path).sandbox_id) == (Path("/r"), "c1")


def test_runsc_is_beside_the_folder_of_the_sandbox_s_program(tmp_path: Path) -> None:
    process(tmp_path, 10, *BOOT, "c1", exe="/opt/g/gvisor-bin/gvisor_sentry")
    process(tmp_path, 11, "runsc-gofer", "--root=/r", "gofer", "c1", exe="/opt/g/runsc-2026")
    process(tmp_path, 12, "runsc-gofer", "--root=/other", "gofer", "c1", exe="/usr/bin/runsc")
    assert only(tmp_path).hints == (
        Hint("/opt/g/runsc", "beside its sandbox's /opt/g/gvisor-bin"),
        Hint("/opt/g/runsc-2026", "its sandbox's gofer runs it"),
    )
    assert only(tmp_path).gofer_pid == 11


def test_a_sandbox_that_a_prewarmer_is_starting_is_one_already(tmp_path: Path) -> None:
    sentry = "/opt/g/gvisor-bin/gvisor_sentry"
    prewarmer = "/opt/g/gvisor-bin/gvisor-sentry-prewarmer"
    process(tmp_path, 10, prewarmer, sentry, *BOOT, "c1", exe="/usr/libexec/warm")
    found = only(tmp_path)
    assert (found.root, found.sandbox_id) == (Path("/r"), "c1")
    assert found.hints == (
        Hint("/opt/g/runsc", "beside its sandbox's /opt/g/gvisor-bin"),
        Hint("/usr/runsc", "beside its sandbox's /usr/libexec"),
        Hint("/usr/libexec/warm", "its sandbox runs it"),
    )
    assert not has_ended(container(10), tmp_path)


def test_the_sandbox_s_own_binary_must_be_surely_that(tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    fake = FakeRunsc(tmp_path)
    process(proc, 10, *BOOT, "c1", exe=fake.path)
    process(proc, 11, "sleep", "c1", exe=fake.path)
    process(proc, 12, *BOOT, "c1")
    process(proc, 13, *BOOT, "c1", exe="/bin/true")
    assert own_runsc(container(10), proc) == Runsc(str(proc / "10" / "exe"), 3)
    assert own_runsc(container(10, "other"), proc) is None
    assert own_runsc(container(11), proc) is None
    assert own_runsc(container(12), proc) is None
    assert own_runsc(container(13), proc) is None
    assert own_runsc(container(99), proc) is None
    Path(fake.path).chmod(0o775)
    assert own_runsc(container(10), proc) is None


def test_the_gofer_s_binary_is_asked_where_the_sandbox_s_knows_no_trace(tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    fake = FakeRunsc(tmp_path)
    sentry = tmp_path / "gvisor_sentry"
    sentry.write_text("#!/bin/sh\n# gvisor.dev/gvisor/runsc\nexit 128\n")
    sentry.chmod(0o755)
    process(proc, 10, *BOOT, "c1", exe=sentry)
    assert own_runsc(container(10), proc) is None
    process(proc, 11, "runsc-gofer", "--root=/r", "gofer", "c1", exe=fake.path)
    assert own_runsc(container(10), proc) == Runsc(str(proc / "11" / "exe"), 3)


def test_a_sandbox_has_ended_when_its_process_has(tmp_path: Path) -> None:
    process(tmp_path, 10, "runsc-sandbox", "--root=/r", "boot", "c1")
    process(tmp_path, 11, "sleep", "c1")
    process(tmp_path, 12)
    ended = [has_ended(container(pid), tmp_path) for pid in (10, 11, 12, 99, 0)]
    assert ended == [False, True, True, True, False]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_another_user_s_binary_is_not_run(tmp_path: Path) -> None:
    proc = tmp_path / "proc"
    fake = FakeRunsc(tmp_path)
    os.chown(fake.path, 12345, 12345)
    process(proc, 10, *BOOT, "c1", exe=fake.path)
    assert own_runsc(container(10), proc) is None
    assert fake.calls() == []


@pytest.mark.parametrize(
    ("command", "path"),
    [
        (
            ("runsc-sandbox", "--pod-init-config=/etc/p.json", "--root=/r", "boot", "c1"),
            "/etc/p.json",
        ),
        (("runsc", "--pod-init-config", "/etc/p.json", "--root=/r", "run", "c1"), "/etc/p.json"),
        (
            ("/w", "/s", "runsc-sandbox", "--pod-init-config=/etc/p.json", "boot", "c1"),
            "/etc/p.json",
        ),
        (("runsc-sandbox", "--pod-init-config=p.json", "--root=/r", "boot", "c1"), ""),
        ((), ""),
    ],
)
def test_the_pod_init_file_of_a_process(
    tmp_path: Path, command: tuple[str, ...], path: str
) -> None:
    process(tmp_path, 10, *command)
    assert pod_init_of(10, tmp_path) == path
    assert pod_init_of(11, tmp_path) == ""
