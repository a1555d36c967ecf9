"""What a package holds beside the code, and that shells find it where a package puts it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.commands.shells import Shell

REPO = Path(__file__).parents[1]

LOADERS = {
    "bash": "source {share}/bash-completion/completions/gvtui",
    "zsh": "fpath=({share}/zsh/site-functions $fpath); autoload -Uz compinit; compinit -u -D",
    "fish": "set -p fish_complete_path {share}/fish/vendor_completions.d",
}
"""How each shell comes to load what lies in a folder for shared data."""


@pytest.fixture(scope="module")
def share(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for shared data, as an installed package fills it."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("no hatchling in this environment: make .venv/.dev-installed gets it")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    subprocess.run(
        [*command, "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(REPO)],
        check=True,
        timeout=120,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    (data,) = folder.glob("*.data/data/share")
    return data


@pytest.mark.parametrize("shell", LOADERS)
def test_shells_find_their_completion(shell: str, share: Path, tmp_path: Path) -> None:
    with Shell(shell, tmp_path, LOADERS[shell].format(share=share)) as one:
        assert one.complete("gvtui repl") == "gvtui replay "
        assert one.complete("gvtui print --filter 'evt.ty") == "gvtui print --filter 'evt.type "


def test_the_man_page_is_where_man_looks(share: Path) -> None:
    page = share / "man" / "man1" / "gvtui.1"
    assert page.read_text() == (REPO / "gvtui" / "data" / "gvtui.1").read_text()
