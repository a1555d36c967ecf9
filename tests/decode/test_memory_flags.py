from __future__ import annotations

from gvtui.decode import memory_flags


def test_protection_by_architecture() -> None:
    assert memory_flags.PROT["x86_64"].text(0) == "PROT_NONE"
    assert memory_flags.PROT["x86_64"].text(0x15) == "PROT_READ|PROT_EXEC|0x10"
    assert memory_flags.PROT["arm64"].text(0x15) == "PROT_READ|PROT_EXEC|PROT_BTI"


def test_mapping_by_architecture() -> None:
    assert memory_flags.MAP["x86_64"].text(0x62) == "MAP_PRIVATE|MAP_ANONYMOUS|MAP_32BIT"
    assert memory_flags.MAP["arm64"].text(0x62) == "MAP_PRIVATE|MAP_ANONYMOUS|0x40"
    assert memory_flags.MAP["arm64"].text(3) == "MAP_SHARED_VALIDATE"
    assert memory_flags.MAP["arm64"].text(0x20) == "MAP_ANONYMOUS"


def test_advice() -> None:
    assert memory_flags.MADVISE.text(4) == "MADV_DONTNEED"
