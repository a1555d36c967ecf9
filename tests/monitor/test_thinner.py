from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from gvtui.monitor.thinner import Thinner
from gvtui.points.syscalls import host_architecture, sysnos_by_name
from tests.monitor.sandbox import wait_until
from tests.trace.test_pieces import Recorder


def waits_for_questions(pid: int) -> bool:
    """Whether a process is within read(2), on a pipe in which nothing is."""
    words = Path("/proc", str(pid), "syscall").read_text().split()
    if words[0] != str(sysnos_by_name(host_architecture())["read"]):
        return False
    return Path("/proc", str(pid), "fd", str(int(words[1], 16))).readlink().name.startswith("pipe:")


def started(recorder: Recorder) -> Thinner:
    thinner = Thinner(recorder.folder)
    thinner.start()
    return thinner


def flood(recorder: Recorder, rounds: int = 40) -> None:
    for _ in range(rounds):
        recorder.send(1)
        recorder.send(2, 60)


@pytest.mark.parametrize("is_another", [False, True])
def test_another_process_keeps_what_the_quiet_one_sent(tmp_path: Path, is_another: bool) -> None:
    recorder = Recorder(tmp_path / "live", keep=400_000)
    thinner = started(recorder)
    if is_another:
        os.kill(thinner.pid or 0, signal.SIGKILL)
        assert wait_until(lambda: thinner.ending != "")
        thinner.start()
        assert thinner.ending == ""

    def ask(excess: int, limit: int, segment_bytes: int) -> None:
        thinner.ask(excess, limit, segment_bytes)
        # It is asked a segment ahead; here the next one comes at once.
        assert wait_until(lambda: waits_for_questions(thinner.pid or 0))

    recorder.writer.when_nearly_full = ask
    flood(recorder, 60)
    recorder.writer.close()
    thinner.end()
    assert recorder.writer.dropped_segments > 2
    assert recorder.got()[1] == recorder.sent[1]


def test_the_process_thins_former_traces_too(tmp_path: Path) -> None:
    keep = 400_000
    former = Recorder(tmp_path / "20260101", keep=keep)
    flood(former)
    former.writer.close()
    recorder = Recorder(tmp_path / "20260102", keep=keep)
    assert not Thinner(recorder.folder).has_others
    thinner = Thinner(recorder.folder, place=tmp_path, keep_bytes=keep)
    assert (thinner.has_others, thinner.kept_by_others()) == (True, 0)
    thinner.start()

    def ask(excess: int, limit: int, segment_bytes: int) -> None:
        thinner.ask(excess, limit, segment_bytes)
        assert wait_until(lambda: waits_for_questions(thinner.pid or 0))

    recorder.writer.when_nearly_full = ask
    recorder.writer.share_disk(thinner.kept_by_others)
    for _ in range(60):
        recorder.send(3, 60)
    kept = thinner.kept_by_others()
    assert 0 < kept < keep // 2 + 100_000
    recorder.writer.close()
    got = former.got()
    assert got[1] == former.sent[1]
    assert len(got[2]) < len(former.sent[2])
    # What ends it again and again may be what lies there.
    for _ in range(3):
        os.kill(thinner.pid or 0, signal.SIGKILL)
        assert wait_until(lambda: thinner.ending != "")
        assert thinner.kept_by_others() == kept
        thinner.start()
    assert (thinner.has_others, thinner.kept_by_others()) == (False, 0)
    thinner.end()


def test_without_the_process_the_oldest_goes_whole(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "live")
    thinner = started(recorder)
    os.kill(thinner.pid or 0, signal.SIGKILL)
    assert wait_until(lambda: thinner.ending == "was killed by SIGKILL")
    recorder.writer.when_nearly_full = thinner.ask
    flood(recorder)
    recorder.writer.close()
    thinner.end()
    got = recorder.got()
    assert recorder.writer.dropped_segments > 2
    assert got[1] == recorder.sent[1][-len(got[1]) :]
    assert len(got[1]) < len(recorder.sent[1])
