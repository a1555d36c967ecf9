from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.decode.ids import SHORT_ID, short_id


@pytest.mark.parametrize(
    ("container", "shown"),
    [
        ("", ""),
        ("runsc-749074", "runsc-749074"),
        ("dee0da1eafc6b9117f31c0a2b91119aa02c4d00e" + "0" * 24, "dee0da1eafc6"),
        ("checkout-worker-7", "checko…ker-7"),
        ("checkout-worker-8", "checko…ker-8"),
        ("runsc-1234567", "runsc-…34567"),
        ("¬3:web", "¬3:web"),
        ("¬3:" + "dee0da1eafc6" * 5, "¬3:dee0da1ea"),
        ("¬123:checkout-worker-7", "¬123:checko…"),
    ],
)
def test_short_ids(container: str, shown: str) -> None:
    assert short_id(container) == shown


@given(st.text(max_size=80))
def test_no_short_id_is_longer_than_its_column(container: str) -> None:
    assert len(short_id(container)) <= SHORT_ID
