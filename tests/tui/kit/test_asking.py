from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.tui.kit.asking import no_new_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.pdf", "its name must end with .txt, .md"),
        ("old.md", "this file exists already; choose another name"),
        ("no\x1bne/a.md", "there is no folder"),
    ],
)
def test_a_file_that_cannot_be_made_is_told_why(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "old.md").touch()
    mistake = no_new_file(tmp_path / name, (".txt", ".md"))
    assert mistake is not None
    assert said in mistake.message
    assert mistake.message.isprintable()


def test_a_new_file_in_a_folder_that_exists_is_fine(tmp_path: Path) -> None:
    assert no_new_file(tmp_path / "new.MD", (".txt", ".md")) is None
