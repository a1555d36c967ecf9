from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gvtui.monitor import fairplace as module
from gvtui.monitor.fairplace import FairPlace
from gvtui.monitor.folder import make_folder
from gvtui.monitor.former import is_unfinished
from gvtui.monitor.places import disk_bytes, traces_in
from gvtui.trace import files
from gvtui.trace.fairness import Held
from gvtui.trace.files import INDEX_SUFFIX, LOG_SUFFIX
from gvtui.trace.reader import Trace
from gvtui.trace.segment import Segment
from gvtui.trace.shares import sender_of
from gvtui.trace.summary import Reception
from gvtui.trace.survey import survey
from tests.trace.test_pieces import Recorder
from tests.trace.test_shares import peer

KEEP = 2_000_000
SUFFIXES = (LOG_SUFFIX, LOG_SUFFIX + INDEX_SUFFIX)


def keep_of(*, compresses: bool) -> int:
    """Where it is compressed, so much takes a part of the room."""
    return KEEP // 4 if compresses else KEEP


class Now(Recorder):
    """The recorder of a monitor in a place, with the process that thins the former traces there."""

    def __init__(self, place: Path, *, compresses: bool = False) -> None:
        folder, self.lock = make_folder(place)
        keep = keep_of(compresses=compresses)
        self.place = FairPlace(place, folder, keep, 30.0, 0.0, compresses=compresses)
        self.kept = 0
        super().__init__(folder, keep, keep // 20, compresses=compresses)
        self.writer.share_disk(lambda: self.kept)
        self.most = 0

    def keep(self, excess: int, limit: int, segment_bytes: int) -> None:
        super().keep(excess, limit, segment_bytes)
        taken = self.place.let_go(self.pieces.held, segment_bytes)
        self.kept = self.kept if taken is None else taken
        self.most = max(self.most, taken_by_all(self.folder.parent))

    def end(self) -> None:
        self.writer.close()
        os.close(self.lock)


def taken_by_all(place: Path) -> int:
    """Bytes of all files: these are so small that the ends of blocks would be most of it."""
    infos = [path.stat() for trace in traces_in(place) for path in trace.iterdir()]
    return sum({info.st_ino: info.st_size for info in infos}.values())


def former(folder: Path, rounds: int = 150, *, compresses: bool = False) -> Recorder:
    """What a monitor has left that received from a quiet sandbox and from a loud one."""
    keep = keep_of(compresses=compresses)
    recorder = Recorder(folder, keep, keep // 20, compresses=compresses)
    # Their segments have nothing of others.
    for _ in range(15):
        recorder.send(1, 60)
    for _ in range(rounds):
        recorder.send(1)
        recorder.send(2, 60)
    recorder.writer.close()
    return recorder


def newest_only(got: list[int], sent: list[int]) -> bool:
    return got == sent[len(sent) - len(got) :]


@pytest.mark.parametrize("compresses", [False, True])
@pytest.mark.parametrize("loud", [2, 3])
def test_a_quiet_sandbox_outlives_a_restart_and_the_flood_of_another(
    tmp_path: Path, compresses: bool, loud: int
) -> None:
    before = former(tmp_path / "20260101", compresses=compresses)
    now = Now(tmp_path, compresses=compresses)
    for _ in range(2400):
        now.send(loud, 15)
        assert now.most <= keep_of(compresses=compresses)
    now.end()
    got = before.got()
    assert got[1] == before.sent[1]
    assert newest_only(got[2], before.sent[2])
    # Of the same sandbox, all that is older goes before what is newer.
    assert len(got[2]) < len(before.sent[2]) if loud == 3 else got[2] == []
    mine = now.got()[loud]
    assert newest_only(mine, now.sent[loud])
    assert len(mine) > 3000
    assert taken_by_all(tmp_path) <= keep_of(compresses=compresses)
    with closing(Trace.open(before.folder)) as trace:
        found = survey(trace)
        assert found.problems == []
        sent = sum(map(len, before.sent.values()))
        assert found.accounting.let_go + found.accounting.logged == sent
        assert trace.connections.messages == sent


def test_more_than_half_is_not_kept_for_who_has_gone(tmp_path: Path) -> None:
    before = Recorder(tmp_path / "20260101", KEEP, KEEP // 20)
    for _ in range(120):
        for conn in range(1, 7):
            before.send(conn, 10)
    before.writer.close()
    now = Now(tmp_path)
    for _ in range(400):
        now.send(7, 60)
        assert now.most <= KEEP
    now.end()
    got = before.got()
    counts = [len(got[conn]) for conn in range(1, 7)]
    assert all(newest_only(got[conn], before.sent[conn]) for conn in range(1, 7))
    # They have equal shares of it.
    assert 0 < min(counts) >= max(counts) - 60
    assert KEEP // 4 < disk_bytes(before.folder) < KEEP // 2
    assert newest_only(now.got()[7], now.sent[7])


def test_a_sandbox_that_is_in_several_traces_counts_once(tmp_path: Path) -> None:
    first, second = tmp_path / "20260101", tmp_path / "20260102"
    loud, quiet = Recorder(first, KEEP, KEEP // 20), Recorder(second, KEEP, KEEP // 20)
    for _ in range(80):
        loud.send(1, 60)
    loud.writer.close()
    for _ in range(25):
        quiet.send(1, 60)
        quiet.send(3, 40)
    quiet.writer.close()
    now = Now(tmp_path)
    for _ in range(80):
        now.send(3, 30)
        now.send(1, 20)
        assert now.most <= KEEP
    now.end()
    # Of the one that sent most, the oldest: what both sent later is all there.
    assert 0 < len(loud.got()[1]) < 4800
    assert newest_only(loud.got()[1], loud.sent[1])
    assert quiet.got() == quiet.sent
    assert now.got() == now.sent


def test_what_may_not_be_changed_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = former(tmp_path / "20260101", rounds=30)
    log = sorted(before.folder.glob("0*.gvtrace"))[-1]
    fair = FairPlace(tmp_path, tmp_path / "own", 10_000, 30.0, 0.0, compresses=False)
    assert not fair.is_alone
    tmp_path.chmod(0o777)
    assert fair.let_go([], 1000) == 0
    tmp_path.chmod(0o700)
    with log.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert fair.let_go([], 1000) == 4000
    with (before.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        assert fair.let_go([], 1000) == 4000
    before.folder.chmod(0o777)
    assert fair.let_go([], 1000) == 4000
    before.folder.chmod(0o700)
    (tmp_path / "20260102").symlink_to(before.folder)
    monkeypatch.setattr(module, "_MOST_ENTRIES", -1)
    assert fair.let_go([], 1000) == 4000
    assert before.got() == before.sent
    monkeypatch.setattr(module, "_MOST_ENTRIES", 100)
    fair.let_go([], 1000)
    assert before.got() != before.sent


def test_nothing_is_told_before_all_has_been_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = former(tmp_path / "20260101", rounds=30)
    fair = FairPlace(tmp_path, tmp_path / "own", 10_000, 30.0, 0.0, compresses=False)
    monkeypatch.setattr(module, "_LOOK_SECONDS", -1.0)
    turns = 0
    while fair.let_go([], 1000) is None:
        assert before.got() == before.sent
        turns += 1
    assert turns >= 3
    assert before.got() != before.sent


def test_what_a_killed_monitor_left_unfinished_is_finished_when_room_is_needed(
    tmp_path: Path,
) -> None:
    before = Recorder(tmp_path / "20260101", KEEP, KEEP // 4)
    for _ in range(60):
        before.send(1)
        before.send(2, 60)
    log = files.logs_of(before.folder)[-1]
    # It was killed: nobody has closed its last segment.
    shutil.copytree(before.folder, tmp_path / "20260102")
    before.writer.close()
    shutil.rmtree(before.folder)
    (tmp_path / "20260102").rename(before.folder)
    assert is_unfinished(log)
    fair = FairPlace(tmp_path, tmp_path / "own", 10 * KEEP, 30.0, 0.0, compresses=False)
    fair.let_go([], 1000)
    assert is_unfinished(log)
    loud = Held(100 * KEEP, {sender_of(2, peer(102, container="box2")): 1})
    fair = FairPlace(tmp_path, tmp_path / "own", KEEP // 20, 30.0, 0.0, compresses=False)
    fair.let_go([loud], 1000)
    assert before.got() == {1: before.sent[1]}


class Killed(BaseException):
    """Stands for the end of a process."""


class Knife:
    """Ends a process at one of its calls of a function."""

    def __init__(self, real: Callable[..., Any], at: int) -> None:
        self._real, self._left = real, at

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise Killed
        return self._real(*args, **kwargs)


@pytest.mark.parametrize("name", ["rename", "link", "utime", "unlink"])
def test_who_is_killed_at_any_step_leaves_what_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = former(tmp_path / "20260101")
    # It sends so much now that all goes that it has sent before.
    loud = Held(100 * KEEP, {sender_of(2, peer(102, container="box2")): 1})
    kills, place, is_done = 0, 0, False
    while not is_done:
        fair = FairPlace(tmp_path, tmp_path / "own", KEEP // 8, 30.0, 0.0, compresses=False)
        knife = Knife(Path.unlink if name == "unlink" else getattr(os, name), place % 40)
        with monkeypatch.context() as patch:
            if name == "unlink":
                patch.setattr(
                    Path, name, lambda *args, knife=knife, **kwargs: knife(*args, **kwargs)
                )
            else:
                patch.setattr(os, name, knife)
            try:
                fair.let_go([loud], 1000)
                is_done = True
            except Killed:
                kills += 1
        place += 1
        got = before.got()
        assert newest_only(got[1], before.sent[1])
        assert newest_only(got[2], before.sent[2])
        with closing(Trace.open(before.folder)) as trace:
            found = survey(trace)
            assert found.problems == []
            sent = sum(map(len, before.sent.values()))
            assert found.accounting.let_go + found.accounting.logged == sent
        # Each comes some steps further.
        assert place < 400
    assert kills > 0
    assert before.got()[1] == before.sent[1]
    assert before.got()[2] == []
    last = Segment.open(1, *(sorted(before.folder.glob(f"0*{end}"))[-1] for end in SUFFIXES))
    assert (last.rows, last.first_row > 0) == (0, True)
    last.close()


def test_what_is_let_go_of_the_last_segment_leaves_the_accounts_whole(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "20260101", KEEP, KEEP // 20)
    for _ in range(30):
        recorder.send(1)
        recorder.send(2, 60)
    recorder.writer.reception = Reception(1840, 3, {"rate": 7})
    recorder.close(2)
    recorder.writer.close()
    with closing(Trace.open(recorder.folder)) as trace:
        before = survey(trace)
        known = [(each.conn, each.connected, each.details) for each in trace.connections.values()]
    loud = Held(100 * KEEP, {sender_of(2, peer(102, container="box2")): 1})
    FairPlace(tmp_path, tmp_path / "own", KEEP // 20, 30.0, 0.0, compresses=False).let_go(
        [loud], 1000
    )
    assert recorder.got() == {1: recorder.sent[1]}
    with closing(Trace.open(recorder.folder)) as trace:
        after = survey(trace)
        assert after.problems == before.problems == []
        assert after.accounting.received == 1840
        assert after.accounting.refused == {"rate": 7}
        assert after.accounting.let_go == before.accounting.let_go + 1800
        assert known[:1] == [
            (each.conn, each.connected, each.details) for each in trace.connections.values()
        ]
        assert known[0][1]


def test_who_has_a_former_trace_open_lets_go_what_goes(tmp_path: Path) -> None:
    before = former(tmp_path / "20260101")
    loud = Held(100 * KEEP, {sender_of(2, peer(102, container="box2")): 1})
    with closing(Trace.open(before.folder)) as trace:
        first, end = trace.first_row, trace.end_row
        for keep in (KEEP, KEEP // 2, KEEP // 8):
            fair = FairPlace(tmp_path, tmp_path / "own", keep, 30.0, 0.0, compresses=False)
            fair.let_go([loud], 1000)
            trace.refresh()
            assert (trace.first_row >= first, trace.end_row) == (True, end)
            first = trace.first_row
            rows = trace.rows(first, end)
            assert len(rows) == end - first
        assert trace.connections.messages == sum(map(len, before.sent.values()))
    assert before.got() == {1: before.sent[1]}
