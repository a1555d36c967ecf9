from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.decode.outcome import ExecOutcome
from gvtui.query.processes.process import Evidence, Exec, Process, ProcessId
from gvtui.query.processes.tree import ProcessTree
from gvtui.trace.reader import Trace
from gvtui.tui.kit.cells import width_of
from gvtui.tui.kit.signs import ENDED_SIGN, FAILED_SIGN, RUNS_SIGN
from gvtui.tui.processes.choice import TreeChoice
from gvtui.tui.processes.lines import Fold, TreeLine
from gvtui.tui.processes.opened import open_fds
from gvtui.tui.processes.painter import COLUMNS, GROWS_SIGN, TreePainter, column_titles, layout
from tests.query.resolved.world import World
from tests.tui.fake import FakeViewer
from tests.tui.stream.test_pane import HOSTILE

DATA = Path(__file__).parents[2] / "data"
SECOND = 1_000_000_000
WIDTH = 160


def process(pid: int = 7, **fields: Any) -> Process:
    given_: dict[str, Any] = {
        "number": 1,
        "container": "c0ffee",
        "start_ns": 0,
        "source": Evidence.EVENT,
        "first_row": 0,
        "last_row": 0,
        "name": "bash",
    }
    return Process(pid=pid, **(given_ | fields))


def words(line: TreeLine, width: int = WIDTH, painter: TreePainter | None = None) -> str:
    return "".join(
        text for text, _ in (painter or TreePainter(FakeViewer().model)).line(line, width)
    )


def told(shown: Process, fold: Fold = Fold.CHILDREN) -> str:
    return words(TreeLine("", shown.container, shown, fold))


@given(st.integers(1, 300), st.booleans(), st.booleans())
def test_a_line_has_as_many_cells_as_there_are_where_they_suffice(
    width: int, live: bool, fds: bool
) -> None:
    shares = layout(width, is_live=live, has_fds=fds)
    assert shares.command >= 1
    used = shares.name + 1 + shares.command + sum(column.width + 1 for column in shares.columns)
    assert used == width or shares.command == 1
    assert width_of(column_titles(shares)) == used
    keys = [column.key for column in shares.columns]
    assert ("rate" in keys) <= live
    assert ("fds" in keys) <= fds
    assert {"status", "calls"} <= set(keys)
    # What is left out has its turn before what is shown.
    never = {"from", "stdio"} | (set() if live else {"rate"}) | (set() if fds else {"fds"})
    left = [c.gives_way for c in COLUMNS if c.key not in keys and c.key not in never]
    shown = [column.gives_way for column in shares.columns if column.gives_way]
    assert max(left, default=0) < min(shown, default=9)


def test_a_process_that_runs_and_one_that_has_ended() -> None:
    runs = process(args=["bash", "-c", "a b"], start_ns=1_700_000_000 * SECOND)
    assert told(runs).startswith(f" {RUNS_SIGN} 7 bash ")
    assert "bash -c 'a b'" in told(runs)
    assert "14 Nov 22:13" in told(runs)
    ended = process(has_ended=True, end_ns=1_700_000_001 * SECOND, exit_status=0)
    assert f" {ENDED_SIGN} 7 bash" in told(ended)
    assert "14 Nov 22:13" in told(ended)
    assert "exited 0" in told(ended)
    looks = {look for _, look in TreePainter(FakeViewer().model).line(TreeLine("", "", ended), 90)}
    assert looks - {"guide", ""} == {"ended"}


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        (0x100, f"{FAILED_SIGN} exited 1"),
        (9, f"{FAILED_SIGN} SIGKILL"),
        (0x8B, f"{FAILED_SIGN} SIGSEGV"),
    ],
)
def test_an_end_that_is_a_failure_is_told_as_such(status: int, shown: str) -> None:
    ended = process(has_ended=True, exit_status=status)
    line = TreePainter(FakeViewer().model).line(TreeLine("", "", ended), WIDTH)
    (failed,) = [text for text, look in line if look == "failed"]
    assert failed.strip() == shown


def test_an_end_of_which_no_more_is_known() -> None:
    assert told(process(has_ended=True)).split(" 7 ")[1].split() == ["bash", "[bash]", "ended", "0"]


@pytest.mark.parametrize(("source", "sign"), [(Evidence.EVENT, " "), (Evidence.CONTEXT, "~")])
def test_how_it_is_known_stands_before_its_id(source: Evidence, sign: str) -> None:
    assert told(process(source=source)).startswith(f" {RUNS_SIGN}{sign}7 ")
    assert f"{sign}? " in told(process(pid=0, source=source))


def test_tags_say_what_is_folded_and_where_it_stands() -> None:
    shown = process()
    for row in (1, 2):
        shown.add_exec(Exec(row, 0, "/bin/x", ["x"], ExecOutcome.DONE, 7))
    shown.thread(7)
    shown.thread(8)
    shown.is_exec_session = True
    assert "[exec session, 2 execs, 2 threads] x" in told(shown)
    assert "[exec session] x" in told(shown, Fold.ALL)
    child = process(8, parent=shown, is_exec_session=True)
    assert "exec session" not in told(child)


