import json

import pytest

from gvtui.export.diff.json import document, lines
from gvtui.tui.compare.lines import NoComparisonError, read_lines
from tests.export.diff.runs import hostile_diff, shells


def test_differences_come_first_and_lead_to_rows() -> None:
    found = read_lines("\n".join(lines(shells())))
    assert found.heading == "5 differences, 3 that cannot be told (?)"
    assert found.files == ("shell-2022.trace", "shell-2024.trace")
    group = found.lines[0]
    assert group.words == "+ Files read: /etc/group  0 → 2"
    assert (group.filters, group.first) == (("", "evt.num in (1474, 1482)"), (-1, 1474))
    statx = next(line for line in found.lines if line.words.startswith("~ Calls: statx"))
    assert statx.words == "~ Calls: statx  calls 1 → 14"
    assert statx.filters == ("evt.type = statx", "evt.type = statx")
    words = [line.words for line in found.lines]
    at = words.index("? Calls: lgetxattr  calls 0 → 14")
    assert words[at + 1] == "    whether a point of lgetxattr was on before is not told"
    assert "    programs that ran 8" in words
    assert "    Process ids beside programs' names: (pid 12)" not in words
    assert "    process ids beside programs' names: (pid 12)" in words
    assert all(line.leads == (line.words[0] in "+-~?") for line in found.lines)


def test_nothing_of_a_sandbox_is_left_unescaped() -> None:
    found = read_lines("\n".join(lines(hostile_diff("\x1b[2J\n\u202e"))))
    assert all(line.words.isprintable() for line in found.lines)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": "gvtui-diff"}'])
def test_what_is_no_comparison_is_told(text: str) -> None:
    with pytest.raises(NoComparisonError):
        read_lines(text)


def test_another_version_is_told() -> None:
    made = {**document(shells()), "version": 2}
    with pytest.raises(NoComparisonError, match="another version"):
        read_lines(json.dumps(made))
