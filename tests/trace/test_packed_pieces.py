"""What is kept of segments that go is compressed where segments are."""

from __future__ import annotations

import errno
import os
import shutil
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gvtui.trace import files, thinning
from gvtui.trace.bytesource import opened_source
from gvtui.trace.pieces import Pieces
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.trace.seal import seal, verify
from gvtui.trace.survey import survey
from tests.trace.moments import Moments, at_each_moment
from tests.trace.test_pieces import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEEP, SEGMENT = 200_000, 20_000
ROUNDS = 110
SOME_ROUNDS = 60
"""So many that the oldest segments go."""


def recorder_at(folder: Path) -> Recorder:
    return Recorder(folder, KEEP, SEGMENT, compresses=True)


def flood(recorder: Recorder, rounds: int) -> None:
    """A quiet sandbox beside a loud one."""
    for _ in range(rounds):
        recorder.send(1, 3)
        recorder.send(2, 80)


@pytest.fixture(scope="module")
def flooded(tmp_path_factory: pytest.TempPathFactory) -> Recorder:
    """What is left of both; it is only read."""
    recorder = recorder_at(tmp_path_factory.mktemp("flooded") / "live")
    flood(recorder, ROUNDS)
    recorder.writer.close()
    return recorder


def are_packed(folder: Path) -> list[tuple[bool, int]]:
    """Of each piece that counts, oldest first, whether its log is compressed, and its plain size."""
    found = []
    for log in filter(files.is_piece, files.logs_in(folder).values()):
        with opened_source(log) as source:
            found.append((source.is_compressed, source.size))
    return found