def test_pipes_name_the_other_process_where_it_is_known() -> None:
    tree = ProcessTree()
    tree.create("c0ffee", 5, 55, Evidence.EVENT, 1).name = "cat"
    painter = TreePainter(FakeViewer().model)
    reader = process(pipe_from=ProcessId("c0ffee", 5, 55), pipe_to=ProcessId("c0ffee", 6, 0))
    line = TreeLine("", "c0ffee", reader)
    assert "[│5 ▷, ▷ 6│]" in words(line, painter=painter)
    painter.tree = tree
    assert "[│5 cat ▷, ▷ 6│]" in words(line, painter=painter)


def test_programs_say_what_became_of_them() -> None:
    def program(outcome: ExecOutcome, **fields: Any) -> str:
        entry = Exec(3, SECOND, "/bin/x", ["argv0", "-v"], outcome, 7, **fields)
        return words(TreeLine("│ ", "c", process(), executed=entry))

    assert program(ExecOutcome.DONE) == "│   » argv0 -v  1 Jan 00:00"
    assert program(ExecOutcome.ASKED) == "│   »… /bin/x -v  asked  1 Jan 00:00"
    failed = program(ExecOutcome.FAILED, errno=errno.ENOENT)
    assert failed == f"│   {FAILED_SIGN} /bin/x -v  failed: ENOENT  1 Jan 00:00"
    assert "failed: errno not sent" in program(ExecOutcome.FAILED)


def test_threads_and_sandboxes() -> None:
    shown = process()
    thread = shown.thread(9)
    assert thread is not None
    assert words(TreeLine("│ ", "c", shown, thread=thread)) == f"│   {RUNS_SIGN} thread 9"
    thread.has_ended = True
    assert words(TreeLine("│ ", "c", shown, thread=thread)) == f"│   {ENDED_SIGN} thread 9"
    assert words(TreeLine("", "c0ffee")) == "◉ c0ffee"
    assert words(TreeLine("", "")) == "◉ container not known"


@pytest.mark.parametrize("width", [1, 30, 80, 200])
def test_nothing_hostile_reaches_the_screen(width: int) -> None:
    shown = process(name=HOSTILE, args=[HOSTILE] * 3, container=HOSTILE)
    entry = Exec(3, 0, HOSTILE, [HOSTILE], ExecOutcome.ASKED, 7)
    for line in (
        TreeLine("", HOSTILE),
        TreeLine("", HOSTILE, shown),
        TreeLine("", HOSTILE, shown, executed=entry),
    ):
        assert words(line, width).isprintable()


def test_columns_of_programs_are_there_where_a_session_asked_for_them() -> None:
    tree = ProcessTree()
    titles = [column.title for column in layout(200, is_live=False, tree=tree).columns]
    assert "from" not in titles
    tree.tells_origins = tree.tells_stdio = True
    titles = [column.title for column in layout(200, is_live=False, tree=tree).columns]
    assert titles[:2] == ["from", "in ⇄ out"]


def test_a_recording_s_tree_tells_where_programs_came_from_and_what_they_are_joined_to() -> None:
    trace = Trace.open(DATA / "newest" / "investigation.gvtrace")
    model = FakeViewer(trace=trace).model
    while model.analysis.context.advance():
        pass
    painter = TreePainter(model)
    painter.tree = model.analysis.processes.tree

    def line(pid: int, width: int = 220) -> str:
        (found,) = [each for each in painter.tree if each.pid == pid]
        return words(TreeLine("", "c1", found), width, painter)

    assert " elsewhere " in line(1900)
    assert " MEMORY " in line(1916)
    assert " image     host:19  ▷ 1902 " in line(1901)
    assert " image     ◁ 1901  host:20 " in line(1902)
    assert " image     ⇄ 127.0.0.1:8081 " in line(1920)
    assert "◀ shell on a socket 127.0.0.1:60110 ⇄ 127.0.0.1:8081" in line(1920)
    assert "◀" not in line(1902)
    # It stands out though the process has ended.
    (shell,) = [each for each in painter.tree if each.pid == 1920]
    looks = [look for text, look in painter.line(TreeLine("", "c1", shell), 80) if "◀" in text]
    assert shell.has_ended
    assert looks == ["failed"]
    # Where there is no room for the column, the words stay at which one should look.
    assert "[MEMORY] memexec" in line(1916, 80)
    assert "elsewhere" not in line(1900, 80)


def test_the_column_that_is_sorted_by_does_not_give_way() -> None:
    assert "fds" not in [column.key for column in layout(60, is_live=True).columns]
    assert "fds" in [column.key for column in layout(60, is_live=True, kept=("fds",)).columns]


def test_who_leaves_descriptors_open_is_marked(tmp_path: Path) -> None:
    world = World(tmp_path / "a.gvtrace")
    world.fork(1, 2)
    for fd in range(3, 203):
        world.open(fd, "/etc/passwd", pid=2)
        world.open(3, "/tmp/log")
        world.close(3)
    with world.resolved(step=50) as found:
        painter = TreePainter(FakeViewer().model)
        painter.choice = TreeChoice(resolved=found)
        one, two = found.processes
        leaking = words(TreeLine("", "box", two), 200, painter)
        assert f"{GROWS_SIGN} 200" in leaking
        assert GROWS_SIGN not in words(TreeLine("", "box", one), 200, painter)
        (opened,), _ = open_fds(found, two)
        said = words(TreeLine("│ ", "box", two, opened=opened), 200, painter)
        assert said == "│   × 200 /etc/passwd   descriptors 3 to 202"
        left_out = words(TreeLine("", "box", two, left_out=1234), 200, painter)
        assert left_out == "  … and 1,234 more that are open"
