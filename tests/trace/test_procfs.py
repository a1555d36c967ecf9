from __future__ import annotations

from gvtui.trace.marks import read_mark
from gvtui.trace.procfs import MAX_PROCESSES, ProcessesMark, ProcfsEntry, is_tty

ENTRY = ProcfsEntry(
    3, 1, 7, "cat", "/bin/cat", ["cat", "-"], "/", (2, 6), (4, 8), [(0, "host:[1]", 8630)], "inner"
)


def test_processes_lie_in_recordings_like_this() -> None:
    processes = ProcessesMark("1 process runs", "c1", 5, True, 1, 2, (ENTRY,))
    assert processes.details() == {
        "kind": "processes",
        "text": "1 process runs",
        "container_id": "c1",
        "taken_ns": 5,
        "is_whole": True,
        "part": 1,
        "parts": 2,
        "processes": [
            {
                "pid": 3,
                "parent_pid": 1,
                "start_ns": 7,
                "name": "cat",
                "exe": "/bin/cat",
                "args": ["cat", "-"],
                "cwd": "/",
                "pipe_from": (2, 6),
                "pipe_to": (4, 8),
                "files": [(0, "host:[1]", 8630)],
                "container_id": "inner",
            }
        ],
    }


def test_processes_that_make_no_sense_are_left_out() -> None:
    mark = read_mark({"kind": "processes", "processes": [1, {}, {"pid": -1}, {"pid": 2}]})
    assert isinstance(mark, ProcessesMark)
    assert mark.processes == (ProcfsEntry(2, 0, 0, "", ""),)
    assert not mark.is_whole
    assert mark.part != mark.parts


def test_sizes_are_limited() -> None:
    long = "x" * 5_000_000
    entry = {"pid": 1, "name": long, "args": ["a" * 3000] * 9}
    mark = read_mark({"kind": "processes", "processes": [entry] * (MAX_PROCESSES + 1)})
    assert isinstance(mark, ProcessesMark)
    assert len(mark.processes) == MAX_PROCESSES
    assert len(mark.processes[0].name) == 4096
    assert sum(map(len, mark.processes[0].args)) < 4200


def test_terminals_are_told_from_other_devices() -> None:
    assert is_tty(0o20600, "host:[7]")
    assert is_tty(0o20620, "/dev/pts/0")
    assert not is_tty(0o20666, "host:[3]")
    assert not is_tty(0o100644, "host:[1]")
    assert not is_tty(0o20600, "/dev/sda")
