"""Names of the protections, flags and advice that programs pass to mmap and madvise.

Sources: Linux include/uapi/asm-generic/mman-common.h, include/uapi/linux/mman.h,
arch/x86/include/uapi/asm/mman.h, arch/arm64/include/uapi/asm/mman.h.
"""

from __future__ import annotations

from gvtui.decode.flags import Flags, ValueSet, by_architecture

_PROT_COMMON = {"PROT_READ": 1, "PROT_WRITE": 2, "PROT_EXEC": 4, "PROT_SEM": 8}
_PROT_GROWS = {"PROT_GROWSDOWN": 0x01000000, "PROT_GROWSUP": 0x02000000}

PROT = by_architecture(
    Flags({**_PROT_COMMON, **_PROT_GROWS}, zero="PROT_NONE"),
    Flags({**_PROT_COMMON, "PROT_BTI": 0x10, "PROT_MTE": 0x20, **_PROT_GROWS}, zero="PROT_NONE"),
)
"""Protection of mapped memory, by architecture."""


def _map_flags(own: dict[str, int]) -> Flags:
    return Flags(
        {
            "MAP_FIXED": 0x10,
            "MAP_ANONYMOUS": 0x20,
            **own,
            "MAP_NORESERVE": 0x4000,
            "MAP_POPULATE": 0x8000,
            "MAP_NONBLOCK": 0x10000,
            "MAP_GROWSDOWN": 0x100,
            "MAP_DENYWRITE": 0x800,
            "MAP_EXECUTABLE": 0x1000,
            "MAP_LOCKED": 0x2000,
            "MAP_STACK": 0x20000,
            "MAP_HUGETLB": 0x40000,
            "MAP_SYNC": 0x80000,
            "MAP_FIXED_NOREPLACE": 0x100000,
        },
        choice={1: "MAP_SHARED", 2: "MAP_PRIVATE", 3: "MAP_SHARED_VALIDATE"},
        choice_mask=0xF,
    )


MAP = by_architecture(_map_flags({"MAP_32BIT": 0x40, "MAP_ABOVE4G": 0x80}), _map_flags({}))
"""Flags of mmap, by architecture."""

MREMAP = Flags({"MREMAP_MAYMOVE": 1, "MREMAP_FIXED": 2, "MREMAP_DONTUNMAP": 4})
MSYNC = Flags({"MS_ASYNC": 1, "MS_INVALIDATE": 2, "MS_SYNC": 4})
MLOCK2 = Flags({"MLOCK_ONFAULT": 1})
MLOCKALL = Flags({"MCL_CURRENT": 1, "MCL_FUTURE": 2, "MCL_ONFAULT": 4})

MADVISE = ValueSet(
    {
        0: "MADV_NORMAL",
        1: "MADV_RANDOM",
        2: "MADV_SEQUENTIAL",
        3: "MADV_WILLNEED",
        4: "MADV_DONTNEED",
        8: "MADV_FREE",
        9: "MADV_REMOVE",
        10: "MADV_DONTFORK",
        11: "MADV_DOFORK",
        12: "MADV_MERGEABLE",
        13: "MADV_UNMERGEABLE",
        14: "MADV_HUGEPAGE",
        15: "MADV_NOHUGEPAGE",
        16: "MADV_DONTDUMP",
        17: "MADV_DODUMP",
        18: "MADV_WIPEONFORK",
        19: "MADV_KEEPONFORK",
        20: "MADV_COLD",
        21: "MADV_PAGEOUT",
        22: "MADV_POPULATE_READ",
        23: "MADV_POPULATE_WRITE",
        24: "MADV_DONTNEED_LOCKED",
        25: "MADV_COLLAPSE",
        100: "MADV_HWPOISON",
        101: "MADV_SOFT_OFFLINE",
        102: "MADV_GUARD_INSTALL",
        103: "MADV_GUARD_REMOVE",
    }
)
SHM_AT = Flags(
    {"SHM_RDONLY": 0o10000, "SHM_RND": 0o20000, "SHM_REMAP": 0o40000, "SHM_EXEC": 0o100000}
)
