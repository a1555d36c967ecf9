from __future__ import annotations

import os
from pathlib import Path

import pytest

from gvtui.trace import sidefiles
from tests.trace.factory import read_message, write_trace


def pair_in(folder: Path) -> sidefiles.IndexFiles:
    return sidefiles.beside(write_trace(folder / "a.gvtrace", [(1, [read_message()])]))


def test_files_are_believed_where_nobody_else_writes(tmp_path: Path) -> None:
    pair = pair_in(tmp_path)
    assert sidefiles.are_believable(pair)
    tmp_path.chmod(0o775)
    assert not sidefiles.are_believable(pair)
    assert sidefiles.are_believable(pair, is_growing=True)
    assert not sidefiles.may_stand_beside(tmp_path / "a.gvtrace")
    # In a folder such as /tmp nobody replaces what is ours.
    tmp_path.chmod(0o1777)
    assert sidefiles.are_believable(pair)
    assert not sidefiles.may_stand_beside(tmp_path / "a.gvtrace")


def test_files_that_others_may_change_or_that_are_links_are_not(tmp_path: Path) -> None:
    pair = pair_in(tmp_path)
    pair.rows.chmod(0o620)
    assert not sidefiles.are_believable(pair)
    pair.rows.chmod(0o600)
    moved = tmp_path / "moved"
    pair.strings.rename(moved)
    assert not sidefiles.are_believable(pair)
    pair.strings.symlink_to(moved)
    assert not sidefiles.are_believable(pair)


def test_a_recording_that_changes_has_another_place(tmp_path: Path) -> None:
    log = write_trace(tmp_path / "a.gvtrace", [(1, [read_message()])])
    place = sidefiles.cached(log)
    assert place is not None
    assert sidefiles.cached(log) == place
    os.utime(log, ns=(1, 1))
    assert sidefiles.cached(log) != place


def test_a_cache_where_others_may_write_is_none(tmp_path: Path) -> None:
    place = sidefiles.cached(tmp_path)
    assert place is not None
    place.rows.parent.chmod(0o777)
    assert sidefiles.cached(tmp_path) is None


def test_the_cache_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sidefiles, "MAX_CACHED", 2)
    pairs = []
    for number in range(4):
        log = tmp_path / str(number)
        log.write_bytes(b"x")
        pair = sidefiles.cached(log)
        assert pair is not None
        for path in (*pair, sidefiles.kept_path(pair), sidefiles.spaced_path(pair)):
            path.write_bytes(b"x")
            os.utime(path, ns=(number, number))
        pairs.append(pair)
        sidefiles.forget_old(pair)
    places = [(*pair, sidefiles.kept_path(pair), sidefiles.spaced_path(pair)) for pair in pairs]
    files = [[path.exists() for path in each] for each in places]
    left = [all(each) for each in files]
    assert left == [any(each) for each in files]
    assert left == [False, False, True, True]
