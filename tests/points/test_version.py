from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.points.version import version_date


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("release-20260914.0", date(2026, 9, 14)),
        ("0.0~20240729.0", date(2024, 7, 29)),
        ("0.0~20240729", date(2024, 7, 29)),
        ("20240729", date(2024, 7, 29)),
        ("2024-07-29", date(2024, 7, 29)),
        ("release-20260914.0-12-g20250101abcd", date(2026, 9, 14)),
        ("runsc version release-20260914.0\nspec: 1.1.0", date(2026, 9, 14)),
        ("release-20240729.0-12-gabcdef1-dirty", date(2024, 7, 29)),
        ("release-20240729.0-dirty", date(2024, 7, 29)),
        ("VERSION_MISSING", None),
        ("160fafc42237", None),
        ("20250101abcd", None),
        ("160fafc42237-dirty", None),
        ("g20250101abcd", None),
        ("2024-07", None),
        ("20241329", None),
        ("1202407290", None),
        ("", None),
    ],
)
def test_the_date_of_a_version(version: str, told: date | None) -> None:
    assert version_date(version) == told


@given(st.text())
def test_any_text_is_taken(version: str) -> None:
    version_date(version)
