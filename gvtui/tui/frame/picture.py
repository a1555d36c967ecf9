"""Saves a picture of the screen where the user says, which works without a desktop too."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.files import write_whole
from gvtui.tui.kit.asking import Mistake, Question

if TYPE_CHECKING:
    from collections.abc import Callable


def saving(picture: str, tell: Callable[[str], None]) -> Question:
    """The question for the file of a picture.

    Args:
        picture: the picture as SVG.
        tell: called with a sentence when it has been saved.
    """

    def save(text: str) -> Mistake | None:
        if not text.strip():
            return None
        path = Path(text.strip()).expanduser()
        if path.exists():
            return Mistake("this file exists already; choose another name")
        try:
            write_whole(path, picture.encode())
        except OSError as error:
            return Mistake(f"cannot write it: {error.strerror or error}")
        tell(f"Saved the screen in {escape(str(path))}")
        return None

    name = time.strftime("gvtui-%Y%m%d-%H%M%S.svg")
    return Question("save the screen in", save, value=name, hint="a file, as SVG")
