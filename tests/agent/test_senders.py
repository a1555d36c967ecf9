from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from gvtui.agent import trust
from gvtui.agent.senders import BinaryNotes, binary_mark
from gvtui.monitor.peer import file_identity
from gvtui.trace.marks import BinaryMark

OLD_CODE = "gvisor.dev/gvisor/runsc kernel.(*runSyscallAfterExecStop).execute"
NEW_CODE = "gvisor.dev/gvisor/runsc kernel.(*runExecveAfterSiblingExitStop).execute"
RUN = ["runsc", "--root=/r", "run", "--bundle", "b", "web"]
CREATE = ["runsc", "--root=/r", "trace", "create", "--config=s.json", "web"]


def program(path: Path, code: str, version: str = "1.2") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    says = f"echo runsc version {version}" if version else "exit 1"
    path.write_text(f"#!/bin/sh\n{says}\nexit\n{code}\n")
    path.chmod(0o755)
    return path


def noted(path: Path, command: list[str], **exe: Any) -> dict[str, Any]:
    about = {"path": str(path), **file_identity(path.stat()), **exe}
    return {"conn": 4, "peer_pid": 7, "command": command, "exe": about}


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "proc").mkdir()
    return tmp_path / "proc"


def runs(proc: Path, exe: Path, *, pid: int = 30, root: str = "/r", name: str = "web") -> None:
    entry = proc / str(pid)
    entry.mkdir()
    words = ["runsc-sandbox", f"--root={root}", "boot", "--bundle=b", name]
    (entry / "cmdline").write_bytes(b"".join(word.encode() + b"\0" for word in words))
    (entry / "exe").symlink_to(exe)


@pytest.mark.parametrize(("code", "is_last"), [(OLD_CODE, True), (NEW_CODE, False)])
@pytest.mark.parametrize("words", [RUN, ["runsc", "do", "true"], ["runsc", "create", "web"]])
def test_who_starts_a_sandbox_is_what_it_runs(
    tmp_path: Path, proc: Path, code: str, words: list[str], *, is_last: bool
) -> None:
    path = program(tmp_path / "runsc", code)
    assert binary_mark(noted(path, words), proc) == BinaryMark(str(path), "1.2", is_last)


def test_a_session_made_later_is_of_the_sandbox_s_binary(tmp_path: Path, proc: Path) -> None:
    old, new = program(tmp_path / "old", OLD_CODE), program(tmp_path / "new", NEW_CODE, "9")
    assert binary_mark(noted(old, CREATE), proc) == BinaryMark(str(old), "1.2", False)
    runs(proc, new)
    assert binary_mark(noted(old, CREATE), proc) == BinaryMark(str(new), "9", False)


def test_all_sandboxes_that_it_may_be_count(tmp_path: Path, proc: Path) -> None:
    old, new = program(tmp_path / "old", OLD_CODE), program(tmp_path / "new", NEW_CODE)
    runs(proc, old)
    runs(proc, new, pid=31, root="/other")
    runs(proc, new, pid=32, name="db")
    mark = binary_mark(noted(new, CREATE), proc)
    assert mark is not None
    assert mark.is_exec_exit_last
    rootless = [word for word in CREATE if not word.startswith("--root")]
    mark = binary_mark(noted(old, rootless), proc)
    assert mark is not None
    assert not mark.is_exec_exit_last


@pytest.mark.parametrize("words", [[], ["runsc"], ["runsc", "list"], ["runsc", "trace", "create"]])
def test_other_commands_conclude_nothing(tmp_path: Path, proc: Path, words: list[str]) -> None:
    mark = binary_mark(noted(program(tmp_path / "runsc", OLD_CODE), words), proc)
    assert mark is not None
    assert not mark.is_exec_exit_last


def test_what_is_no_runsc_is_not_noted(tmp_path: Path, proc: Path) -> None:
    assert binary_mark(noted(program(tmp_path / "runsc", "python"), RUN), proc) is None
    assert binary_mark({"exe": "runsc", "command": RUN}, proc) is None
    assert binary_mark({"exe": {"path": "\0", "ino": 1}, "command": RUN}, proc) is None
    assert binary_mark({}, proc) is None


def test_another_file_at_the_path_is_not_looked_at(tmp_path: Path, proc: Path) -> None:
    path = program(tmp_path / "runsc", OLD_CODE)
    details = noted(path, RUN)
    program(tmp_path / "new", OLD_CODE).replace(path)
    assert binary_mark(details, proc) is None
    assert binary_mark(noted(path, RUN, size=1), proc) is None
    assert binary_mark(noted(Path("/dev/null"), RUN), proc) is None


def test_a_replaced_binary_that_still_runs_is_read_there(tmp_path: Path, proc: Path) -> None:
    path = program(tmp_path / "runsc", OLD_CODE)
    details = noted(path, RUN)
    path.rename(tmp_path / "gone")
    (proc / "7").mkdir()
    (proc / "7" / "exe").symlink_to(tmp_path / "gone")
    details["exe"]["path"] += " (deleted)"
    assert binary_mark(details, proc) == BinaryMark(str(path), "", True)


def test_a_program_that_others_may_write_is_read_and_not_run(tmp_path: Path, proc: Path) -> None:
    path = program(tmp_path / "runsc", f"{OLD_CODE}")
    path.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n{OLD_CODE}\n")
    path.chmod(0o777)
    assert binary_mark(noted(path, RUN), proc) == BinaryMark(str(path), "", True)
    assert not (tmp_path / "ran").exists()


def test_another_user_s_program_is_not_run(
    tmp_path: Path, proc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = program(tmp_path / "runsc", OLD_CODE)
    monkeypatch.setattr(trust, "_owner_problem", lambda *_: "belongs to user 1000")
    assert binary_mark(noted(path, RUN), proc) == BinaryMark(str(path), "", True)


def test_notes_are_made_until_they_are_taken(tmp_path: Path) -> None:
    path = program(tmp_path / "runsc", OLD_CODE)
    taken: list[tuple[BinaryMark, int]] = []
    answers = [False, True, True]

    def note(mark: BinaryMark, conn: int) -> bool:
        taken.append((mark, conn))
        return answers.pop(0)

    notes = BinaryNotes(note)
    notes.finish(60)
    unknown = {"conn": 3, "peer_pid": os.getpid()}
    for event in (unknown, noted(path, RUN) | {"peer_pid": 0}, noted(path, CREATE)):
        notes.opened(event)
    notes.finish(60)
    assert [conn for _, conn in taken] == [4, 4, 4]
    assert taken[0] == taken[1]
