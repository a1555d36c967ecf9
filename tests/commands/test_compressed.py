"""Every command that reads a folder of segments says the same of it when they are compressed."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gvtui import cli
from gvtui.export.send import play
from gvtui.monitor.client import MonitorProcess
from gvtui.monitor.options import MonitorOptions
from gvtui.query.analysis import Analysis
from gvtui.query.kept.spaced import SpacedStates
from gvtui.query.spacing import keep_spaced
from gvtui.trace import files
from gvtui.trace.bookmarks import Bookmarks
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.trace.writer import TraceWriter
from tests.query.kept.near import have_states
from tests.trace.factory import TIME_NS, read_message
from tests.trace.shrunk import shrink_folder
from tests.trace.twins import MARKED, twins

POSITION = 1200
"""A row in whose place the state is looked at."""

Run = Callable[..., tuple[int, str]]

READING = (
    ("print",),
    ("print", "--format", "json"),
    ("print", "--format", "json", "--calls"),
    ("print", "--format", "strace"),
    ("print", "--stats"),
    ("print", "--filter", "fd.num = 33"),
    ("print", "--filter", "evt.args contains 4"),
    ("report",),
    ("report", "--format", "json"),
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same folder of segments twice: plain, and compressed."""
    base = tmp_path_factory.mktemp("folders")
    plain, compressed = base / "plain" / "x", base / "compressed" / "x"
    writer = TraceWriter(plain, keep_bytes=1 << 20, segment_bytes=30_000)
    writer.opened(1, TIME_NS, {"peer_pid": 1})
    writer.opened(2, TIME_NS, {"peer_pid": 2})
    for number in range(40):
        batch = [read_message(fd=number + place) for place in range(30)]
        writer.received(1 + number % 2, TIME_NS + number, batch)
    writer.closed(1, TIME_NS + 99, {"reason": "closed"})
    writer.close()
    shutil.copytree(plain, compressed)
    shrink_folder(compressed)
    return plain, compressed


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command; gives its exit code and what it printed."""

    def run(*words: str) -> tuple[int, str]:
        capfd.readouterr()
        code = cli.run(list(words))
        return code, capfd.readouterr().out

    return run


def same(text: str, folder: Path) -> str:
    return text.replace(str(folder.parent), "")


def test_the_folders_differ_in_size_alone(folders: tuple[Path, Path]) -> None:
    plain, compressed = map(Trace.open, folders)
    assert plain.compressed.segments == 0
    part = compressed.compressed
    assert part.segments > 3
    assert part.rows <= compressed.end_row == plain.end_row
    assert part.disk_bytes * 2 < part.plain_bytes
    assert compressed.size_bytes < plain.size_bytes
    plain.close()
    compressed.close()


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_a_command_prints_the_same(
    folders: tuple[Path, Path], run: Run, words: tuple[str, ...]
) -> None:
    told = [run(words[0], str(folder), *words[1:]) for folder in folders]
    assert told[0][0] == told[1][0] == 0
    assert told[0][1]
    assert same(told[0][1], folders[0]) == same(told[1][1], folders[1])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("convert.gvtrace", ("convert", "IN", "OUT")),
        ("redacted.gvtrace", ("convert", "IN", "OUT", "--redact")),
        ("a.json", ("convert", "IN", "OUT")),
        ("cut.gvtrace", ("cut", "IN", "-o", "OUT", "--filter", "fd.num > 20")),
        ("repaired.gvtrace", ("repair", "IN", "-o", "OUT")),
        ("merged.gvtrace", ("merge", "IN", "IN", "-o", "OUT")),
    ],
)
def test_a_command_writes_the_same(
    folders: tuple[Path, Path], run: Run, tmp_path: Path, name: str, words: tuple[str, ...]
) -> None:
    made = []
    for number, folder in enumerate(folders):
        out = tmp_path / str(number) / name
        out.parent.mkdir()
        places = {"IN": str(folder), "OUT": str(out)}
        code, said = run(*(places.get(word, word) for word in words))
        assert code == 0, said
        if out.suffix == ".gvtrace":
            made.append(run("print", str(out), "--format", "json")[1])
        else:
            made.append(out.read_text())
    assert made[0]
    assert made[0] == made[1]


def test_there_is_no_difference_between_them(folders: tuple[Path, Path], run: Run) -> None:
    code, said = run("diff", *map(str, folders))
    assert code == 0, said


def test_info_tells_how_much_smaller_it_is(folders: tuple[Path, Path], run: Run) -> None:
    plain, compressed = (json.loads(run("info", str(each), "--json")[1]) for each in folders)
    part = compressed.pop("compressed")
    assert plain.pop("compressed")["segments"] == 0
    assert part["segments"] > 3
    assert (plain.pop("bytes"), plain.pop("file")) != (
        compressed.pop("bytes"),
        compressed.pop("file"),
    )
    assert plain == compressed
    text = run("info", str(folders[1]))[1]
    times = part["plain_bytes"] / part["disk_bytes"]
    row = part["disk_bytes"] / part["rows"]
    assert f"{times:,.1f} times smaller with the index: {row:,.1f} bytes a row" in text


def test_a_seal_holds_when_segments_are_compressed_after_it(
    folders: tuple[Path, Path], run: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "x"
    shutil.copytree(folders[0], folder)
    assert run("seal", str(folder))[0] == 0
    shrink_folder(folder)
    assert run("verify", str(folder))[0] == 0
    log = files.segment_path(folder, 2)
    data = bytearray(log.read_bytes())
    data[len(data) // 2] ^= 1
    log.write_bytes(data)
    assert run("verify", str(folder))[0] == 3


def test_a_damaged_frame_is_told_and_the_rest_is_read(
    folders: tuple[Path, Path], run: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "x"
    shutil.copytree(folders[1], folder)
    log = files.segment_path(folder, 2)
    data = bytearray(log.read_bytes())
    data[len(data) // 2] ^= 1
    log.write_bytes(data)
    code, said = run("info", str(folder))
    assert code == 1
    assert "Traceback" not in said
    whole = json.loads(run("info", str(folders[1]), "--json")[1])
    left = json.loads(run("info", str(folder), "--json")[1])
    assert 0 < left["rows"] <= whole["rows"]
    assert left["damage"]["messages"] or left["damage"]["unreadable_bytes"]
    before = run("print", str(folders[1]), "--format", "json")[1].splitlines()
    code, said = run("print", str(folder), "--format", "json")
    readable = said.splitlines()
    assert code == 1
    # Each row is there; what has changed is what the frame held, which is told to be damaged.
    assert len(readable) == len(before)
    changed = [there for there, was in zip(readable, before, strict=True) if there != was]
    assert 0 < len(changed) < len(before) // 2
    assert all("damaged" in line for line in changed)


def test_what_a_monitor_records_of_it_is_the_same(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    came = []
    for number, folder in enumerate(folders):
        place = tmp_path / str(number)
        place.mkdir()
        options = MonitorOptions(listen=place / "s", record=place / "x.gvtrace", realtime=False)
        monitor = MonitorProcess.start(options)
        try:
            with contextlib.closing(Trace.open(folder)) as trace:
                sent = play(trace, options.listen)
                assert sent.messages == trace.connections.messages
                assert sent.connections == 2
        finally:
            monitor.stop()
        with contextlib.closing(Trace.open(place / "x.gvtrace")) as trace:
            came.append(
                [
                    (trace.row(row).conn, trace.payload(row))
                    for row in range(trace.end_row)
                    if trace.row(row).kind == Kind.MESSAGE
                ]
            )
    assert len(came[0]) == 1200
    for conn in (1, 2):
        plain, packed = ([each for each in found if each[0] == conn] for found in came)
        assert packed == plain


def test_states_and_bookmarks_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    have_states(monkeypatch, 500)
    found = []
    for folder in twins(tmp_path):
        with contextlib.closing(Trace.open(folder, limit=0)) as trace:
            assert keep_spaced(trace, "")
        with contextlib.closing(Trace.open(folder, limit=POSITION)) as trace:
            states = SpacedStates.open(trace, "")
            assert states is not None
            state = states.best(POSITION, 0)
            assert state is not None
            assert state.take_in()
            trace.refresh()
            analysis = Analysis(trace, audit_variable="", state=state)
            numbers = analysis.statistics()
            analysis.finish(numbers)
            marks = [(each.row, each.note) for each in Bookmarks(trace)]
            processes = [(each.pid, each.name, each.end_row) for each in analysis.processes.tree]
            found.append((numbers.by_process(), numbers.by_syscall(events=True), marks, processes))
    assert found[0][2] == [(MARKED, "here")]
    assert found[0] == found[1]


def test_a_single_compressed_segment_is_read_like_a_recording(
    folders: tuple[Path, Path], run: Run, tmp_path: Path
) -> None:
    told = []
    for folder, name in zip(folders, "ab", strict=True):
        alone = tmp_path / name / "one.gvtrace"
        alone.parent.mkdir()
        shutil.copy(files.segment_path(folder, 1), alone)
        told.append(run("print", str(alone), "--format", "json")[1])
    assert told[0]
    assert told[0] == told[1]
