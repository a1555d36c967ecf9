from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gvtui.trace import files
from gvtui.trace.formerpieces import FormerPieces
from gvtui.trace.shares import sender_of
from tests.trace.test_pieces import Recorder
from tests.trace.test_shares import peer

LOUD = sender_of(2, peer(102, container="box2"))


def left_behind(folder: Path) -> Recorder:
    recorder = Recorder(folder, 1 << 20)
    for _ in range(20):
        recorder.send(1)
        recorder.send(2, 60)
    recorder.send(2)
    recorder.writer.close()
    return recorder


def without_loud(pieces: FormerPieces, count: int) -> list[frozenset[object]]:
    """That of so many of the oldest files all goes that the loud one sent."""
    return [frozenset({LOUD} if place < count else ()) for place in range(len(pieces.held))]


def test_what_the_loud_one_sent_goes_oldest_first(tmp_path: Path) -> None:
    recorder = left_behind(tmp_path / "t")
    numbers = files.segment_numbers(recorder.folder)
    pieces = FormerPieces(recorder.folder)
    assert pieces.look()
    assert len(pieces.held) == len(numbers) > 8
    pieces.let_go(without_loud(pieces, 3), 0)
    assert files.segment_numbers(recorder.folder) == numbers[3:]
    got = recorder.got()
    assert got[1] == recorder.sent[1]
    assert 0 < len(got[2]) < 1200
    assert got[2] == recorder.sent[2][-len(got[2]) :]
    pieces.let_go(without_loud(pieces, len(pieces.held)), 0)
    assert recorder.got() == {1: recorder.sent[1]}
    # One that is empty stands behind the pieces, which are few.
    assert files.segment_numbers(recorder.folder) == [numbers[-1] + 1]
    assert len(files.pieces_in(recorder.folder)) <= 4
    assert not any(pieces.held[-1].by_sender.values())


def test_a_little_is_looked_at_at_a_time(tmp_path: Path) -> None:
    recorder = left_behind(tmp_path / "t")
    pieces = FormerPieces(recorder.folder)
    looks = 0
    while not pieces.look(until=0.0):
        assert pieces.held == []
        looks += 1
    assert looks == len(files.segment_numbers(recorder.folder))
    assert len(pieces.held) == looks


def break_log(folder: Path, number: int) -> None:
    log = files.segment_path(folder, number)
    data = log.read_bytes()
    log.write_bytes(data.replace(b"before", b"behind", 1))


def break_index(folder: Path, number: int) -> None:
    index = files.index_path(files.segment_path(folder, number))
    data = bytearray(index.read_bytes())
    data[files.INDEX_HEAD_SIZE + 70] ^= 1
    index.write_bytes(data)


def leave_unfinished(folder: Path, number: int) -> None:
    log = files.segment_path(folder, number)
    log.write_bytes(log.read_bytes() + b"more")


def link_elsewhere(folder: Path, number: int) -> None:
    log = files.segment_path(folder, number)
    log.rename(folder.parent / "elsewhere")
    log.symlink_to(folder.parent / "elsewhere")


def give_away(folder: Path, number: int) -> None:
    os.chown(files.segment_path(folder, number), 65534, -1)


def remove_index(folder: Path, number: int) -> None:
    files.index_path(files.segment_path(folder, number)).unlink()


@pytest.mark.parametrize(
    "spoil",
    [break_log, break_index, leave_unfinished, link_elsewhere, give_away, remove_index],
)
def test_what_is_not_as_its_writer_closed_it_is_left_alone(
    tmp_path: Path, spoil: Callable[[Path, int], None]
) -> None:
    if spoil is give_away and os.geteuid() != 0:
        pytest.skip("only root gives files away")
    recorder = left_behind(tmp_path / "t")
    number = files.segment_numbers(recorder.folder)[2]
    spoil(recorder.folder, number)
    spoilt = files.segment_path(recorder.folder, number).read_bytes()
    pieces = FormerPieces(recorder.folder)
    if spoil is remove_index:
        # Whoever opens the trace makes another one.
        with pytest.raises(FileNotFoundError):
            pieces.look()
        assert pieces.held == []
        return
    assert pieces.look()
    assert len(pieces.held) == 2
    if spoil is link_elsewhere:
        with pytest.raises(OSError, match="symbolic link"):
            pieces.let_go(without_loud(pieces, 2), 0)
        assert files.segment_numbers(recorder.folder)[:2] == [number - 1, number]
    else:
        pieces.let_go(without_loud(pieces, 2), 0)
        assert files.segment_numbers(recorder.folder)[0] == number
    assert files.segment_path(recorder.folder, number).read_bytes() == spoilt


def test_what_was_left_of_removing_is_removed(tmp_path: Path) -> None:
    recorder = left_behind(tmp_path / "t")
    first = files.segment_path(recorder.folder, 1)
    first.unlink()
    (recorder.folder / "kept-00000001.gvtrace.new").write_bytes(b"unfinished")
    pieces = FormerPieces(recorder.folder)
    assert pieces.look()
    assert not files.index_path(first).exists()
    assert not list(recorder.folder.glob("*.new"))
    assert len(pieces.held) == len(files.segment_numbers(recorder.folder))


def test_a_folder_that_has_gone_has_nothing(tmp_path: Path) -> None:
    pieces = FormerPieces(tmp_path / "t")
    assert pieces.look()
    assert pieces.held == []
    pieces.let_go([], 0)
