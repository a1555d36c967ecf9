from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.agent.procfs import MAX_UNREADABLE, Dump, marks_of, parse_procfs
from gvtui.trace.procfs import ProcfsEntry

TEXT = (Path(__file__).parents[1] / "data" / "procfs-2024-07.txt").read_text()


def test_what_runsc_prints_is_read() -> None:
    dump = parse_procfs(TEXT)
    assert dump.is_whole
    assert [(entry.pid, entry.parent_pid, entry.args) for entry in dump.entries] == [
        (1, 0, ["sleep", "300"]),
        (2, 1, ["sleep", "1000"]),
        (3, 1, ["cat"]),
    ]
    _, writer, reader = dump.entries
    assert writer.pipe_to == (3, reader.start_ns)
    assert reader.pipe_from == (2, writer.start_ns)
    assert writer.start_ns == 1795479172220038207


@pytest.mark.parametrize(
    ("text", "is_whole"),
    [
        ("", True),
        ("PROCFS DUMP\n\n", True),
        ("PROCFS DUMP\n\n{", False),
        ('{"status": 5}', False),
        ('{"status": {"pid": "x"}}\n{"status": {"pid": 0}}', False),
        ("[" * 100_000, True),
        ('{"a":' * 100_000, False),
    ],
)
def test_a_dump_that_makes_no_sense_has_no_processes(text: str, is_whole: bool) -> None:
    assert parse_procfs(text) == Dump((), is_whole)


def test_a_dump_with_odd_parts_gives_what_can_be_read() -> None:
    text = 'PROCFS DUMP\n\n{oops\n{"status": {"pid": 3, "ppid": -1}, "args": [1, "a"], "fdlist": 1}'
    assert parse_procfs(text) == Dump((ProcfsEntry(3, 0, 0, "", "", ["a"]),), False)


def test_a_dump_that_was_cut_says_so() -> None:
    dump = parse_procfs(TEXT[:-100])
    assert len(dump.entries) == 2
    assert not dump.is_whole
    (mark,) = marks_of(dump, "box", 1)
    assert mark.text == (
        "2 processes run in box, others could not be read: told by runsc trace procfs"
    )


@pytest.mark.parametrize("broken", ['{"a":\n', '{"a":"x\n', '{"a":[1,\n'])
def test_what_cannot_be_read_is_passed_over_so_many_times(broken: str) -> None:
    whole = '{"status": {"pid": 3}}\n'
    for number, pids in ((MAX_UNREADABLE - 1, [3]), (MAX_UNREADABLE, [])):
        dump = parse_procfs(broken * number + whole)
        assert ([each.pid for each in dump.entries], dump.is_whole) == (pids, False)


def test_open_descriptors_are_read() -> None:
    dump = parse_procfs(TEXT)
    assert dump.entries[1].files == [
        (0, "/dev/null", 8630),
        (1, "pipe:[1]", 4480),
        (2, "host:[3]", 33188),
    ]
    odd = '{"status":{"pid":3},"fdlist":[1,{"number":-4},{"number":2},{"number":"x","path":3}]}'
    assert parse_procfs(odd).entries[0].files == [(2, "", 0)]


def test_processes_that_are_each_other_s_parents_have_no_container() -> None:
    entries = (ProcfsEntry(2, 3, 0, "", ""), ProcfsEntry(3, 2, 0, "", ""))
    told = Dump(entries, True).in_containers({1: "c1"})
    assert [entry.container_id for entry in told.entries] == ["", ""]
