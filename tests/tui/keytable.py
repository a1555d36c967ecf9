"""Draws the table of keys of the README from the commands themselves.

`python -m tests.tui.keytable [FILE]` puts it between its marks; a test says when it is stale.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.tui.command.keys import key_words
from gvtui.tui.command.listing import grouped
from gvtui.tui.features import every_command

if TYPE_CHECKING:
    from collections.abc import Iterator

BEGIN, END = "<!-- keys: `make keys` draws this -->\n", "<!-- end of keys -->\n"


def table() -> str:
    """All commands that have a key, by their headings, as Markdown."""
    return "".join(f"{line}\n" for line in _lines())


def _lines() -> Iterator[str]:
    commands = every_command()
    for heading, group in grouped(each for each in commands if each.keys).items():
        yield from (f"**{heading}**", "", "| keys | do | command |", "|---|---|---|")
        for each in group:
            keys = " ".join(map(_key, each.keys))
            yield f"| {keys} | {_plain(each.title + each.where)} | `{each.line}` |"
        yield ""


def _key(key: str) -> str:
    words = key_words(key)
    quoted = f"`` {words} ``" if "`" in words else f"`{words}`"
    return _plain(quoted)


def _plain(text: str) -> str:
    return text.replace("|", "\\|")


def with_table(readme: str) -> str:
    """The README with the table as it is now."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}{END}{after}"


def main(file: str = "README.md") -> int:
    """Draw the table into a README."""
    path = Path(file)
    path.write_text(with_table(path.read_text("utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
