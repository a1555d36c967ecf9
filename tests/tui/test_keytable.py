"""The README's table of keys is the one that the program has now."""

from __future__ import annotations

from pathlib import Path

from gvtui.tui.features import every_command
from tests.tui.keytable import BEGIN, END, main, table, with_table

README = Path(__file__).parents[2] / "README.md"


def test_the_table_is_not_stale() -> None:
    readme = README.read_text("utf-8")
    assert with_table(readme) == readme, "`make keys` draws it anew"


def test_every_command_that_has_a_key_is_in_it_once() -> None:
    lines = table().splitlines()
    for command in every_command():
        found = [line for line in lines if line.endswith(f"| `{command.line}` |")]
        assert len(found) == bool(command.keys), command.line


def test_it_is_put_between_its_marks(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(f"# a\n{BEGIN}old\n{END}# b\n")
    main(str(path))
    assert path.read_text() == f"# a\n{BEGIN}\n{table()}{END}# b\n"
