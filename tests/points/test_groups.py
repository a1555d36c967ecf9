from __future__ import annotations

import pytest

from gvtui.points.groups import OTHER, PURPOSES, SET_DESCRIPTIONS, SETS, purposes_of
from gvtui.points.syscalls import ARCHITECTURES, names_by_sysno
from gvtui.wire.messages import KINDS


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
        ("ptrace", ("processes",)),
        ("process_vm_readv", ("processes",)),
        ("nanosleep", ("time",)),
        ("timerfd_create", ("descriptors", "time")),
        ("shmget", ("ipc",)),
        ("uname", (OTHER,)),
        ("sysno/999", (OTHER,)),
    ],
)
def test_what_a_point_is_for(event: str, purposes: tuple[str, ...]) -> None:
    assert purposes_of(event) == purposes


def test_every_set_is_described() -> None:
    assert list(SETS) == list(SET_DESCRIPTIONS)


@pytest.mark.parametrize("name", SETS)
def test_members_are_events_that_exist(name: str) -> None:
    known = {call for arch in ARCHITECTURES for call in names_by_sysno(arch).values()}
    known |= {kind.point for kind in KINDS.values() if kind.point}
    assert SETS[name] <= known


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("%file", "openat"),
        ("%process", "execve"),
        ("%process", "sentry/task_exit"),
        ("%network", "accept4"),
        ("%net", "socketpair"),
        ("%signal", "rt_sigaction"),
        ("%ipc", "shmget"),
        ("%desc", "read"),
        ("%memory", "mmap"),
        ("%creds", "setuid"),
        ("%clock", "clock_gettime"),
        ("%%stat", "lstat"),
    ],
)
def test_well_known_members(name: str, member: str) -> None:
    assert member in SETS[name]


def test_network_has_its_short_name() -> None:
    assert SETS["%net"] == SETS["%network"]
