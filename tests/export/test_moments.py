from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gvtui.errors import UsageError
from gvtui.export.moments import moment_in


def ns(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp()) * 1_000_000_000  # type: ignore[misc, arg-type]


ONE_DAY = (ns(2026, 11, 27, 14, 3), ns(2026, 11, 27, 15))
A_NIGHT = (ns(2026, 11, 26, 22), ns(2026, 11, 27, 6))


@pytest.mark.parametrize(
    ("text", "span", "expected"),
    [
        ("14:05", ONE_DAY, ns(2026, 11, 27, 14, 5)),
        ("14:00", ONE_DAY, ns(2026, 11, 27, 14)),
        ("14:05:09.5", ONE_DAY, ns(2026, 11, 27, 14, 5, 9) + 500_000_000),
        ("23:00", A_NIGHT, ns(2026, 11, 26, 23)),
        ("02:10", A_NIGHT, ns(2026, 11, 27, 2, 10)),
        ("07:00", A_NIGHT, ns(2026, 11, 27, 7)),
        ("21:00", A_NIGHT, ns(2026, 11, 26, 21)),
        ("2026-11-27", A_NIGHT, ns(2026, 11, 27)),
        ("2026-11-27 02:10", A_NIGHT, ns(2026, 11, 27, 2, 10)),
        ("2026-11-27T02:10+01:00", A_NIGHT, ns(2026, 11, 27, 1, 10)),
        ("1795455436533277469", A_NIGHT, 1795455436533277469),
    ],
)
def test_a_moment_is_one_of_the_recording(text: str, span: tuple[int, int], expected: int) -> None:
    assert moment_in(text, *span, UTC) == expected


def test_what_is_no_moment_or_several_is_refused() -> None:
    with pytest.raises(UsageError, match="is not a time"):
        moment_in("teatime", *ONE_DAY, UTC)
    with pytest.raises(UsageError, match="on 2 days"):
        moment_in("23:00", A_NIGHT[0] - 86_400 * 10**9, A_NIGHT[1], UTC)
