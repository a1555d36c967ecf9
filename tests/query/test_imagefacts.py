from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.error import FilterError
from gvtui.trace.reader import Trace

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parents[1] / "data"
DIGEST = "3d9f2889d6782537624a4e1a10e68a2ddd53e0ee8bac02676f27308f42ec6bf6"
SHA1 = "3c011621c05c5c241783d3f309ed1cf98deb6412"


@pytest.fixture(scope="module")
def analysis() -> Iterator[Analysis]:
    trace = Trace.open(DATA / "newest" / "investigation.gvtrace")
    yield analysed(trace)
    trace.close()


def analysed(trace: Trace) -> Analysis:
    found = Analysis(trace)
    while found.context.advance():
        pass
    return found


def pids(analysis: Analysis, text: str) -> set[int]:
    trace = analysis.trace
    condition = compile_filter(text, analysis.context)
    mask = condition.mask(trace, trace.rows(0, trace.end_row), 0)
    return {trace.row(row).pid for row in mask.nonzero()[0].tolist()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("proc.exe_origin = elsewhere", {1900}),
        ("proc.exe_origin = memory", {1916}),
        ("proc.exe_origin in (new, modified)", set()),
        ("proc.is_exe_from_memfd = true", {1916}),
        ("proc.is_exe_upper_layer = true", set()),
        ("proc.is_exe_lower_layer = false", {1900, 1916}),
        ("proc.stdin.type = ipv4", {1920}),
        ("proc.stdin.type = ipv6", {1907, 1913}),
        ("proc.stdin.name = 127.0.0.1:60110->127.0.0.1:8081", {1920}),
        ('proc.stdin.name = "127.0.0.1:4444->127.0.0.1:33648"', {1907, 1913}),
        ('proc.stdout.name = "pipe:[7]"', {1918}),
        ("proc.stderr.type = ipv4", {1920}),
        ("proc.exe_ino = 6", {1900}),
        ("proc.exe_ino.ctime = 1795714556422671227", {1916}),
        ("proc.exe_ino.ctime >= 2026-11-26T17:35:56.4", {1916}),
        ("proc.exe_ino.ctime > 2026-11-26T17:35:57", set()),
        ("not proc.exe_ino.ctime exists and proc.exe_ino exists", set()),
        (f"proc.sha256 = {DIGEST} and proc.exe_origin = memory", {1916}),
        (f"proc.sha256 = {DIGEST[:8].upper()} and proc.exe_origin = memory", {1916}),
        (f"proc.sha256 in ({SHA1}, 0000) and proc.exe_origin = memory", {1916}),
        ("proc.sha256 = 0000", set()),
        (f"proc.sha256 != {SHA1[:6]}", set()),
        (f"proc.sha256 startswith {DIGEST[:5]} and proc.exe_ino = 6", {1900}),
        ("proc.exe_writable exists", set()),
    ],
)
def test_programs_are_found(analysis: Analysis, text: str, expected: set[int]) -> None:
    assert pids(analysis, text) == expected


def test_a_list_of_known_digests_is_a_file(analysis: Analysis, tmp_path: Path) -> None:
    known = tmp_path / "known sums"
    known.write_text(f"# ours\n\n{'0' * 64}  a\n{DIGEST.upper()} *busybox\n")
    text = f'proc.sha256 in ("@{known}") and proc.exe_origin = memory'
    assert pids(analysis, text) == {1916}


@pytest.mark.parametrize(
    ("value", "why"),
    [("zzzz", "is no digest"), ("abc", "is no digest"), ("@/no/such/file", "cannot be read")],
)
def test_what_is_no_digest_is_said(value: str, why: str) -> None:
    with pytest.raises(FilterError, match=why):
        compile_filter(f"proc.sha256 in ({value})")


def test_an_older_gvisor_tells_none_of_it() -> None:
    trace = Trace.open(DATA / "traces" / "compile-2024.trace")
    analysis = analysed(trace)
    for field in ("exe_origin", "is_exe_upper_layer", "is_exe_lower_layer", "is_exe_from_memfd"):
        assert pids(analysis, f"proc.{field} exists") == set()
    for field in ("exe_ino", "exe_ino.ctime", "sha256", "stdin.type", "stdout.name"):
        assert pids(analysis, f"proc.{field} exists") == set()
    trace.close()
