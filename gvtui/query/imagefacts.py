"""What filters ask of the file and the descriptors of a process's program."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gvtui.decode.origin import Origin
from gvtui.query.filter.origins import ORIGIN_NUMBERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.query.processes.image import ProgramImage

Values = tuple[str, ...]


def _is_known(image: ProgramImage) -> bool:
    return image.file.origin is not Origin.UNKNOWN


def _upper(image: ProgramImage) -> int | None:
    return int(image.file.is_upper) if _is_known(image) else None


def _lower(image: ProgramImage) -> int | None:
    return int(image.file.is_lower and not image.file.is_upper) if _is_known(image) else None


def _memfd(image: ProgramImage) -> int | None:
    return int(image.file.is_memfd) if _is_known(image) else None


def _inode(image: ProgramImage) -> int | None:
    return image.file.inode or None


def _ctime(image: ProgramImage) -> int | None:
    return image.file.ctime_ns or None


def _writable(image: ProgramImage) -> int | None:
    return None if image.is_writable is None else int(image.is_writable)


def _origin(image: ProgramImage) -> int | None:
    return ORIGIN_NUMBERS.get(image.file.origin.value)


IMAGE_NUMBERS: dict[str, Callable[[ProgramImage], int | None]] = {
    "proc.exe_origin": _origin,
    "proc.is_exe_upper_layer": _upper,
    "proc.is_exe_lower_layer": _lower,
    "proc.is_exe_from_memfd": _memfd,
    "proc.exe_ino": _inode,
    "proc.exe_ino.ctime": _ctime,
    "proc.exe_writable": _writable,
}
"""The fields that are numbers, by name; None for what was not told."""


def _digests(image: ProgramImage) -> Values | None:
    return image.file.digests or None


def _type(which: str, image: ProgramImage) -> Values | None:
    stdio = getattr(image, which)
    return None if stdio is None else (stdio.kind,)


def _name(which: str, image: ProgramImage) -> Values | None:
    stdio = getattr(image, which)
    return None if stdio is None else stdio.names


STDIO = ("stdin", "stdout", "stderr")

IMAGE_TEXTS: dict[str, Callable[[ProgramImage], Values | None]] = {
    "proc.sha256": _digests,
    **{f"proc.{which}.type": partial(_type, which) for which in STDIO},
    **{f"proc.{which}.name": partial(_name, which) for which in STDIO},
}
"""The fields that are texts, by name; several for what has several forms."""
