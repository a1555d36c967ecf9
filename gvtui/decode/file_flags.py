"""Names of flags and modes in calls on files, descriptors and paths.

Sources: Linux include/uapi/asm-generic/fcntl.h, include/uapi/linux/fcntl.h, stat.h, inotify.h,
fs.h, eventpoll.h, and for arm64 arch/arm64/include/uapi/asm/fcntl.h.
"""

from __future__ import annotations

import stat

from gvtui.decode.flags import Flags, ValueSet, by_architecture
from gvtui.decode.numbers import int32, octal

AT_FDCWD = -100

_ACCESS_MODES = {0: "O_RDONLY", 1: "O_WRONLY", 2: "O_RDWR", 3: "O_ACCMODE"}


def _open_flags(*, direct: int, largefile: int, nofollow: int, directory: int) -> Flags:
    return Flags(
        {
            "O_CREAT": 0o100,
            "O_EXCL": 0o200,
            "O_NOCTTY": 0o400,
            "O_TRUNC": 0o1000,
            "O_APPEND": 0o2000,
            "O_NONBLOCK": 0o4000,
            "O_SYNC": 0o4010000,
            "O_DSYNC": 0o10000,
            "FASYNC": 0o20000,
            "O_DIRECT": direct,
            "O_LARGEFILE": largefile,
            "O_NOFOLLOW": nofollow,
            "O_NOATIME": 0o1000000,
            "O_CLOEXEC": 0o2000000,
            "O_PATH": 0o10000000,
            "O_TMPFILE": 0o20000000 | directory,
            "O_DIRECTORY": directory,
        },
        choice=_ACCESS_MODES,
        choice_mask=3,
    )


OPEN = by_architecture(
    _open_flags(direct=0o40000, largefile=0o100000, directory=0o200000, nofollow=0o400000),
    _open_flags(direct=0o200000, largefile=0o400000, directory=0o40000, nofollow=0o100000),
)
"""Flags of open, by architecture."""

O_CREAT = 0o100
O_TMPFILE_BIT = 0o20000000


def opens_with_mode(flags: int) -> bool:
    """Whether an open with these flags reads its mode argument."""
    return bool(flags & (O_CREAT | O_TMPFILE_BIT))


DUP3 = Flags({"O_CLOEXEC": 0o2000000})


def _pipe_flags(direct: int) -> Flags:
    bits = {"O_NONBLOCK": 0o4000, "O_DIRECT": direct, "O_CLOEXEC": 0o2000000}
    return Flags({**bits, "O_NOTIFICATION_PIPE": 0o200})


PIPE = by_architecture(_pipe_flags(0o40000), _pipe_flags(0o200000))
"""Flags of pipe2, by architecture."""

EVENTFD = Flags({"EFD_SEMAPHORE": 1, "EFD_NONBLOCK": 0o4000, "EFD_CLOEXEC": 0o2000000})
SIGNALFD = Flags({"SFD_CLOEXEC": 0o2000000, "SFD_NONBLOCK": 0o4000})
INOTIFY_INIT = Flags({"IN_NONBLOCK": 0o4000, "IN_CLOEXEC": 0o2000000})
EPOLL_CREATE = Flags({"EPOLL_CLOEXEC": 0o2000000})
MEMFD = Flags(
    {
        "MFD_CLOEXEC": 1,
        "MFD_ALLOW_SEALING": 2,
        "MFD_HUGETLB": 4,
        "MFD_NOEXEC_SEAL": 8,
        "MFD_EXEC": 16,
    }
)

INOTIFY_MASK = Flags(
    {
        "IN_ACCESS": 0x1,
        "IN_MODIFY": 0x2,
        "IN_ATTRIB": 0x4,
        "IN_CLOSE_WRITE": 0x8,
        "IN_CLOSE_NOWRITE": 0x10,
        "IN_OPEN": 0x20,
        "IN_MOVED_FROM": 0x40,
        "IN_MOVED_TO": 0x80,
        "IN_CREATE": 0x100,
        "IN_DELETE": 0x200,
        "IN_DELETE_SELF": 0x400,
        "IN_MOVE_SELF": 0x800,
        "IN_UNMOUNT": 0x2000,
        "IN_Q_OVERFLOW": 0x4000,
        "IN_IGNORED": 0x8000,
        "IN_ONLYDIR": 0x1000000,
        "IN_DONT_FOLLOW": 0x2000000,
        "IN_EXCL_UNLINK": 0x4000000,
        "IN_MASK_CREATE": 0x10000000,
        "IN_MASK_ADD": 0x20000000,
        "IN_ISDIR": 0x40000000,
        "IN_ONESHOT": 0x80000000,
    }
)

