"""The open files of processes, against a plain model of what a kernel does."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.resolved.description import FdKind, kind_of
from gvtui.query.resolved.files import OpenFiles


@dataclass
class Model:
    """One dictionary of descriptors for each process; those who share have the same object."""

    tables: dict[int, dict[int, list[object]]] = field(default_factory=dict)

    def holders(self, number: int) -> int:
        tables = {id(table): table for table in self.tables.values()}
        return sum(entry[0] == number for table in tables.values() for entry in table.values())


FDS = st.integers(0, 5)
PROCESSES = st.integers(1, 4)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("open"), PROCESSES, FDS, st.booleans()),
        st.tuples(st.just("dup"), PROCESSES, FDS, FDS),
        st.tuples(st.just("close"), PROCESSES, FDS, st.none()),
        st.tuples(st.just("range"), PROCESSES, FDS, FDS),
        st.tuples(st.just("fork"), PROCESSES, PROCESSES, st.booleans()),
        st.tuples(st.just("exec"), PROCESSES, st.none(), st.none()),
        st.tuples(st.just("unshare"), PROCESSES, st.none(), st.none()),
        st.tuples(st.just("end"), PROCESSES, st.none(), st.none()),
        st.tuples(st.just("cloexec"), PROCESSES, FDS, st.booleans()),
    ),
    max_size=40,
)


@given(STEPS)
def test_the_tables_are_those_of_the_model(steps: list[tuple[str, int, int, int]]) -> None:
    files, model = OpenFiles(), Model()
    made: list[int] = []
    for row, (what, process, one, two) in enumerate(steps):
        table = model.tables.setdefault(process, {})
        files.of(process)
        if what == "open":
            number = files.descriptions.create(FdKind.FILE, path=f"/{row}").number
            made.append(number)
            files.put(process, one, number, row, cloexec=bool(two))
            table[one] = [number, bool(two)]
        elif what == "dup" and one in table and one != two:
            files.put(process, two, files.of(process).table.get(one), row)
            table[two] = [table[one][0], False]
        elif what == "close":
            assert files.close(process, one, row) == table.pop(one, [0])[0]
        elif what == "range":
            files.close_range(process, one, two, row)
            for fd in [fd for fd in table if one <= fd <= two]:
                del table[fd]
        elif what == "fork" and one not in model.tables:
            files.fork(process, one, row, shares_files=bool(two), shares_cwd=False)
            copied = {fd: list(entry) for fd, entry in table.items()}
            model.tables[one] = table if two else copied
        elif what == "exec":
            files.exec(process, row)
            kept = {fd: list(entry) for fd, entry in table.items() if not entry[1]}
            model.tables[process] = kept
        elif what == "unshare":
            files.unshare(process)
            model.tables[process] = {fd: list(entry) for fd, entry in table.items()}
        elif what == "end":
            files.end(process, row)
            del model.tables[process]
        elif what == "cloexec" and one in table:
            files.of(process).table.set_cloexec(one, is_cloexec=bool(two))
            table[one][1] = bool(two)
        assert sorted(files.known()) == sorted(model.tables)
        for number_of, expected in model.tables.items():
            entries = files.of(number_of).table.entries
            assert {fd: [e.description, e.is_cloexec] for fd, e in entries.items()} == expected
        for number in made:
            description = files.descriptions.get(number)
            assert description is not None
            assert files.descriptions.uses(number) == model.holders(number)
            assert description.is_open == (model.holders(number) > 0)


@given(STEPS)
def test_the_changes_tell_the_tables(steps: list[tuple[str, int, int, int]]) -> None:
    files = OpenFiles()
    told: dict[tuple[int, int], int] = {}
    for row, (what, process, one, two) in enumerate(steps):
        files.of(process)
        if what == "open":
            number = files.descriptions.create(FdKind.FILE).number
            files.put(process, one, number, row, cloexec=bool(two))
        elif what == "close":
            files.close(process, one, row)
        elif what == "fork" and one not in files:
            files.fork(process, one, row, shares_files=bool(two), shares_cwd=True)
        elif what == "exec":
            files.exec(process, row)
        told |= {(c.process, c.fd): c.description for c in files.changes}
        files.changes.clear()
    now = {
        (process, fd): entry.description
        for process in files.known()
        for fd, entry in files.of(process).table.entries.items()
    }
    assert {key: number for key, number in told.items() if number} == now


def test_what_was_lost_is_not_known_to_be_closed() -> None:
    files = OpenFiles()
    description = files.descriptions.create(FdKind.FILE, path="/x")
    files.put(1, 3, description.number, 0)
    files.of(1).cwd.path = "/home"
    files.lose(1, 7)
    assert files.find(1, 3) is None
    assert description.is_lost
    assert files.of(1).cwd.path == ""


def test_the_kind_is_what_the_sandbox_says() -> None:
    assert kind_of("/etc/passwd") is FdKind.FILE
    assert kind_of("/memfd:x (deleted)") is FdKind.MEMORY
    assert kind_of("pipe:[1]") is FdKind.PIPE
    assert kind_of("socket:[1]") is FdKind.SOCKET
    assert kind_of("anon_inode:[timerfd]") is FdKind.TIMER
    assert kind_of("anon_inode:[inotifyfd:2]") is FdKind.INOTIFY
    assert kind_of("anon_inode:[other]") is FdKind.OTHER
    assert kind_of("host:[1]") is FdKind.UNKNOWN
    assert kind_of("") is FdKind.UNKNOWN
