from gvtui.export.report.rows import HEADINGS, cells, ending, finding, title_of, unseen
from tests.export.report.runs import hostile, report_on


def test_a_line_has_a_cell_for_each_heading() -> None:
    report = report_on("shell-2024")
    [line] = report.activity.section("written").lines
    found = dict(zip(HEADINGS, cells(report, line), strict=True))
    assert (found["what"], found["times"], found["out"]) == ("/tmp/x", "2", "3")
    assert title_of(report.activity.section("written")) == "Files written: 1"
    assert "shell-2024.trace" in finding(report)
    assert any("gVisor sends no path" in sentence for sentence in unseen(report))
    assert next(ending(report)).startswith("SHA-256: ")


def test_texts_of_sandboxes_are_escaped() -> None:
    report = hostile(report_on("shell-2024"), "a\x1b[2Jb\nc")
    for section in report.activity.sections:
        for line in section.lines:
            assert all(cell.isprintable() or not cell for cell in cells(report, line))
