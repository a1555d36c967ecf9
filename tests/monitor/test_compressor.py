from __future__ import annotations

import os
import select
import signal
from pathlib import Path

import pytest

from gvtui.monitor.compressor import Compressor
from gvtui.trace import files
from gvtui.trace.bytesource import opened_source
from gvtui.trace.shrinking import ShrinkAnswer
from tests.monitor.sandbox import wait_until
from tests.trace.factory import read_message, write_trace

WAIT_MS = 60_000


@pytest.fixture
def compressor() -> object:
    compressor = Compressor()
    compressor.start()
    yield compressor
    compressor.end()


def wait(compressor: Compressor) -> None:
    poll = select.poll()
    assert compressor._channel is not None
    poll.register(compressor._channel, select.POLLIN)
    assert poll.poll(WAIT_MS)


def opened(tmp_path: Path) -> list[int]:
    log = write_trace(tmp_path / "a.gvtrace", [(1, [read_message(fd=n) for n in range(900)])])
    fds = []
    for path in (log, files.index_path(log)):
        fds.append(os.open(path, os.O_RDONLY))
        fds.append(os.open(path.with_name(f"{path.name}.z"), os.O_RDWR | os.O_CREAT, 0o600))
    return fds


def test_it_compresses_what_it_is_given(tmp_path: Path, compressor: Compressor) -> None:
    fds = opened(tmp_path)
    assert compressor.is_ready
    compressor.begin(fds)
    assert not compressor.is_ready
    wait(compressor)
    assert compressor.answer() == ShrinkAnswer(True)
    assert compressor.answer() is None
    assert compressor.is_ready
    for name in ("a.gvtrace", "a.gvtrace.index"):
        with opened_source(tmp_path / f"{name}.z") as source:
            assert source.is_compressed
            assert source.pread(source.size, 0) == (tmp_path / name).read_bytes()
    for fd in fds:
        os.close(fd)


def test_it_is_the_last_to_run_and_has_no_rights(compressor: Compressor) -> None:
    status = Path(f"/proc/{compressor.pid}/status")
    fds = [os.open("/dev/null", os.O_RDWR)] * 4
    compressor.begin(fds)
    wait(compressor)
    told = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
    assert int(told["CapEff"], 16) == int(told["CapPrm"], 16) == 0
    assert told["NoNewPrivs"] == "1"
    assert os.sched_getscheduler(compressor.pid or 0) == os.SCHED_IDLE
    os.close(fds[0])


def test_an_answer_that_nobody_wants_any_more_is_not_given(
    tmp_path: Path, compressor: Compressor
) -> None:
    fds = opened(tmp_path)
    compressor.begin(fds)
    compressor.forget()
    wait(compressor)
    assert compressor.is_ready
    assert compressor.answer() is None
    for fd in fds:
        os.close(fd)


def test_what_cannot_be_written_is_told(tmp_path: Path, compressor: Compressor) -> None:
    fds = opened(tmp_path)
    full = os.open("/dev/full", os.O_WRONLY)
    compressor.begin([fds[0], full, *fds[2:]])
    wait(compressor)
    assert compressor.answer() == ShrinkAnswer(False, "No space left on device")
    for fd in (*fds, full):
        os.close(fd)


def test_its_end_is_noticed_and_another_takes_its_place(
    tmp_path: Path, compressor: Compressor
) -> None:
    first = compressor.pid
    assert first is not None
    fds = opened(tmp_path)
    compressor.begin(fds)
    os.kill(first, signal.SIGKILL)
    wait(compressor)
    assert wait_until(lambda: not compressor.is_ready and compressor.is_gone)
    assert wait_until(lambda: compressor.ending == "was killed by SIGKILL")
    with pytest.raises(BrokenPipeError):
        compressor.begin(fds)
    compressor.start()
    assert compressor.pid != first
    assert (compressor.ending, compressor.is_gone, compressor.is_ready) == ("", False, True)
    for fd in fds[1::2]:
        os.ftruncate(fd, 0)
    compressor.begin(fds)
    wait(compressor)
    assert compressor.answer() == ShrinkAnswer(True)
    for fd in fds:
        os.close(fd)


def test_without_a_process_it_is_not_ready() -> None:
    compressor = Compressor()
    assert compressor.is_gone
    assert not compressor.is_ready
    assert (compressor.pid, compressor.ending) == (None, "")
    compressor.end()
