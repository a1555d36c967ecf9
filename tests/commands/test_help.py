from __future__ import annotations

import pytest

from gvtui.cli import COMMANDS, run
from gvtui.query.filter.help import reference


def test_filters(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help", "filters"]) == 0
    assert capsys.readouterr().out.strip() == reference().strip()


def test_without_a_topic(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in COMMANDS)


def test_a_topic_that_is_not_there() -> None:
    assert run(["help", "everything"]) == 2
