from __future__ import annotations

import os
from pathlib import Path

from gvtui.trace import files
from gvtui.trace.heldfiles import HeldFile, best_pair, is_link, on_disk, taken
from gvtui.trace.pieces import MOST_PIECES


def held(log: Path, size: int, sent: int = 0) -> HeldFile:
    file = HeldFile(log, 1, files.Piece(1, 1, 0), size)
    if sent:
        file.holds.by_conn = {1: sent}
    return file


def test_rows_are_copied_a_few_times_however_many_pieces_there_are() -> None:
    sizes: list[int] = []
    copied = 0
    for _ in range(2000):
        sizes.append(1)
        while len(sizes) > MOST_PIECES:
            place = best_pair(sizes, [True] * MOST_PIECES)
            sizes[place : place + 2] = [sum(sizes[place : place + 2])]
            copied += sizes[place]
    assert copied < 12 * 2000


def test_bytes_take_as_much_of_the_disk_as_those_of_segments_do(tmp_path: Path) -> None:
    plain, small = held(tmp_path / "a", 1000, 900), held(tmp_path / "b", 100, 1000)
    assert on_disk(500, [plain]) == 500
    assert on_disk(500, [small]) == 50
    assert on_disk(500, [plain, small]) == 275
    assert (plain.overhead, small.overhead, small.plain_size) == (100, 0, 1000)


def test_a_piece_that_is_a_segment_by_another_name_takes_nothing(tmp_path: Path) -> None:
    log, link, own = (tmp_path / name for name in "abc")
    log.write_bytes(b"x")
    own.write_bytes(b"x")
    os.link(log, link)
    assert is_link(held(link, 7))
    assert taken([held(link, 7), held(own, 5)]) == 5
