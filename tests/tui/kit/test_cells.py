from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from gvtui.tui.kit.cells import fit, fit_end, short_bytes, short_count, spark, wrap_words


@given(st.text(st.characters(categories=("L", "N", "P", "S"))), st.integers(0, 50))
def test_text_fits_exactly(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width
    assert cell_len(fit_end(text, width)) == width


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs"))), st.integers(2, 50))
def test_wrapped_lines_fit_and_lose_no_letter(text: str, width: int) -> None:
    lines = wrap_words(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_lines_are_wrapped_between_words() -> None:
    assert wrap_words("no exit was told", 9) == ["no exit", "was told"]


def test_what_is_cut_says_so() -> None:
    assert fit("openat", 4) == "ope…"
    assert fit("界界界", 4) == "界 …"
    assert fit("12", 4, right=True) == "  12"
    assert fit_end("/usr/lib", 5) == "…/lib"


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (9999, "9999"), (44_120, "44.1k"), (999_999, "1000k"), (12_402_118, "12.4M")],
)
def test_short_counts(number: int, text: str) -> None:
    assert short_count(number) == text


def test_short_bytes() -> None:
    assert [short_bytes(n) for n in (0, 1023, 1536, 5 << 20, 1 << 31, 3 << 40)] == [
        "0 B",
        "1023 B",
        "1.5 KiB",
        "5.0 MiB",
        "2.0 GiB",
        "3.0 TiB",
    ]


def test_sparks_are_blank_where_nothing_came() -> None:
    assert spark([0, 0], 4) == "    "
    assert spark([1, 0, 8], 4) == " ▂ █"
    assert spark([3] * 9, 4) == "████"
