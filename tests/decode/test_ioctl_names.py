from __future__ import annotations

import termios

from gvtui.decode.ioctl_names import ioctl_name


def test_names() -> None:
    assert ioctl_name(termios.TIOCGWINSZ) == "TIOCGWINSZ"
    assert ioctl_name(0x5401 | 1 << 40) == "TCGETS"
    assert ioctl_name(0xABCD) == "0xabcd"