def test_pieces_are_compressed_and_hold_the_same(flooded: Recorder) -> None:
    got = flooded.got()
    assert got[1] == flooded.sent[1]
    assert got[2] == flooded.sent[2][-len(got[2]) :]
    assert flooded.size <= KEEP
    packed = are_packed(flooded.folder)
    assert sum(size for is_packed, size in packed if is_packed) > SEGMENT
    # A few messages do not become much smaller.
    assert all(is_packed for is_packed, size in packed if size > SEGMENT // 4)
    # Each is written plain first, beside all the others.
    assert max(size for _, size in packed) <= SEGMENT
    assert not [path for path in flooded.folder.iterdir() if ".new" in path.name]
    with closing(Trace.open(flooded.folder)) as trace:
        assert survey(trace).problems == []


def test_who_has_less_than_a_share_on_the_disk_loses_nothing_for_what_may_come(
    tmp_path: Path,
) -> None:
    """Here a segment is a quarter of all, and takes a tenth of that when it is compressed."""
    recorder = Recorder(tmp_path / "live", KEEP, KEEP // 4, compresses=True)
    for _ in range(200):
        recorder.send(1, 20)
        recorder.send(2, 30)
    for _ in range(60):
        recorder.send(2, 30)
    # What the first had beyond its share has gone.
    got = recorder.got()[1]
    assert got == recorder.sent[1][-len(got) :]
    assert len(got) > 1500
    for _ in range(120):
        recorder.send(2, 30)
    recorder.writer.close()
    assert recorder.got()[1] == got
    assert recorder.size <= KEEP


def test_a_segment_that_went_on_as_it_was_is_compressed_later(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "live")
    recorder.send(1, 300)
    flood_of_two = 0
    while not any(name.version == 0 for name in files.pieces_in(recorder.folder)):
        recorder.send(2, 100)
        flood_of_two += 1
        assert flood_of_two < 100
    assert not any(is_packed for is_packed, _ in are_packed(recorder.folder))
    recorder.pieces = Pieces(recorder.folder, compresses=True)
    for _ in range(60):
        recorder.send(2, 100)
    recorder.writer.close()
    assert recorder.got()[1] == recorder.sent[1]
    assert all(is_packed for is_packed, size in are_packed(recorder.folder) if size > SEGMENT)


def test_an_open_reader_keeps_its_row_numbers(tmp_path: Path) -> None:
    recorder = recorder_at(tmp_path / "live")
    flood(recorder, SOME_ROUNDS)
    with closing(Trace.open(recorder.folder)) as trace:
        first = trace.first_row
        known = {row: trace.row(row).fd for row in range(first, trace.end_row)}
        for _ in range(SOME_ROUNDS // 2):
            flood(recorder, 1)
            trace.refresh()
            for row in range(trace.first_row, trace.end_row, 397):
                assert known.setdefault(row, trace.row(row).fd) == trace.row(row).fd
            assert trace.end_row == recorder.writer.end_row
        assert trace.first_row > first
    recorder.writer.close()


def test_what_has_lost_its_index_is_made_again(flooded: Recorder, tmp_path: Path) -> None:
    folder = shutil.copytree(flooded.folder, tmp_path / "live")
    for path in (*folder.glob("*.index"), *folder.glob("*.strings")):
        path.unlink()
    assert readable(folder) == flooded.got()


def test_a_seal_holds_over_compressed_pieces(flooded: Recorder, tmp_path: Path) -> None:
    folder = shutil.copytree(flooded.folder, tmp_path / "live")
    links = seal(folder)
    assert any(link.log.startswith("kept-") for link in links)
    assert verify(folder) is None


def readable(folder: Path) -> dict[int, list[int]]:
    """What a reader finds of each connection, each message as often as it is there."""
    with closing(Trace.open(folder)) as trace:
        found: dict[int, list[int]] = {}
        rows = trace.rows(trace.first_row, trace.end_row)
        for place in np.flatnonzero(rows["kind"] == Kind.MESSAGE).tolist():
            conn, fd = rows[["conn", "fd"]][place].tolist()
            found.setdefault(conn, []).append(fd)
            if conn == 1:
                assert trace.payload(trace.first_row + place)
        assert not trace.damage
        return found


@pytest.mark.parametrize("packs", [False, True], ids=["plain", "compressed"])
def test_who_is_killed_at_any_moment_leaves_each_message_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packs: bool
) -> None:
    recorder = recorder_at(tmp_path / "live")
    recorder.pieces = Pieces(recorder.folder, compresses=packs)
    flood(recorder, SOME_ROUNDS)
    steps = len(recorder.sent[2])
    moments = Moments(recorder.folder, lambda: len(recorder.sent[1]))
    asked: list[tuple[int, int, int]] = []
    recorder.writer.when_nearly_full = lambda *question: asked.append(question)
    rounds = 0
    while len(moments) < 60:
        flood(recorder, 1)
        rounds += 1
        assert rounds < 100
        for question in asked:
            with at_each_moment(monkeypatch, moments.note):
                recorder.keep(*question)
        asked.clear()
    assert len(recorder.sent[2]) > steps
    kinds = Counter(name for moment in moments for name in map(stage, moment.files) if name)
    assert (kinds["packed"] > 0) == packs
    for place, moment in enumerate(moments):
        folder = tmp_path / "restored" / str(place)
        moment.restore(folder)
        found = readable(folder)
        assert found[1][: moment.done] == recorder.sent[1][: moment.done]
        assert found[1] == sorted(set(found[1]))
        loud = recorder.sent[2][: moment.done // 3 * 80]
        assert found[2] == loud[-len(found[2]) :]
    recorder.writer.close()


def stage(name: str) -> str:
    """What the end of a name tells of a piece that is being written."""
    if not name.startswith("kept-"):
        return ""
    if name.endswith(".packed"):
        return "packed"
    return "plain" if ".new" in name else "there"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_where_the_disk_is_full_a_piece_stays_plain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    recorder = recorder_at(tmp_path / "live")

    def full(*_: object, **__: object) -> bool:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(thinning, "shrink_files", full)
        flood(recorder, SOME_ROUNDS)
    recorder.writer.close()
    assert recorder.got()[1] == recorder.sent[1]
    packed = are_packed(recorder.folder)
    assert packed
    assert not any(is_packed for is_packed, _ in packed)
    assert not [path for path in recorder.folder.iterdir() if ".new" in path.name]


def test_another_error_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = recorder_at(tmp_path / "live")
    flood(recorder, SOME_ROUNDS)
    names: list[set[str]] = []

    def fails(plain: Any, made: Any, **_: object) -> bool:
        made[0].write_bytes(b"half")
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def keep(*question: int) -> None:
        with pytest.raises(OSError, match=r"Input/output"):
            recorder.keep(*question)
        names.append({path.name for path in recorder.folder.iterdir()})

    unkept: Callable[[int, int, int], None] = keep
    with monkeypatch.context() as patch:
        patch.setattr(thinning, "shrink_files", fails)
        recorder.writer.when_nearly_full = unkept
        while not names:
            flood(recorder, 1)
    recorder.writer.close()
    assert not [name for name in names[0] if ".new" in name]
    assert readable(recorder.folder)[1] == recorder.sent[1]
