"""A slice of rows with what was resolved of them, as the sections of an activity read it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.resolved.lookup import Resolved


@dataclass(frozen=True, slots=True)
class ActivityPart:
    """Consecutive rows; each column has a value for each of them."""

    start: int
    """The id of the first row."""
    rows: npt.NDArray[np.void]
    passed: npt.NDArray[np.bool_]
    """Which are messages that pass the filter, whole or not, and repeats of others too."""
    chosen: npt.NDArray[np.bool_]
    """Which rows count: whole messages that pass the filter and repeat no other."""
    happened: npt.NDArray[np.int32]
    """The `Happened` flags of those that count; else 0."""
    paths: npt.NDArray[np.int64]
    """The numbers of their paths and addresses among the resolved texts."""
    kinds: npt.NDArray[np.uint8]
    """The `FdKind` of their descriptors."""
    numbers: npt.NDArray[np.int64]
    """The numbers of the descriptions of their descriptors."""
    calls: npt.NDArray[np.int64]
    """Which call or event each row is of: its type times 2**32, plus the number of its call."""
    came: npt.NDArray[np.int64]
    """How many bytes each that counts has read."""
    went: npt.NDArray[np.int64]
    """How many bytes each that counts has written."""


def part_of(
    resolved: Resolved, start: int, rows: npt.NDArray[np.void], passed: npt.NDArray[np.bool_]
) -> ActivityPart:
    """What was resolved of rows.

    Args:
        resolved: has read them.
        start: the id of the first.
        rows: consecutive ones.
        passed: which of them are messages that pass the filter.
    """
    count = len(rows)
    chosen = passed & (rows["flags"] == 0) & ~resolved.doubles(start, count)
    came, went = (np.where(chosen, each, 0) for each in resolved.moves(start, rows))
    return ActivityPart(
        start,
        rows,
        passed,
        chosen,
        np.where(chosen, resolved.happened(start, rows), 0),
        resolved.paths(start, rows),
        resolved.kinds(start, count),
        resolved.description_numbers(start, count),
        rows["type"].astype(np.int64) << 32 | rows["sysno"].astype(np.int64) & 0xFFFFFFFF,
        came,
        went,
    )


def second_side(resolved: Resolved, part: ActivityPart) -> ActivityPart | None:
    """What calls between two descriptors, such as sendfile, did with the second one, as a slice of
    the same rows; None if there are none."""
    found = resolved.second_sides(part.start, part.rows)
    if found is None:
        return None
    numbers, paths, kinds = found
    has = part.chosen & (numbers > 0)
    return replace(
        part,
        chosen=has,
        happened=np.zeros(len(has), np.int32),
        paths=paths,
        kinds=kinds,
        numbers=numbers,
        came=np.where(has, part.went, 0),
        went=np.where(has, part.came, 0),
    )
