from gvtui.export.page import page_start, shown


def test_a_page_begins_with_a_policy_that_loads_nothing() -> None:
    page = "\n".join(page_start("a<b"))
    assert "default-src 'none'" in page
    assert "<title>a&lt;b</title>" in page


def test_a_text_becomes_neither_markup_nor_control() -> None:
    assert shown("<b>\x1b") == "&lt;b&gt;\\x1b"
