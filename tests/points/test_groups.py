from __future__ import annotations

import pytest

from gvtui.points.groups import OTHER, PURPOSES, SETS, purposes_of


def test_purposes_name_sets() -> None:
    assert set(PURPOSES.values()) <= set(SETS)


@pytest.mark.parametrize(
    ("event", "purposes"),
    [
        ("openat", ("files", "descriptors")),
        ("connect", ("network",)),
        ("sentry/clone", ("processes",)),
        ("mmap", ("descriptors", "memory")),
        ("setuid", ("credentials",)),
        ("kill", ("processes", "signals")),
        ("nanosleep", ("time",)),
        ("timerfd_create", ("descriptors", "time")),
        ("shmget", ("ipc",)),
        ("uname", (OTHER,)),
        ("sysno/999", (OTHER,)),
    ],
)
def test_what_a_point_is_for(event: str, purposes: tuple[str, ...]) -> None:
    assert purposes_of(event) == purposes
