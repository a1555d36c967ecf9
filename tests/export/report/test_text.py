from gvtui.export.report.text import lines
from tests.export.report.runs import hostile, report_on


def test_head_answer_sections_and_what_was_not_seen_stand_in_this_order() -> None:
    text = list(lines(report_on("shell-2024")))
    order = [
        text.index(line)
        for line in ("Programs that ran: 8", "Files written: 1", "Not seen", "How to find the rows")
    ]
    assert order == sorted(order)
    at = text.index("  /tmp/x")
    assert text[at + 1].strip().startswith("2×; 3 B out; 2026-11-23")
    assert text[at + 2].strip() == "evt.num in (1645, 1675)"


def test_nothing_reaches_the_terminal_unescaped() -> None:
    report = hostile(report_on("shell-2024"), "\x1b[2J\n\u202e")
    assert all(line.isprintable() for line in lines(report))
