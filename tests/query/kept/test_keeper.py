"""What is kept is what reading the recording gives."""

from __future__ import annotations

import gc
import os
import shutil
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gvtui.export.report.formats import REPORT_FORMATS
from gvtui.export.report.making import make_report
from gvtui.export.selection import Selection
from gvtui.query.activity.reader import ActivityReader
from gvtui.query.analysis import Analysis
from gvtui.query.kept import keeper
from gvtui.query.kept.framing import framed
from gvtui.query.kept.keeper import SECTIONS
from gvtui.query.kept.writing import StateWriter
from gvtui.trace import files, keptfile
from gvtui.trace.reader import Trace
from tests.query.resolved.world import World
from tests.trace.factory import recorded_datagrams, write_trace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gvtui.query.numbers.statistics import Statistics

DATA = Path(__file__).parents[2] / "data"
RECORDINGS = [
    *sorted(each.stem for each in DATA.glob("traces/*.trace")),
    *sorted(str(each.relative_to(DATA)) for each in DATA.rglob("*.gvtrace")),
]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "LEAST_ROWS", 1)
    monkeypatch.setattr(keptfile, "SETTLED_NS", 0)


@pytest.fixture(params=RECORDINGS)
def recording(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "run.gvtrace"
    if not request.param.endswith(".gvtrace"):
        return write_trace(path, [(1, recorded_datagrams(request.param))])
    shutil.copy(DATA / request.param, path)
    Trace.open(path).close()
    return path


class Reading:
    """An analysis of a whole recording, with all that is kept."""

    def __init__(self, path: Path, *, is_kept: bool) -> None:
        self.trace = Trace.open(path)
        self.analysis = Analysis(self.trace, is_kept=is_kept)
        self.statistics: Statistics = self.analysis.statistics()
        self.by_descriptor = self.analysis.statistics(by_descriptor=True)
        self.activity = ActivityReader(self.analysis.context)
        assert self.analysis.resolved is not None
        self.read = 0
        followers: list[Callable[[int], int]] = [
            self.analysis.context.advance,
            self.analysis.timeline.advance,
            self.statistics.advance,
            self.activity.advance,
            self.by_descriptor.advance,
        ]
        while done := sum(advance(1 << 18) for advance in followers):
            self.read += done

    @property
    def roots(self) -> dict[str, Mapping[str, Any]]:
        analysis = self.analysis
        return {
            "processes": {"pairs": analysis.pairs, "processes": analysis.processes},
            "timeline": {"timeline": analysis.timeline},
            "numbers": {"counts": self.statistics.counts},
            "resolved": {"resolver": analysis.resolved.resolver},
            "activity": {"activity": self.activity},
            "descriptors": {"descriptor_counts": self.by_descriptor.counts},
        }

    def state(self) -> dict[str, bytes]:
        writer = StateWriter({"trace": self.trace})
        found = {
            name: b"".join(framed(writer.section(roots))) for name, roots in self.roots.items()
        }
        for number, column in enumerate(writer.columns):
            chunks = [column.read(each) for each in column.known()]
            found[f"column {number}"] = b"".join(c.tobytes() for c in chunks if c is not None)
        return found


def same_twice(path: Path) -> None:
    plain = Reading(path, is_kept=False)
    first = Reading(path, is_kept=True)
    assert plain.read == first.read > 0
    assert first.analysis.keep()
    second = Reading(path, is_kept=True)
    assert second.read == 0
    assert second.analysis.kept is not None
    assert second.analysis.kept.restored == set(SECTIONS)
    assert plain.state() == first.state() == second.state()
    assert not second.analysis.keep()
    for each in (plain, first, second):
        each.trace.close()


def test_the_state_that_is_kept_is_the_one_that_reading_gives(recording: Path) -> None:
    same_twice(recording)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["open", "close", "fork", "raw", "rename", "start"]),
        st.integers(1, 4),
        st.integers(3, 6),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=40)
