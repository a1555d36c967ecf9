"""Comparisons of digests: a beginning stands for all digests that begin so, a file for a list."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.files import open_to_read, read_up_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LEAST = 4
"""How many digits a beginning has at least."""
MAX_BYTES = 64 << 20
"""The largest file of digests that is read."""

_DIGITS = re.compile(r"[0-9a-f]{4,128}", re.ASCII)


class DigestError(ValueError):
    """A value is no digest, or a file of them cannot be read; the message says why."""


def digest(text: str) -> str:
    """A digest or the beginning of one, in lower case.

    Raises:
        DigestError: it is none.
    """
    found = text.lower().removeprefix("sha256:")
    if _DIGITS.fullmatch(found) is None:
        raise DigestError(f"is no digest: {LEAST} hexadecimal digits or more")
    return found


def digests_in(path: str) -> list[str]:
    """The digests of a file: the first word of each line, as sha256sum and sha1sum write them.

    Empty lines and those that begin with # are left out.

    Raises:
        DigestError: the file cannot be read, or a line has no digest.
    """
    try:
        with open_to_read(Path(path).expanduser(), streams=True) as file:
            data = read_up_to(file, MAX_BYTES + 1)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DigestError(f"cannot be read: {reason}") from None
    if len(data) > MAX_BYTES:
        raise DigestError(f"is larger than {MAX_BYTES >> 20} MiB")
    found = []
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        words = line.lstrip("\\").split()
        if not words or words[0].startswith("#"):
            continue
        try:
            found.append(digest(words[0]))
        except DigestError as error:
            raise DigestError(f"has in line {number} what {error}") from None
    return found


def digest_test(wanted: Iterable[str]) -> Callable[[str], bool]:
    """Whether a digest begins with one of these."""
    known = frozenset(wanted)
    lengths = sorted({len(each) for each in known})
    return lambda text: any(text[:length] in known for length in lengths)
