import pytest

from gvtui.export.diff.formats import DIFF_FORMATS
from gvtui.export.diff.making import DiffDocument
from tests.export.diff.runs import diff_of, shells


@pytest.fixture(scope="module")
def again() -> DiffDocument:
    return diff_of("shell-2022", "shell-2024")


@pytest.mark.parametrize("name", DIFF_FORMATS)
def test_each_format_is_the_same_again(name: str, again: DiffDocument) -> None:
    first = list(DIFF_FORMATS[name].lines(shells()))
    assert first == list(DIFF_FORMATS[name].lines(again))
    assert any("/usr/share/zoneinfo/Etc/UTC" in line for line in first)
