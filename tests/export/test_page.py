from gvtui.export.page import bullets, page_start, shown, table


def test_a_page_begins_with_a_policy_that_loads_nothing() -> None:
    page = "\n".join(page_start("a<b"))
    assert "default-src 'none'" in page
    assert "<title>a&lt;b</title>" in page


def test_a_text_becomes_neither_markup_nor_control() -> None:
    assert shown("<b>\x1b") == "&lt;b&gt;\\x1b"


def test_tables_and_lists_show_cells_as_they_are() -> None:
    assert list(table(("a", "b"), [("1", "<b>")])) == [
        "<table>",
        "<tr><th>a</th><th>b</th></tr>",
        "<tr><td>1</td><td>&lt;b&gt;</td></tr>",
        "</table>",
    ]
    assert list(bullets(["a & b"])) == ["<ul>", "<li>a &amp; b</li>", "</ul>"]
