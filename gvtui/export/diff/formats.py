"""The formats of comparisons: one line each. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.export.diff.making import DiffDocument


@dataclass(frozen=True, slots=True)
class DiffFormat:
    """A format of comparisons."""

    name: str
    words: str
    """What it is, for help texts."""
    module: str
    """The module whose `lines` makes it."""

    def lines(self, diff: DiffDocument) -> Iterator[str]:
        """The lines of a comparison, without their ends."""
        made: Iterator[str] = import_module(self.module).lines(diff)
        return made


DIFF_FORMATS = {
    each.name: each
    for each in (
        DiffFormat("text", "plain text", "gvtui.export.diff.text"),
        DiffFormat("markdown", "tables for a pull request", "gvtui.export.diff.markdown"),
        DiffFormat("json", "one object, version 1 of its schema", "gvtui.export.diff.json"),
        DiffFormat("html", "one file that loads nothing", "gvtui.export.diff.html"),
    )
}
"""All formats, by name, in the order of the help."""
