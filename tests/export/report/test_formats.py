import pytest

from gvtui.export.report.formats import REPORT_FORMATS
from tests.export.report.runs import report_on


@pytest.mark.parametrize("name", REPORT_FORMATS)
def test_each_format_is_the_same_again_and_tells_what_was_not_seen(name: str) -> None:
    first, again = (list(REPORT_FORMATS[name].lines(report_on("network-2024"))) for _ in "ab")
    assert first == again
    assert "not_seen" in "".join(first) if name == "json" else "Not seen" in "".join(first)
