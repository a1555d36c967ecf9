import pytest

from gvtui.export.diff.rows import HEADINGS, by_section, cells, lists, summary, title_of, two_digits
from tests.export.diff.runs import hostile_diff, shells


def test_the_answer_is_one_paragraph() -> None:
    answer = summary(shells())
    assert answer.startswith("5 differences and 3 things of which it cannot be told. The rest is")
    assert "programs that ran: 8; " in answer
    assert answer.endswith("calls: 49.")


def test_differences_stand_by_section() -> None:
    made = shells()
    found = [(title, len(own)) for title, own in by_section(made.compared.differences)]
    assert found == [
        ("Files read", 2),
        ("Folders opened", 1),
        ("Failures by call", 1),
        ("Calls", 1),
    ]
    first = cells(made, made.compared.differences[0])
    assert len(first) == len(HEADINGS)
    assert first == ("+", "/etc/group", "", "times 0 → 2", "", "evt.num in (1474, 1482)")
    assert title_of("calls") == "Calls"


def test_rules_thresholds_and_what_was_not_seen_are_told_once() -> None:
    found = dict(lists(shells()))
    assert "Process ids beside programs' names: (pid 12)." in found["What was folded away"]
    assert any("p99" in each for each in found["What counts as a change"])
    both = found["Not seen on either side"]
    assert "What was read and written: gVisor sends sizes, never the bytes." in both
    assert not set(both) & set(found.get("Not seen before", ()))
    assert any("gvtui print shell-2022.trace" in each for each in found["How to find the rows"])


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [(640, "640 ns"), (96_000, "96 µs"), (4_100_000, "4.1 ms"), (9_960_000, "10 ms"), (0, "0 ns")],
)
def test_a_percentile_has_two_digits(nanoseconds: int, text: str) -> None:
    assert two_digits(nanoseconds) == text


def test_nothing_of_a_sandbox_is_left_unescaped() -> None:
    made = hostile_diff("\x1b[2J\n\u202e")
    for each in made.compared.differences:
        assert all(cell.isprintable() for cell in cells(made, each))
