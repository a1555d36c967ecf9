"""Where the file of a program, or of mapped code, came from: the container's image or not.

gVisor tells in which layers of an overlay a file lies (since 2026): the lower layer is the image,
the upper one has what was written since the start. A file that lies in both was in the image and has
been modified.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gvtui.wire.pb import sentry_pb2

ANONYMOUS = "anonymous executable memory"
"""What mapped code is called that has no file."""

_MEMFD = "/memfd:"
"""How the path of a memfd begins, which is in no folder."""


class Origin(Enum):
    """Where a file came from; the value is the word for the user."""

    UNKNOWN = ""
    """The session did not ask, or gVisor is too old to tell."""
    IMAGE = "image"
    """In the lower layer alone."""
    MODIFIED = "modified"
    """In both layers: what the image has under this name is another file."""
    NEW = "new"
    """In the upper layer alone: written since the start. A file of the image that was modified is
    seen so too (release 20260905) unless somebody had it open all the while: then gVisor looks the
    file up anew, and looks no deeper than the upper layer."""
    ELSEWHERE = "elsewhere"
    """In neither: on a tmpfs, a bind mount, or a root file system without overlay."""
    MEMORY = "memory"
    """In a memfd, or mapped without a file."""

    @property
    def is_looked_at(self) -> bool:
        """Whether one should look at such a program: its word stands in capitals, and in front."""
        return self in _LOOKED_AT

    @property
    def shown(self) -> str:
        """The word, in capitals where one should look."""
        return self.value.upper() if self.is_looked_at else self.value


_LOOKED_AT = frozenset((Origin.NEW, Origin.MODIFIED, Origin.MEMORY))


def _of_layers(*, is_upper: bool, is_lower: bool, inode: int) -> Origin:
    if is_upper:
        return Origin.MODIFIED if is_lower else Origin.NEW
    if is_lower:
        return Origin.IMAGE
    # Without the question there is neither mode nor inode; an old gVisor sends the mode alone.
    return Origin.ELSEWHERE if inode else Origin.UNKNOWN


def program_origin(message: sentry_pb2.ExecveInfo) -> Origin:
    """Where the program of a `sentry/execve` came from."""
    if message.binary_in_memfd:
        return Origin.MEMORY
    return _of_layers(
        is_upper=message.binary_overlayfs_upper,
        is_lower=message.binary_overlayfs_lower,
        inode=message.binary_ino,
    )


def mapping_origin(message: sentry_pb2.MmapInfo) -> Origin:
    """Where the code of a `sentry/mmap` came from."""
    if not message.mapped_path and not message.mapped_ino:
        return Origin.MEMORY
    if message.mapped_path.startswith(_MEMFD):
        return Origin.MEMORY
    return _of_layers(
        is_upper=message.overlayfs_upper,
        is_lower=message.overlayfs_lower,
        inode=message.mapped_ino,
    )
