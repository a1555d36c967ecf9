from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

import gvtui
from gvtui.monitor.client import MonitorProcess
from gvtui.monitor.options import MonitorOptions
from gvtui.python import python

PACKAGE = Path(gvtui.__file__).parent
HOSTILE = "open(__file__ + '.was-run', 'w')\nraise SystemExit(9)\n"


@pytest.fixture
def strange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a stranger's, with modules named like those that gvtui imports."""
    folder = tmp_path / "strange"
    folder.mkdir()
    for name in ("trio", "numpy", "msgpack", "click", "queue", "resource", "gvtui"):
        (folder / f"{name}.py").write_text(HOSTILE)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("words", [("-c", "import gvtui, numpy"), ("-m", "gvtui", "--version")])
def test_modules_of_the_current_folder_are_not_run(strange: Path, words: tuple[str, ...]) -> None:
    subprocess.run(python(*words), check=True, stdout=subprocess.DEVNULL)
    assert list(strange.glob("*.was-run")) == []


def test_the_monitor_runs_none_of_them_either(strange: Path, tmp_path: Path) -> None:
    out = tmp_path / "t.gvtrace"
    MonitorProcess.start(MonitorOptions(listen=tmp_path / "s", record=out, realtime=False)).stop()
    assert out.exists()
    assert list(strange.glob("*.was-run")) == []


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_python_is_started_in_this_way_alone(path: Path) -> None:
    if path.name != "python.py":
        names = {
            each.attr
            for each in ast.walk(ast.parse(path.read_text()))
            if isinstance(each, ast.Attribute)
        }
        assert "executable" not in names
