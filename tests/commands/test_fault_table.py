from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from gvtui.cli import run
from gvtui.commands.fault_table import FAULTS, Played, explain

REPO = Path(__file__).parents[2]


@cache
def names_in(path: Path) -> set[str]:
    """The tests of a file."""
    tree = ast.parse(path.read_text("utf-8"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize("each", FAULTS, ids=lambda each: each.fault)
def test_each_fault_is_played_by_a_test(each: Played) -> None:
    path, _, name = each.test.partition("::")
    assert name in names_in(REPO / path)


def test_no_test_plays_two_faults() -> None:
    assert len({each.test for each in FAULTS}) == len(FAULTS)


def test_every_test_of_faults_is_in_the_table() -> None:
    path = "tests/e2e/test_faults.py"
    listed = {each.test.partition("::")[2] for each in FAULTS if each.test.startswith(path)}
    assert names_in(REPO / path) == listed


def test_the_help_tells_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help", "faults"]) == 0
    out = capsys.readouterr().out
    for each in FAULTS:
        assert each.fault[1:] in out
        assert f"Exit code: {each.code}." in out


@pytest.mark.parametrize("width", [60, 80, 100])
def test_lines_fit(width: int) -> None:
    lines = explain(width).splitlines()
    assert all(len(line) <= width for line in lines if line.startswith(" "))
