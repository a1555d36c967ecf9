from __future__ import annotations

import pytest

from gvtui.decode import task_flags


@pytest.mark.parametrize(
    ("flags", "shown"),
    [
        (0, "0"),
        (17, "SIGCHLD"),
        (0x4111, "CLONE_VM|CLONE_VFORK|SIGCHLD"),
        (0x4100, "CLONE_VM|CLONE_VFORK"),
        (0x300000000, "CLONE_CLEAR_SIGHAND|CLONE_INTO_CGROUP"),
        (0x1000000000000100, "CLONE_VM|0x1000000000000000"),
        (0x63, "99"),
    ],
)
def test_clone_flags(flags: int, shown: str) -> None:
    assert task_flags.clone_flags(flags) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ((1 << 64) - 1, "RLIM64_INFINITY"),
        (8 << 20, "8192*1024"),
        (1024, "1024"),
        (1025, "1025"),
        (0, "0"),
    ],
)
def test_rlimit_value(value: int, shown: str) -> None:
    assert task_flags.rlimit_value(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "FUTEX_WAIT"),
        (0x81, "FUTEX_WAKE_PRIVATE"),
        (0x189, "FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME"),
        (99, "0x63"),
        (0x80 | 99, "0x63|FUTEX_PRIVATE_FLAG"),
    ],
)
def test_futex_operation(value: int, shown: str) -> None:
    assert task_flags.futex_operation(value) == shown


def test_ptrace_by_architecture() -> None:
    assert task_flags.PTRACE["x86_64"].text(12) == "PTRACE_GETREGS"
    assert task_flags.PTRACE["arm64"].text(12) == "0xc"
    assert task_flags.PTRACE["x86_64"].text(33) == "PTRACE_SINGLEBLOCK"
    assert task_flags.PTRACE["arm64"].text(33) == "PTRACE_PEEKMTETAGS"


def test_limits_and_clocks() -> None:
    assert task_flags.RLIMIT.text(7) == "RLIMIT_NOFILE"
    assert task_flags.CLOCK.text(7) == "CLOCK_BOOTTIME"
    assert task_flags.RUSAGE.text((1 << 64) - 1) == "RUSAGE_CHILDREN"
