"""The formats that a trace can be written in: one line each. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.export.selection import Selection
    from gvtui.redact.redactor import Redactor


class Lines(Protocol):
    """Writes the chosen rows of a trace as lines."""

    def lines(self, start: int, stop: int) -> Iterator[str]:
        """Lines, without their ends, of the rows from `start` to before `stop`."""


@dataclass(frozen=True, slots=True)
class Format:
    """A file format; one made of lines can be printed as well."""

    name: str
    """What `gvtui print --format` calls it, if it has lines."""
    suffixes: tuple[str, ...]
    """How the names of such files end, the usual one first."""
    words: str
    """What the format is, for help texts."""
    maker: str = ""
    """Module and class that make its lines; "" for a recording, which is no text."""
    redacts: bool = False
    """Whether it leaves the values of environment variables out, unless they are asked for."""

    @property
    def has_lines(self) -> bool:
        """Whether the format is made of lines, and so can be printed."""
        return bool(self.maker)

    def make(self, selection: Selection) -> Lines:
        """An instance of the format's class, for these rows."""
        module, _, name = self.maker.partition(":")
        lines: Lines = getattr(import_module(module), name)(selection)
        return lines

    def redactor(self, *, environment: bool = False) -> Redactor | None:
        """What takes the values of environment variables out of what is written.

        Args:
            environment: whether they are asked for.

        Returns:
            It; None where they are asked for, or the format has all as it came.
        """
        if environment or not self.redacts:
            return None
        from gvtui.redact.patterns import ENVIRONMENT
        from gvtui.redact.redactor import Redactor

        return Redactor([ENVIRONMENT])


RECORDING = Format("recording", (".gvtrace",), "a recording of gvtui's")
SAVE_FILE = Format("save file", (".trace",), "a save file of gVisor's, of one connection")

FORMATS = (
    RECORDING,
    SAVE_FILE,
    Format("text", (".txt",), "lines as gVisor's example server prints them", "gvtui.export.text:TextExport"),
    Format("json", (".jsonl", ".json"), "one JSON object a line", "gvtui.export.jsonlines:JsonExport", redacts=True),
    Format("strace", (".strace",), "lines as strace -f -ttt prints them; 0x0: address not sent", "gvtui.export.strace:StraceExport"),
)  # fmt: skip

LINE_FORMATS = {each.name: each for each in FORMATS if each.has_lines}
"""The formats that can be printed, by name."""

BY_SUFFIX = {suffix: each for each in FORMATS for suffix in each.suffixes}
"""All formats, by the suffix of a file's name."""
