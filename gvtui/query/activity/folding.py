"""Folds lines about files: where a folder has many of them, one line stands for all."""

from __future__ import annotations

from collections import defaultdict

from gvtui.query.activity.activity import ActivityLine, Behind
from gvtui.words import counted

FROM = 12
"""How many lines of a section are shown one by one, whatever their folders."""
_MOST_DEPTH = 2
"""How many parts the path of a folder has at most that stands for what is below it."""
_LEAST = 4
"""A folder with fewer lines is not folded."""


def folder_of(path: str) -> str:
    """The folder that a path counts for: `/usr/lib` for all below it; "" for a relative path."""
    if not path.startswith("/"):
        return ""
    parts = path.split("/")[1:-1]
    return "/" + "/".join(parts[:_MOST_DEPTH]) if parts else ""


def fold(lines: list[ActivityLine], least: int = FROM) -> list[ActivityLine]:
    """Put lines of one folder together where there are many; none is left out.

    Args:
        lines: lines whose `what` is a path.
        least: with fewer lines than this, all stay.
    """
    if len(lines) < least:
        return lines
    by_folder: dict[str, list[ActivityLine]] = defaultdict(list)
    for line in lines:
        by_folder[folder_of(line.what)].append(line)
    folded: list[ActivityLine] = []
    for folder, own in by_folder.items():
        if not folder or len(own) < _LEAST:
            folded += own
            continue
        behind = Behind()
        for line in own:
            behind.join(line.behind)
        folded.append(
            ActivityLine(
                f"{counted(len(own), 'file')} below {folder}",
                behind,
                bytes_in=sum(line.bytes_in for line in own),
                bytes_out=sum(line.bytes_out for line in own),
                folded=len(own),
                folder=folder,
            )
        )
    return sorted(folded, key=lambda line: (line.folded > 1, line.what))
