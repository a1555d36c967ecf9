"""Session files that were given to runsc, with what each runsc made of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gvtui.points.bundled import bundled_catalogue
from gvtui.points.problems import Verdict
from gvtui.points.ways import judge

FILES = Path(__file__).parents[1] / "data" / "sessions"
OLD, MIDDLE, NEWEST = (
    replace(
        bundled_catalogue("x86_64", gvisor=date),
        is_bundled=False,
        source=date,
        lacking_keys=frozenset(lacks),
    )
    for date, lacks in (
        ("2022-12", ("ignore_missing", "options")),
        ("2024-07", ("ignore_missing", "options")),
        ("2026-09", ()),
    )
)
TRACED, UNTRACED, REFUSED = Verdict.TRACED, Verdict.UNTRACED, Verdict.REFUSED

KEY = "other_future_key: a pod init file has no key 'other_future_key'"
RAW = "points[1].optional_fields[0]: syscall/sysno/1/enter has no optional field 'fd_path'"


@pytest.mark.parametrize(
    ("name", "create", "init", "why"),
    [
        ("unknown-key", REFUSED, REFUSED, KEY),
        ("unknown-options", REFUSED, REFUSED, KEY),
        ("unknown-point", REFUSED, UNTRACED, "'syscall/foo/enter'"),
        ("byte-order-mark", REFUSED, REFUSED, "byte order mark"),
        ("raw-field", REFUSED, UNTRACED, RAW),
        ("trailing-comma", REFUSED, REFUSED, "line 9, column 9"),
        ("texts-for-numbers", REFUSED, UNTRACED, "'3' is not a whole number"),
    ],
)
@pytest.mark.parametrize("catalogue", [OLD, MIDDLE, NEWEST], ids=lambda each: each.source)
def test_what_no_runsc_traces(
    name: str, create: Verdict, init: Verdict, why: str, catalogue: object
) -> None:
    judgement = judge((FILES / f"{name}.json").read_bytes(), catalogue)  # type: ignore[arg-type]
    endings = judgement.endings
    assert (endings["trace-create"].verdict, endings["pod-init"].verdict) == (create, init)
    assert any(why in str(problem) for problem in judgement.problems)


def test_fields_of_the_newest_gvisor_are_known() -> None:
    raw = (FILES / "newest-fields.json").read_bytes()
    found = judge(raw, NEWEST)
    assert found.endings["trace-create"].verdict is TRACED
    assert found.problems == ()
    for catalogue in (OLD, MIDDLE):
        older = judge(raw, catalogue)
        assert older.endings["trace-create"].verdict is REFUSED
        assert any("'is_exec_session'" in str(problem) for problem in older.problems)
