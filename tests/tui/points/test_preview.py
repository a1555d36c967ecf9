from __future__ import annotations

from gvtui.points.problems import Problem
from gvtui.points.session import Point, Session
from gvtui.tui.points.preview import diff_lines, preview, safe_lines

OLD = Session((Point("sentry/clone"),))
NEW = Session((Point("sentry/clone"), Point("sentry/execve", ("envv",))))


def text_of(parts: list[str | tuple[str, str]]) -> str:
    return "".join(part if isinstance(part, str) else part[0] for part in parts)


def test_what_comes_and_goes_is_a_diff() -> None:
    lines = diff_lines(OLD, NEW)
    assert any(line.startswith("+") and "sentry/execve" in line for line in lines)
    removed = diff_lines(NEW, OLD)
    assert any(line.startswith("-") and "sentry/execve" in line for line in removed)
    assert diff_lines(NEW, NEW) == []
    assert all(line[:1] in "+@" for line in diff_lines(None, NEW) if line)


def test_problems_and_costs_come_first() -> None:
    problem = Problem("error", "points[1]", "there is no point \x1b[31m")
    text = text_of(preview(OLD, NEW, [problem], True))
    assert text.index("cannot be read") < text.index("error: ") < text.index("sentry/execve")
    assert "\x1b" not in text
    assert "$ " in text


def test_nothing_staged_shows_the_session_as_it_is() -> None:
    text = text_of(preview(NEW, NEW, [], False))
    assert text.startswith("$") or text.startswith("Nothing is staged")
    assert "Nothing is staged: applying changes nothing." in text
    assert "sentry/execve" in text


def test_a_text_from_outside_is_harmless_and_not_endless() -> None:
    assert safe_lines("a\x1b[2J\nb") == "a\\x1b[2J\nb"
    assert len(safe_lines("x\n" * 10_000).splitlines()) == 3000
