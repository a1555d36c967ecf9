from __future__ import annotations

import os
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.decode.signals import signal_name, signal_set, wait_status


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (6, "SIGABRT"),
        (9, "SIGKILL"),
        (17, "SIGCHLD"),
        (29, "SIGIO"),
        (31, "SIGSYS"),
        (32, "SIGRTMIN"),
        (33, "SIGRT_1"),
        (64, "SIGRT_32"),
        (0, "0"),
        (65, "65"),
        (-1, "-1"),
    ],
)
def test_names(number: int, name: str) -> None:
    assert signal_name(number) == name


@pytest.mark.parametrize(
    ("mask", "shown"),
    [
        (0, "[]"),
        (1 << 1 | 1 << 14, "[INT TERM]"),
        ((1 << 64) - 1, "~[]"),
        ((1 << 64) - 1 - (1 << 31) - (1 << 32), "~[RTMIN RT_1]"),
    ],
)
def test_sets(mask: int, shown: str) -> None:
    assert signal_set(mask) == shown


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        (0, "exited 0"),
        (0x300, "exited 3"),
        (0xFF00, "exited 255"),
        (9, "killed by SIGKILL"),
        (15, "killed by SIGTERM"),
        (0x80 | 11, "killed by SIGSEGV (core dumped)"),
        (0x137F, "stopped by SIGSTOP"),
        (0x3057F, "stopped by SIGTRAP (event 3)"),
        (0xFFFF, "continued"),
        (0x80, "status 0x80"),
        (-1, "status 0xffffffff"),
    ],
)
def test_wait_status(status: int, shown: str) -> None:
    assert wait_status(status) == shown


@given(st.integers(0, 0xFFFF))
def test_wait_status_agrees_with_the_standard_library(status: int) -> None:
    shown = wait_status(status)
    if shown.startswith("exited"):
        assert os.WIFEXITED(status)
        assert shown == f"exited {os.WEXITSTATUS(status)}"
    elif shown.startswith("killed"):
        assert os.WIFSIGNALED(status)
        assert shown.removesuffix(" (core dumped)").endswith(signal_name(os.WTERMSIG(status)))
        assert shown.endswith("(core dumped)") == os.WCOREDUMP(status)
    elif shown.startswith("stopped"):
        assert os.WIFSTOPPED(status)


def test_every_standard_signal_has_its_name() -> None:
    for known in signal.Signals:
        assert signal_name(known).startswith("SIG")
