from html.parser import HTMLParser

from gvtui.export.report.html import lines
from tests.export.report.runs import hostile, report_on


class Tags(HTMLParser):
    """Collects the tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    evil = "<script>alert(1)</script><img src=x onerror=y>\x1b\"'"
    page = "\n".join(lines(hostile(report_on("shell-2024"), evil)))
    tags = Tags()
    tags.feed(page)
    assert not tags.open
    allowed = "html head meta title style body h1 h2 table tr th td p ul li"
    assert tags.tags <= set(allowed.split())
    assert tags.attributes <= {"lang", "charset", "http-equiv", "content"}
    assert "\x1b" not in page
    assert "default-src 'none'" in page
    assert "url(" not in page
    assert "Not seen" in page
