"""Names of common ioctl requests.

Sources: Linux include/uapi/asm-generic/ioctls.h, include/uapi/linux/sockios.h; the same on x86_64
and arm64.
"""

from __future__ import annotations

_NAMES = {
    0x5401: "TCGETS",
    0x5402: "TCSETS",
    0x5403: "TCSETSW",
    0x5404: "TCSETSF",
    0x5405: "TCGETA",
    0x5409: "TCSBRK",
    0x540A: "TCXONC",
    0x540B: "TCFLSH",
    0x540C: "TIOCEXCL",
    0x540D: "TIOCNXCL",
    0x540E: "TIOCSCTTY",
    0x540F: "TIOCGPGRP",
    0x5410: "TIOCSPGRP",
    0x5411: "TIOCOUTQ",
    0x5412: "TIOCSTI",
    0x5413: "TIOCGWINSZ",
    0x5414: "TIOCSWINSZ",
    0x541B: "FIONREAD",
    0x5421: "FIONBIO",
    0x5422: "TIOCNOTTY",
    0x5423: "TIOCSETD",
    0x5424: "TIOCGETD",
    0x5429: "TIOCGSID",
    0x5450: "FIONCLEX",
    0x5451: "FIOCLEX",
    0x5452: "FIOASYNC",
    0x80045430: "TIOCGPTN",
    0x40045431: "TIOCSPTLCK",
    0x5441: "TIOCGPTPEER",
    0x8901: "FIOSETOWN",
    0x8903: "FIOGETOWN",
    0x8904: "SIOCGPGRP",
    0x8910: "SIOCGIFNAME",
    0x8912: "SIOCGIFCONF",
    0x8913: "SIOCGIFFLAGS",
    0x8914: "SIOCSIFFLAGS",
    0x8915: "SIOCGIFADDR",
    0x8916: "SIOCSIFADDR",
    0x891B: "SIOCGIFNETMASK",
    0x8921: "SIOCGIFMTU",
    0x8927: "SIOCGIFHWADDR",
    0x8933: "SIOCGIFINDEX",
    0x8942: "SIOCGIFTXQLEN",
    0x80086601: "FS_IOC_GETFLAGS",
    0x40086602: "FS_IOC_SETFLAGS",
    0x40049409: "FICLONE",
}

IOCTLS_WITHOUT_ARGUMENT = frozenset(
    number
    for number, name in _NAMES.items()
    if name in ("TIOCEXCL", "TIOCNXCL", "TIOCNOTTY", "FIONCLEX", "FIOCLEX")
)
"""Requests that ignore the third argument."""


def ioctl_name(request: int) -> str:
    """`TCGETS` for 0x5401; the number in hex where the name is not known."""
    masked = request & 0xFFFFFFFF
    return _NAMES.get(masked) or hex(masked)
