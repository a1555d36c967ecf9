from gvtui.export.diff.markdown import lines
from tests.export.diff.runs import hostile_diff, shells


def test_sections_are_tables() -> None:
    text = list(lines(shells()))
    at = text.index("## Calls")
    assert text[at + 2].startswith("|  | what | details |")
    assert text[at + 4].startswith("| \\~ | statx |")
    untold = text.index("## What cannot be told")
    assert text[untold + 2] == "### Failures by call"
    assert text[untold + 4].endswith("| rows before | rows after | why |")


def test_no_text_of_a_sandbox_becomes_markup() -> None:
    evil = "| `x` <img src=x> [a](http://b) @all\n# h"
    text = [line for line in lines(hostile_diff(evil)) if "img" in line]
    assert text
    assert all("<img" not in line.replace("\\<", "") for line in text)
    assert all("](http" not in line for line in text)
    assert all(line.replace("\\|", "").count("|") in (7, 8) for line in text)
