from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from gvtui.tui.kit import history
from gvtui.tui.kit.history import MAX_ENTRIES, History, filter_history_path

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_entries_are_kept_from_run_to_run(tmp_path: Path) -> None:
    path = tmp_path / "state" / "filters"
    first = History(path)
    first.begin()
    for text in ("a", "b", "a", "  c  ", "", "two\nlines", "x" * 5000):
        first.add(text)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    second = History(path)
    second.begin()
    assert [second.move(-1, "typed") for _ in range(4)] == ["c", "a", "b", None]
    assert second.is_browsing
    assert [second.move(1, "") for _ in range(4)] == ["a", "c", "typed", None]
    assert not second.is_browsing


def test_a_file_that_is_damaged_is_no_failure(tmp_path: Path) -> None:
    path = tmp_path / "filters"
    path.write_bytes(b"good\n\xff\xfe\x00bad\x1b[31m\n\nalso good\n")
    entries = History(path)
    entries.begin()
    assert [entries.move(-1, "") for _ in range(3)] == ["also good", "good", None]
    blocked = History(tmp_path / "filters" / "below a file")
    blocked.begin()
    blocked.add("kept in memory at least")
    assert blocked.move(-1, "") == "kept in memory at least"


def test_the_file_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_MAX_FILE", 40_000)
    path = tmp_path / "filters"
    entries = History(path)
    entries.begin()
    for number in range(3000):
        entries.add(f"proc.pid = {number}")
    assert path.stat().st_size < 40_000
    entries.begin()
    shown = []
    while (entry := entries.move(-1, "")) is not None:
        shown.append(entry)
    assert shown[0] == "proc.pid = 2999"
    assert len(shown) <= MAX_ENTRIES


def test_it_stands_below_the_users_state(own_home: Path) -> None:
    assert filter_history_path() == own_home / "state" / "gvtui" / "filters"
