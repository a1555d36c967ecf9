from gvtui.export.report.markdown import lines, plain
from tests.export.report.runs import hostile, report_on


def test_sections_are_tables() -> None:
    text = list(lines(report_on("shell-2024")))
    at = text.index("## Files written\\: 1")
    assert text[at + 2].startswith("| what | details |")
    assert text[at + 4].startswith("| /tmp/x |")
    assert "## Not seen" in text


def test_no_text_of_a_sandbox_becomes_markup() -> None:
    evil = "| `x` <img src=x> [a](http://b) @all\n# h"
    text = [line for line in lines(hostile(report_on("shell-2024"), evil)) if "img" in line]
    assert text
    assert all("<img" not in line.replace("\\<", "") for line in text)
    assert all("](http" not in line for line in text)
    assert all(line.replace("\\|", "").count("|") == 8 for line in text)
    assert plain("a_b|c") == "a\\_b\\|c"
