from __future__ import annotations

from gvtui.trace.damage import Damage


def test_damage_is_told_once_for_each_record() -> None:
    damage = Damage()
    assert not damage
    assert damage.words == ""
    damage.note(4, 4711)
    damage.note(4, 4711)
    assert damage.words == "1 message damaged at offset 4711"
    for row in range(1, 4):
        damage.note(row, row)
    assert damage.words == "4 messages damaged at offsets 1, 2, 3 and 1 more"
