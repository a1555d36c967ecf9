from gvtui.export.diff.text import lines
from tests.export.diff.runs import hostile_diff, shells


def test_sides_answer_differences_and_rules_stand_in_this_order() -> None:
    text = list(lines(shells()))
    headings = (
        *("Files read", "Calls", "What cannot be told", "What was folded away"),
        *("What counts as a change", "Not seen on either side", "How to find the rows"),
    )
    order = [text.index(line) for line in headings]
    assert order == sorted(order)
    assert text[2].startswith("Before  shell-2022.trace")
    at = text.index("  ~ statx")
    assert text[at + 1] == "      calls 1 → 14"
    assert text[at + 2] == "      before: evt.type = statx"
    at = text.index("  + Calls: lgetxattr")
    assert text[at + 3] == "      whether a point of lgetxattr was on before is not told"


def test_nothing_reaches_the_terminal_unescaped() -> None:
    assert all(line.isprintable() for line in lines(hostile_diff("\x1b[2J\n\u202e")))
