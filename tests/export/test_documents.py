import pytest

from gvtui.export.diff.formats import DIFF_FORMATS
from gvtui.export.documents import DocumentFormat
from gvtui.export.report.formats import REPORT_FORMATS, REPORTS_BY_SUFFIX


def test_reports_and_comparisons_have_the_same_formats() -> None:
    assert list(REPORT_FORMATS) == list(DIFF_FORMATS) == ["text", "markdown", "json", "html"]
    assert list(REPORTS_BY_SUFFIX) == [".txt", ".md", ".json", ".html"]


@pytest.mark.parametrize("name", REPORT_FORMATS)
def test_a_format_is_made_by_the_module_of_its_name(name: str) -> None:
    report, diff = REPORT_FORMATS[name], DIFF_FORMATS[name]
    assert report.module == f"gvtui.export.report.{name}"
    assert (report.name, report.suffixes, report.words) == (diff.name, diff.suffixes, diff.words)


def test_a_document_is_given_to_the_module() -> None:
    made: DocumentFormat[str] = DocumentFormat("angles", (".a",), "in angles", __name__)
    assert list(made.lines("a b")) == ["<a b>"]


def lines(document: str) -> list[str]:
    """What a module of a format has."""
    return [f"<{document}>"]
