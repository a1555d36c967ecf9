from __future__ import annotations

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from gvtui.decode.field_forms import FORMS, moment


def test_forms_name_fields_that_exist() -> None:
    for cls, forms in FORMS.items():
        assert set(forms) <= set(cls.DESCRIPTOR.fields_by_name), cls


def test_moment() -> None:
    assert moment(1795455436542265587) == "2026-11-23 17:37:16.542265587"
    assert moment(-1) == "1969-12-31 23:59:59.999999999"
    assert moment(1 << 90) == ""
    tokyo = ZoneInfo("Asia/Tokyo")
    assert moment(1795455436542265587, tokyo) == "2026-11-24 02:37:16.542265587"


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_any_number_is_a_moment_or_none(nanoseconds: int) -> None:
    assert len(moment(nanoseconds)) in (0, 29)