@given(STEPS)
def test_so_it_is_of_any_made_up_sandbox(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    world = World(tmp_path_factory.mktemp("w") / "run.gvtrace")
    for what, pid, fd in steps:
        if what == "open":
            world.open(fd, f"dir/f{fd}", pid=pid, cwd="/srv")
        elif what == "close":
            world.close(fd, pid=pid)
        elif what == "fork":
            world.fork(pid, pid + 1)
        elif what == "raw":
            world.raw("pread64", fd, 0, 10, result=10, pid=pid)
        elif what == "rename":
            world.raw("rename", 1, 2, pid=pid)
        else:
            world.start(pid, "prog", "-x")
    world.writer.close()
    same_twice(world.path)


def test_what_was_taken_up_and_written_goes_with_its_analysis(tmp_path: Path) -> None:
    def descriptors(number: int) -> list[str]:
        path = tmp_path / f"{number}.gvtrace"
        same_twice(write_trace(path, [(1, recorded_datagrams("shell-2024"))]))
        # What leads to itself in circles goes when it is looked for.
        gc.collect()
        return os.listdir("/proc/self/fd")

    before = descriptors(0)
    assert len(descriptors(1)) == len(descriptors(2)) == len(before)


def report_of(path: Path) -> str:
    trace = Trace.open(path)
    made = make_report(trace)
    trace.close()
    return "\n".join(chain.from_iterable(f.lines(made) for f in REPORT_FORMATS.values()))


def test_a_report_is_the_same_from_what_is_kept(recording: Path) -> None:
    first = report_of(recording)
    assert recording.with_name(f"run.gvtrace{files.KEPT_SUFFIX}").exists()
    assert report_of(recording) == first


def kept_once(path: Path) -> Path:
    reading = Reading(path, is_kept=True)
    assert reading.analysis.keep()
    reading.trace.close()
    return path.with_name(f"{path.name}{files.KEPT_SUFFIX}")


def test_a_damaged_section_is_read_again(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("shell-2024"))])
    plain = Reading(path, is_kept=False)
    side = kept_once(path)
    raw = bytearray(side.read_bytes())
    for place in range(1 << 20, len(raw), 997):
        raw[place] ^= 1
    side.write_bytes(raw)
    again = Reading(path, is_kept=True)
    assert again.read == plain.read
    assert again.state() == plain.state()
    assert again.analysis.keep()
    last = Reading(path, is_kept=True)
    assert last.read == 0
    for each in (plain, again, last):
        each.trace.close()


def test_what_was_kept_and_not_asked_for_is_kept_on(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("shell-2024"))])
    trace = Trace.open(path)
    analysis = Analysis(trace, is_kept=True)
    statistics = analysis.statistics()
    while analysis.context.advance() or statistics.advance() or analysis.timeline.advance():
        pass
    assert analysis.keep()
    trace.close()
    report_of(path)
    again = Reading(path, is_kept=True)
    assert again.analysis.kept is not None
    assert again.analysis.kept.restored == set(SECTIONS) - {"descriptors"}
    again.trace.close()


def test_later_answers_are_kept_with_those_before(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("shell-2024"))])
    first = Reading(path, is_kept=True)
    assert first.analysis.kept_survey() is None
    survey = first.analysis.survey()
    assert first.analysis.keep()
    first.trace.close()
    trace = Trace.open(path)
    second = Analysis(trace, is_kept=True)
    found = second.kept_survey()
    assert found is not None
    assert (found.log_bytes, found.tally) == (survey.log_bytes, survey.tally)
    assert not second.keep()
    digests = second.digests()
    assert second.keep()
    trace.close()
    third = Reading(path, is_kept=True)
    assert third.read == 0
    assert third.analysis.kept_survey() is not None
    assert third.analysis.kept is not None
    assert third.analysis.kept.known("digests") == digests
    assert third.analysis.kept.restored == set(SECTIONS)
    third.trace.close()


def test_a_filter_takes_from_what_is_kept_what_calls_did(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("shell-2024"))])
    expression = "fd.name startswith /etc or proc.pname exists"

    def chosen() -> tuple[bool, list[int]]:
        trace = Trace.open(path)
        selection = Selection(trace, expression)
        is_read = selection.pairs.is_done
        rows = [row for each in selection.chunks(0, trace.end_row) for row in each.row_ids()]
        trace.close()
        return is_read, rows

    before = chosen()
    assert before[0] is False
    assert before[1]
    reading = Reading(path, is_kept=True)
    assert reading.analysis.keep()
    reading.trace.close()
    assert chosen() == (True, before[1])


def test_of_a_recording_that_changed_nothing_is_believed(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("shell-2024"))])
    kept_once(path)
    shutil.copy(path, path.with_name("copy"))
    path.with_name("copy").replace(path)
    again = Reading(path, is_kept=True)
    assert again.read > 0
    again.trace.close()


def test_rows_that_came_while_it_was_read_keep_nothing(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("shell-2024"))])
    trace = Trace.open(path, limit=100)
    analysis = Analysis(trace, is_kept=True)
    trace.limit = None
    trace.refresh()
    while analysis.context.advance() or analysis.timeline.advance():
        pass
    assert not analysis.keep()
    trace.close()


def test_a_short_recording_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "LEAST_ROWS", 1 << 20)
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("shell-2024"))])
    report_of(path)
    assert not path.with_name(f"run.gvtrace{files.KEPT_SUFFIX}").exists()


def test_until_all_rows_are_there_what_is_kept_waits(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("shell-2024"))])
    kept_once(path)
    trace = Trace.open(path, limit=100)
    analysis = Analysis(trace, is_kept=True)
    statistics = analysis.statistics()
    analysis.advance(1.0)
    assert analysis.pairs.position == 0
    assert analysis.is_behind
    trace.limit = None
    trace.refresh()
    analysis.advance(1.0)
    assert statistics.is_done
    assert analysis.pairs.is_done
    trace.close()
