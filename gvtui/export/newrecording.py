"""Makes a recording that appears under its name, with its index and its bookmarks, when it is whole."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

from gvtui.errors import GvtuiError, UsageError
from gvtui.export.formats import BY_SUFFIX, RECORDING
from gvtui.files import put_in_place, unfinished_path
from gvtui.trace.bookmarks import bookmarks_path, write_bookmarks
from gvtui.trace.files import index_path, strings_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gvtui.trace.bookmarks import Bookmark


class ConvertError(GvtuiError):
    """An export's file cannot be written."""


@contextlib.contextmanager
def new_recording(out: Path) -> Iterator[Path]:
    """Write a recording beside its name, and name it at the end: its index goes with it.

    Args:
        out: its name.

    Yields:
        The file to write, which does not exist yet.

    Raises:
        UsageError: the name says that the file has another format.
        ConvertError: a file of that name exists, or it cannot be written.
    """
    suffix = BY_SUFFIX.get(out.suffix.lower(), RECORDING)
    if suffix is not RECORDING:
        raise UsageError(
            f"{out} would be a recording, but its name says {suffix.words}; end it with .gvtrace, "
            "and convert the result"
        )
    beside = (index_path, strings_path)
    unfinished = unfinished_path(out)
    try:
        if os.path.lexists(out):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(out))
        yield unfinished
        put_in_place(unfinished, out)
        for name in beside:
            # A file of that name belongs to somebody else; the index is then made on opening.
            with contextlib.suppress(FileExistsError):
                put_in_place(name(unfinished), name(out))
    except FileExistsError as error:
        raise ConvertError(f"{out} exists already; choose another name") from error
    except OSError as error:
        raise ConvertError(f"cannot write {out}: {error.strerror or error}") from error
    finally:
        for path in (unfinished, *(name(unfinished) for name in beside)):
            path.unlink(missing_ok=True)


def write_beside(out: Path, bookmarks: list[Bookmark]) -> None:
    """Write the bookmarks of a new recording, if it has any.

    Raises:
        BookmarksError: the file cannot be written.
    """
    if bookmarks:
        write_bookmarks(bookmarks_path(out), sorted(bookmarks, key=lambda each: each.row))
