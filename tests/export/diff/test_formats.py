import pytest

from gvtui.export.diff.formats import DIFF_FORMATS
from tests.export.diff.runs import shells


@pytest.mark.parametrize("name", DIFF_FORMATS)
def test_each_format_is_the_same_again(name: str) -> None:
    first, again = (list(DIFF_FORMATS[name].lines(shells())) for _ in "ab")
    assert first == again
    assert any("/usr/share/zoneinfo/Etc/UTC" in line for line in first)
