"""Folds lines about files: where there are many of them, one line stands for those of a folder, or
for those whose names differ only in characters that a program made up."""

from __future__ import annotations

from collections import defaultdict

from gvtui.query.activity.activity import ActivityLine, Behind
from gvtui.words import counted

FROM = 12
"""How many lines of a section are shown one by one, whatever their folders."""
_MOST_DEPTH = 2
"""How many parts the path of a folder has at most that stands for what is below it."""
_LEAST = 4
"""A folder with fewer lines is not folded, nor are fewer names that are alike."""
_BEGINNING = 3
"""How many characters names have in common at their beginning to be folded."""


def folder_of(path: str) -> str:
    """The folder that a path counts for: `/usr/lib` for all below it; "" for a relative path."""
    if not path.startswith("/"):
        return ""
    parts = path.split("/")[1:-1]
    return "/" + "/".join(parts[:_MOST_DEPTH]) if parts else ""


def fold(lines: list[ActivityLine], least: int = FROM) -> list[ActivityLine]:
    """Put lines of one folder together where there are many, and in a folder those whose names are
    of one pattern; none is left out: a folded line has them as `inner`.

    Args:
        lines: lines whose `what` is a path, or the name of a call, a blank, and a path.
        least: with fewer lines than this, all stay.
    """
    if len(lines) < least:
        return lines
    by_folder: dict[tuple[str, str, str], list[ActivityLine]] = defaultdict(list)
    for line in lines:
        call, path = _split(line.what)
        # Of failures the error stands in the details.
        by_folder[call, folder_of(path), line.details if call else ""].append(line)
    folded: list[ActivityLine] = []
    for (call, folder, details), own in by_folder.items():
        if not folder or len(own) < _LEAST:
            folded += own
            continue
        inner = _by_pattern(own, folder)
        words = f"{call}{counted(len(own), 'file')} below {folder}"
        folded.append(
            inner[0] if len(inner) == 1 else _together(words, own, inner, folder, details)
        )
    return sorted(folded, key=lambda line: (line.folded > 1, line.what))


def pattern_of(names: list[str]) -> str:
    """What names of one length have in common, with `?` for each character that differs; "" if
    that is not a beginning of at least three characters, or the rest looks as if people wrote it.
    """
    columns = [set(column) for column in zip(*names, strict=True)]
    same = [len(column) == 1 for column in columns]
    if len(same) <= _BEGINNING or not all(same[:_BEGINNING]):
        return ""
    made_up = 0
    for name in names:
        rest = "".join(char for char, is_same in zip(name, same, strict=True) if not is_same)
        is_mixed = rest != rest.lower() and rest != rest.upper()
        made_up += is_mixed or any(char.isdigit() for char in rest)
    if made_up * 2 < len(names):
        return ""
    return "".join(char if is_same else "?" for char, is_same in zip(names[0], same, strict=True))


def _split(what: str) -> tuple[str, str]:
    """The call with its blank, "" where there is none, and the path."""
    if what.startswith("/"):
        return "", what
    call, blank, path = what.partition(" ")
    return (call + blank, path) if path.startswith("/") else ("", what)


def _by_pattern(lines: list[ActivityLine], folder: str) -> list[ActivityLine]:
    alike: dict[tuple[str, str, int, str], list[ActivityLine]] = defaultdict(list)
    for line in lines:
        parent, _, name = line.what.rpartition("/")
        alike[parent, name[:_BEGINNING], len(name), name.rpartition(".")[2][-8:]].append(line)
    found: list[ActivityLine] = []
    # Names with the same ending first: where there are too few of them, the rest of the name tells.
    rest: dict[tuple[str, str, int], list[ActivityLine]] = defaultdict(list)
    for (parent, begin, length, _), own in alike.items():
        made = _one_pattern(parent, own, folder)
        if made is None:
            rest[parent, begin, length] += own
        else:
            found.append(made)
    for (parent, _, _), own in rest.items():
        made = _one_pattern(parent, own, folder)
        found += own if made is None else [made]
    return sorted(found, key=lambda line: (line.folded > 1, line.what))


def _one_pattern(parent: str, lines: list[ActivityLine], folder: str) -> ActivityLine | None:
    if len(lines) < _LEAST:
        return None
    pattern = pattern_of([line.what.rpartition("/")[2] for line in lines])
    if not pattern:
        return None
    words = f"{parent}/{pattern}: {counted(len(lines), 'file')}"
    same = {line.details for line in lines}
    return _together(words, lines, lines, folder, same.pop() if len(same) == 1 else "")


def _together(
    words: str,
    lines: list[ActivityLine],
    inner: list[ActivityLine],
    folder: str,
    details: str = "",
) -> ActivityLine:
    behind = Behind()
    for line in lines:
        behind.join(line.behind)
    return ActivityLine(
        words,
        behind,
        details,
        bytes_in=sum(line.bytes_in for line in lines),
        bytes_out=sum(line.bytes_out for line in lines),
        folded=len(lines),
        folder=folder,
        inner=tuple(inner),
    )
