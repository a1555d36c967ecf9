from __future__ import annotations

import pytest

from gvtui.query.filter.events import gvisor_events, known_event, similar_events


@pytest.mark.parametrize(
    "name", ["openat", "renameat", "sentry/clone", "sysno/470", "unknown/77", "accept:43"]
)
def test_what_a_row_can_show_is_known(name: str) -> None:
    assert known_event(name)


@pytest.mark.parametrize("name", ["", "opnat", "OPENAT", "%file", "sysno/", "clone/x"])
def test_other_names_are_not(name: str) -> None:
    assert not known_event(name)


def test_the_nearest_names_come_first() -> None:
    assert similar_events("opnat")[0] == "openat"
    assert similar_events("execve2")[0] == "execve"
    assert similar_events("start")[0] == "container/start"
    assert similar_events("\u00e9" * 1000) == []


def test_all_events_are_known() -> None:
    assert "sentry/task_exit" in gvisor_events()
    assert all(map(known_event, gvisor_events()))