FCNTL = ValueSet(
    {
        0: "F_DUPFD",
        1: "F_GETFD",
        2: "F_SETFD",
        3: "F_GETFL",
        4: "F_SETFL",
        5: "F_GETLK",
        6: "F_SETLK",
        7: "F_SETLKW",
        8: "F_SETOWN",
        9: "F_GETOWN",
        10: "F_SETSIG",
        11: "F_GETSIG",
        15: "F_SETOWN_EX",
        16: "F_GETOWN_EX",
        17: "F_GETOWNER_UIDS",
        36: "F_OFD_GETLK",
        37: "F_OFD_SETLK",
        38: "F_OFD_SETLKW",
        1024: "F_SETLEASE",
        1025: "F_GETLEASE",
        1026: "F_NOTIFY",
        1027: "F_DUPFD_QUERY",
        1028: "F_CREATED_QUERY",
        1029: "F_CANCELLK",
        1030: "F_DUPFD_CLOEXEC",
        1031: "F_SETPIPE_SZ",
        1032: "F_GETPIPE_SZ",
        1033: "F_ADD_SEALS",
        1034: "F_GET_SEALS",
        1035: "F_GET_RW_HINT",
        1036: "F_SET_RW_HINT",
        1037: "F_GET_FILE_RW_HINT",
        1038: "F_SET_FILE_RW_HINT",
    }
)
"""Commands of fcntl."""

FD_FLAGS = Flags({"FD_CLOEXEC": 1})
SEALS = Flags(
    {
        "F_SEAL_SEAL": 1,
        "F_SEAL_SHRINK": 2,
        "F_SEAL_GROW": 4,
        "F_SEAL_WRITE": 8,
        "F_SEAL_FUTURE_WRITE": 16,
        "F_SEAL_EXEC": 32,
    }
)
LEASE = ValueSet({0: "F_RDLCK", 1: "F_WRLCK", 2: "F_UNLCK"})
NOTIFY = Flags(
    {
        "DN_ACCESS": 1,
        "DN_MODIFY": 2,
        "DN_CREATE": 4,
        "DN_DELETE": 8,
        "DN_RENAME": 16,
        "DN_ATTRIB": 32,
        "DN_MULTISHOT": 0x80000000,
    }
)

AT = Flags(
    {
        "AT_SYMLINK_NOFOLLOW": 0x100,
        "AT_REMOVEDIR": 0x200,
        "AT_SYMLINK_FOLLOW": 0x400,
        "AT_NO_AUTOMOUNT": 0x800,
        "AT_EMPTY_PATH": 0x1000,
        "AT_RECURSIVE": 0x8000,
    }
)
ACCESS_AT = Flags({"AT_SYMLINK_NOFOLLOW": 0x100, "AT_EACCESS": 0x200, "AT_EMPTY_PATH": 0x1000})
EXECVEAT = Flags({"AT_SYMLINK_NOFOLLOW": 0x100, "AT_EMPTY_PATH": 0x1000})
STATX = Flags(
    {
        "AT_SYMLINK_NOFOLLOW": 0x100,
        "AT_NO_AUTOMOUNT": 0x800,
        "AT_EMPTY_PATH": 0x1000,
        "AT_STATX_FORCE_SYNC": 0x2000,
        "AT_STATX_DONT_SYNC": 0x4000,
    },
)
"""Flags of statx."""

