from __future__ import annotations

import os
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from gvtui.agent.abilities import (
    Code,
    code_of,
    flags_text,
    is_runsc_file,
    knows_trace,
    missing_sidecar,
    own_value_flags,
    trace_problem,
    version_text,
)
from gvtui.agent.runsc import Runsc
from tests.agent.fake import METADATA, FakeRunsc
from tests.held import most_taken

FLAGS = """\
  -root string
    \tplace of containers' state
  -sidecar-usage-policy value
    \tpolicy for sidecar binaries
  -debug
    \tlog more
"""


@pytest.fixture
def fake(tmp_path: Path) -> FakeRunsc:
    return FakeRunsc(tmp_path)


def program(path: Path, text: str) -> Runsc:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}")
    path.chmod(0o755)
    return Runsc(str(path))


def test_a_file_is_asked_once(fake: FakeRunsc) -> None:
    assert knows_trace(fake.runsc)
    assert knows_trace(fake.runsc)
    assert fake.calls() == [["trace", "metadata"]]


def test_another_file_at_the_same_path_is_asked_anew(fake: FakeRunsc) -> None:
    assert knows_trace(fake.runsc)
    new = fake.folder / "new"
    shutil.copy("/bin/false", new)
    new.replace(fake.path)
    assert not knows_trace(fake.runsc)


def test_what_does_not_answer_is_asked_again_a_minute_later(tmp_path: Path) -> None:
    (tmp_path / "points").write_text(METADATA)
    slow = program(
        tmp_path / "runsc",
        f"echo >> {tmp_path}/calls; test -e {tmp_path}/quick || sleep 600\ncat {tmp_path}/points\n",
    )
    slow = Runsc(slow.path, 0.2)
    assert "did not answer within" in trace_problem(slow, 1000.0)
    (tmp_path / "quick").touch()
    slow = Runsc(slow.path, 20.0)
    assert "did not answer within" in trace_problem(slow, 1059.0)
    assert len((tmp_path / "calls").read_text()) == 1
    assert trace_problem(slow, 1061.0) == ""
    assert knows_trace(slow)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("echo hello", "lists no points"),
        ("head -c 100000 /dev/urandom", "lists no points"),
        ("exit 128", "fails"),
        ("exec yes", "printed more than 16 MiB"),
        ("kill -9 $$", "SIGKILL"),
    ],
)
def test_a_program_that_is_no_runsc(tmp_path: Path, text: str, told: str) -> None:
    assert told in trace_problem(program(tmp_path / "runsc", f"{text}\n"))


def test_what_is_not_there_can_do_nothing(tmp_path: Path) -> None:
    none = Runsc(str(tmp_path / "none"))
    assert not knows_trace(none)
    assert own_value_flags(none) == set()
    assert not is_runsc_file(none.path)


def test_gvisor_s_files_are_known_without_running_them(tmp_path: Path) -> None:
    renamed = tmp_path / "gv"
    renamed.write_bytes(b"\0" * 5000 + b"gvisor.dev/gvisor/runsc/cmd" + b"\0" * 5000)
    assert is_runsc_file(str(renamed))
    assert is_runsc_file("/nowhere/runsc-2026")
    assert not is_runsc_file("/bin/true")
    (tmp_path / "empty").touch()
    assert not is_runsc_file(str(tmp_path / "empty"))


def test_flags_on_either_output(tmp_path: Path) -> None:
    for number, end in enumerate(("", ">&2")):
        runsc = program(tmp_path / f"runsc{number}", f"cat {end} <<'E'\n{FLAGS}E\n")
        assert own_value_flags(runsc) == {"root", "sidecar-usage-policy"}
    assert flags_text(program(tmp_path / "bad", "echo no; exit 1\n")) == ""


def test_a_runsc_that_starts_the_sandbox_s_program_needs_it_beside(tmp_path: Path) -> None:
    runsc = program(tmp_path / "new" / "runsc", f"cat >&2 <<'E'\n{FLAGS}E\n")
    sentry = tmp_path / "new" / "gvisor-bin" / "gvisor_sentry"
    assert missing_sidecar(runsc) == sentry
    sentry.parent.mkdir()
    assert missing_sidecar(runsc) == sentry
    program(sentry, "exit 128\n")
    assert missing_sidecar(runsc) is None
    link = tmp_path / "runsc"
    os.symlink(runsc.path, link)
    assert missing_sidecar(Runsc(str(link))) is None
    sentry.chmod(0o644)
    assert missing_sidecar(Runsc(str(link))) == sentry


def test_a_runsc_that_is_the_sandbox_s_program_needs_none(fake: FakeRunsc) -> None:
    assert missing_sidecar(fake.runsc) is None


@pytest.mark.parametrize("place", [0, (64 << 10) - 10, (64 << 10) + 1, (4 << 20) - 10])
def test_code_is_found_wherever_it_is(tmp_path: Path, place: int) -> None:
    path = tmp_path / "program"
    told = b"gvisor.dev/gvisor/runsc kernel.(*runSyscallAfterExecStop).execute"
    for code, expected in ((told, Code(True)), (told[:23], Code(False)), (told[24:], None)):
        path.write_bytes(b"x" * place + code + b"y" * 100)
        with path.open("rb") as file:
            assert code_of(file.fileno()) == expected


def test_little_of_a_program_is_in_memory_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "program"
    path.write_bytes(b"x" * (20 << 20) + b"gvisor.dev/gvisor/runsc")
    found = []
    with path.open("rb") as file:
        assert most_taken(lambda: found.append(code_of(file.fileno()))) < 1 << 20
    assert found == [Code(False)]


def test_a_folder_has_no_code(tmp_path: Path) -> None:
    fd = os.open(tmp_path, os.O_RDONLY)
    assert code_of(fd) is None
    os.close(fd)
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(fd)
    assert code_of(fd) is None


def test_a_version_that_is_not_told_is_none(tmp_path: Path) -> None:
    assert version_text(program(tmp_path / "good", "echo runsc version release-20260905.0"))
    assert version_text(program(tmp_path / "bad", "exit 1")) == ""
    assert version_text(Runsc(str(tmp_path / "none"))) == ""


def test_what_was_stopped_is_not_remembered(fake: FakeRunsc) -> None:
    stop = threading.Event()
    stop.set()
    assert not knows_trace(replace(fake.runsc, stop=stop))
    assert knows_trace(fake.runsc)
