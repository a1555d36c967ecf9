from gvtui.export.diff.html import lines
from tests.export.diff.runs import hostile_diff, shells
from tests.export.report.test_html import Tags


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = "\n".join(lines(hostile_diff("<script>alert(1)</script><img src=x onerror=y>\x1b\"'")))
    tags = Tags()
    tags.feed(page)
    assert not tags.open
    allowed = "html head meta title style body h1 h2 h3 table tr th td p ul li"
    assert tags.tags <= set(allowed.split())
    assert tags.attributes <= {"lang", "charset", "http-equiv", "content"}
    assert "\x1b" not in page
    assert "default-src 'none'" in page


def test_differences_stand_in_tables() -> None:
    page = "\n".join(lines(shells()))
    assert "<td>~</td><td>statx</td>" in page
    untold = page.partition("<h2>What cannot be told</h2>")[2]
    assert untold.startswith("\n<h3>Failures by call</h3>\n<table>")
