from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.agent.entering import Entering

if TYPE_CHECKING:
    from pathlib import Path


def _run(proc: Path, pid: int, *words: str) -> None:
    folder = proc / str(pid)
    folder.mkdir()
    (folder / "cmdline").write_bytes(b"".join(word.encode() + b"\0" for word in words))


@pytest.mark.parametrize(
    ("words", "containers"),
    [
        (("runsc", "--root=/r", "exec", "web", "sleep", "9"), {"web"}),
        (("/usr/bin/runsc", "--root", "/r", "exec", "--user", "1:1", "web", "sh"), {"web"}),
        (("runsc", "exec", "--process", "/p.json", "--detach", "--pid-file", "/x", "web"), {"web"}),
        (("runsc", "--root=/r", "run", "web"), set()),
        (("sh", "-c", "exec web"), set()),
        (("docker", "exec"), set()),
        ((), set()),
    ],
)
def test_a_command_that_is_there_at_two_looks_is_told_once(
    tmp_path: Path, words: tuple[str, ...], containers: set[str]
) -> None:
    entering = Entering(tmp_path)
    assert entering.stayed() == set()
    _run(tmp_path, 7, *words)
    assert entering.stayed() == set()
    assert entering.stayed() == containers
    assert entering.stayed() == set()


def test_one_that_is_over_by_the_next_look_is_not_told(tmp_path: Path) -> None:
    entering = Entering(tmp_path)
    _run(tmp_path, 7, "runsc", "exec", "web", "true")
    entering.stayed()
    (tmp_path / "7" / "cmdline").unlink()
    (tmp_path / "7").rmdir()
    assert entering.stayed() == set()


def test_without_a_list_of_processes_nothing_is_told(tmp_path: Path) -> None:
    assert Entering(tmp_path / "none").stayed() == set()
