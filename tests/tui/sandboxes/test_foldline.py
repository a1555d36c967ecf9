from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.connection import Connection, Sandbox
from gvtui.tui.kit.cells import width_of
from gvtui.tui.sandboxes.folding import SandboxFold, SandboxKind
from gvtui.tui.sandboxes.foldline import endings_words, fold_lines, full_words

if TYPE_CHECKING:
    from gvtui.tui.kit.cells import Part

ENDINGS = [("exited 0", 9), ("exited 1", 2), ("killed by SIGKILL", 1)]


def fold(count: int = 12, messages: int = 2, dropped: int = 0) -> SandboxFold:
    boxes = tuple(
        Sandbox(f"job-{conn}", [Connection(conn, messages=messages, dropped=dropped)])
        for conn in range(count)
    )
    return SandboxFold(SandboxKind(("docker", "", 0), "job-*", "busybox", "sh job.sh"), boxes)


def unasked() -> SandboxFold:
    """Sandboxes that dropped points, and may have dropped more behind their last messages."""
    made = fold(dropped=3)
    for sandbox in made.sandboxes:
        sandbox.connections[0].details["peer_start"] = 1
    return made


def text(parts: list[Part]) -> str:
    return "".join(each for each, _ in parts)


def test_a_fold_tells_what_its_sandboxes_share_and_how_they_ended() -> None:
    first, second = fold_lines(fold(dropped=3), ENDINGS, 80, is_open=False)
    assert text(first).strip() == "▸ 12 × job-* busybox sh job.sh"
    assert text(second) == ("  9 exited 0, 2 exited 1, 1 killed by SIGKILL  24 msgs  ▲ 36 dropped")
    assert text(fold_lines(fold(), ENDINGS, 80, is_open=True)[0]).startswith("▾ 12 ×")
    assert full_words(fold(), ENDINGS).startswith("12 sandboxes  job-*  busybox  sh job.sh  9 ex")


def test_drops_are_a_bound_where_nobody_has_asked() -> None:
    _, second = fold_lines(unasked(), ENDINGS, 80, is_open=False)
    assert text(second).endswith("  ▲ ≥36 dropped")
    assert full_words(unasked(), ENDINGS).endswith("  ≥36 dropped")
    assert full_words(fold(dropped=3), ENDINGS).endswith("  36 dropped")


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (44, "9 exited 0, 2 exited 1, 1 killed by SIGKILL"),
        (40, "9 exited 0, 2 exited 1, 1 otherwise"),
        (30, "9 exited 0, 3 otherwise"),
        (20, ""),
    ],
)
def test_ways_to_end_that_have_no_room_are_counted_together(width: int, words: str) -> None:
    assert endings_words(ENDINGS, width) == words


@given(
    st.lists(st.tuples(st.sampled_from(["exited 0", "cut off", "gone"]), st.integers(1, 9999))),
    st.integers(12, 120),
    st.integers(0, 10**6),
)
def test_no_line_is_too_long_and_no_number_is_cut(
    endings: list[tuple[str, int]], width: int, dropped: int
) -> None:
    first, second = fold_lines(fold(3, 7, dropped), endings, width, is_open=False)
    assert width_of(text(first).rstrip()) <= width
    assert "…" not in text(second) or not re.search(r"\d…", text(second))
    total = sum(count for _, count in endings)
    words = endings_words(endings, width)
    if words:
        told = sum(
            int(each.replace(",", ""))
            for each in re.findall(r"(\S+) [a-z]", words)
            if each[0].isdigit()
        )
        assert told == total