STATX_MASK = Flags(
    {
        "STATX_ALL": 0xFFF,
        "STATX_BASIC_STATS": 0x7FF,
        "STATX_TYPE": 0x1,
        "STATX_MODE": 0x2,
        "STATX_NLINK": 0x4,
        "STATX_UID": 0x8,
        "STATX_GID": 0x10,
        "STATX_ATIME": 0x20,
        "STATX_MTIME": 0x40,
        "STATX_CTIME": 0x80,
        "STATX_INO": 0x100,
        "STATX_SIZE": 0x200,
        "STATX_BLOCKS": 0x400,
        "STATX_BTIME": 0x800,
        "STATX_MNT_ID": 0x1000,
        "STATX_DIOALIGN": 0x2000,
    }
)
RENAME = Flags({"RENAME_NOREPLACE": 1, "RENAME_EXCHANGE": 2, "RENAME_WHITEOUT": 4})
ACCESS = Flags({"R_OK": 4, "W_OK": 2, "X_OK": 1}, zero="F_OK")
WHENCE = ValueSet({0: "SEEK_SET", 1: "SEEK_CUR", 2: "SEEK_END", 3: "SEEK_DATA", 4: "SEEK_HOLE"})
RWF = Flags(
    {
        "RWF_HIPRI": 1,
        "RWF_DSYNC": 2,
        "RWF_SYNC": 4,
        "RWF_NOWAIT": 8,
        "RWF_APPEND": 16,
        "RWF_NOAPPEND": 32,
        "RWF_ATOMIC": 64,
    }
)
FALLOC = Flags(
    {
        "FALLOC_FL_KEEP_SIZE": 1,
        "FALLOC_FL_PUNCH_HOLE": 2,
        "FALLOC_FL_NO_HIDE_STALE": 4,
        "FALLOC_FL_COLLAPSE_RANGE": 8,
        "FALLOC_FL_ZERO_RANGE": 16,
        "FALLOC_FL_INSERT_RANGE": 32,
        "FALLOC_FL_UNSHARE_RANGE": 64,
    }
)
FADVISE = ValueSet(
    {
        0: "POSIX_FADV_NORMAL",
        1: "POSIX_FADV_RANDOM",
        2: "POSIX_FADV_SEQUENTIAL",
        3: "POSIX_FADV_WILLNEED",
        4: "POSIX_FADV_DONTNEED",
        5: "POSIX_FADV_NOREUSE",
    }
)
FLOCK = Flags({"LOCK_SH": 1, "LOCK_EX": 2, "LOCK_UN": 8, "LOCK_NB": 4, "LOCK_MAND": 32})
XATTR = Flags({"XATTR_CREATE": 1, "XATTR_REPLACE": 2})
EPOLL_CTL = ValueSet({1: "EPOLL_CTL_ADD", 2: "EPOLL_CTL_DEL", 3: "EPOLL_CTL_MOD"})
SPLICE = Flags({"SPLICE_F_MOVE": 1, "SPLICE_F_NONBLOCK": 2, "SPLICE_F_MORE": 4, "SPLICE_F_GIFT": 8})
SYNC_RANGE = Flags(
    {
        "SYNC_FILE_RANGE_WAIT_BEFORE": 1,
        "SYNC_FILE_RANGE_WRITE": 2,
        "SYNC_FILE_RANGE_WAIT_AFTER": 4,
    }
)
CLOSE_RANGE = Flags({"CLOSE_RANGE_UNSHARE": 2, "CLOSE_RANGE_CLOEXEC": 4})

_FILE_TYPES = {
    stat.S_IFREG: "S_IFREG",
    stat.S_IFDIR: "S_IFDIR",
    stat.S_IFLNK: "S_IFLNK",
    stat.S_IFCHR: "S_IFCHR",
    stat.S_IFBLK: "S_IFBLK",
    stat.S_IFIFO: "S_IFIFO",
    stat.S_IFSOCK: "S_IFSOCK",
}
_SPECIAL_BITS = ((stat.S_ISUID, "S_ISUID"), (stat.S_ISGID, "S_ISGID"), (stat.S_ISVTX, "S_ISVTX"))


def file_mode(mode: int) -> str:
    """A file's mode as strace shows it: `S_IFREG|0644`, `S_IFREG|S_ISUID|0755`, `0644`."""
    file_type = _FILE_TYPES.get(mode & 0xFFFF & ~0o7777)
    if file_type is None or mode > 0xFFFF:
        return octal(mode)
    shown = [file_type, *(name for bit, name in _SPECIAL_BITS if mode & bit), octal(mode & 0o777)]
    return "|".join(shown)


def directory_fd(fd: int) -> str:
    """The descriptor that a path is relative to: `AT_FDCWD` or its number."""
    number = int32(fd)
    return "AT_FDCWD" if number == AT_FDCWD else str(number)
