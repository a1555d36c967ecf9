from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from gvtui.trace.reader import Trace
from gvtui.tui.kit.signs import ENDED_SIGN, FAILED_SIGN
from gvtui.tui.model.model import Model
from gvtui.tui.processes.lines import Fold, open_runs_of, runs_key, tree_lines
from gvtui.tui.processes.painter import TreePainter
from tests.query.processes.box import Box

if TYPE_CHECKING:
    from pathlib import Path


def _box(path: Path, *statuses: int) -> Box:
    """Health checks, one after the other, below a first process that goes on."""
    box = Box(path)
    box.read(box.context(1, process_name="main"))
    for pid, status in enumerate(statuses, 11):
        fields: dict[str, Any] = {"process_name": "probe", "is_exec_session": True}
        box.read(box.context(pid, **fields))
        box.task_exit(box.context(pid, **fields), status)
    box.writer.close()
    return box


def opened(path: Path) -> Model:
    """A model that has read all of a recording."""
    model = Model(Trace.open(path))
    while model.refresh(1.0):
        pass
    while model.analysis.context.advance():
        pass
    return model


def test_runs_are_one_line_that_unfolds(tmp_path: Path) -> None:
    with closing(opened(_box(tmp_path / "a.gvtrace", 0, 256, 0).path)) as model:
        tree = model.analysis.processes.tree
        runs, main = tree_lines(tree, {})
        assert main.process is not None
        assert [each.pid for each in runs.runs] == [11, 12, 13]
        painter = TreePainter(model)
        painter.tree = tree
        words = "".join(text for text, _ in painter.line(runs, 150))
        assert f"▸{ENDED_SIGN} 3 runs of" in words
        assert "[exec session] [probe]" in words
        assert f"{FAILED_SIGN} 1 of 3" in words
        assert "3 runs" in painter.full(runs)
        folds = {runs_key(runs.runs): Fold.CHILDREN}
        assert [line.guide for line in tree_lines(tree, folds)] == ["", "  ", "  ", "  ", ""]
        opening: dict[int, Fold] = {}
        open_runs_of(tree, runs.runs[1], opening)
        assert opening == folds


def test_all_that_ended_alike_say_how(tmp_path: Path) -> None:
    with closing(opened(_box(tmp_path / "a.gvtrace", 0, 0, 0, 0).path)) as model:
        painter = TreePainter(model)
        painter.tree = model.analysis.processes.tree
        runs, _ = tree_lines(painter.tree, {})
        words = "".join(text for text, _ in painter.line(runs, 150))
        assert "4 runs of" in words
        assert "exited 0" in words
