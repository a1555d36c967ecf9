from __future__ import annotations

import errno
import subprocess
import sys

import pytest

from gvtui.fence.kernel import capabilities, prctl, syscall


def permitted() -> frozenset[int]:
    with open("/proc/self/status") as status:
        (text,) = (line.split()[1] for line in status if line.startswith("CapPrm"))
    return frozenset(number for number in range(64) if int(text, 16) >> number & 1)


def test_capabilities_are_as_the_kernel_tells() -> None:
    assert capabilities() == permitted()


def test_what_was_given_up_does_not_come_back() -> None:
    script = (
        "from gvtui.fence.kernel import *\n"
        "had = capabilities()\n"
        "keep_capabilities(had & {2, 40})\n"
        "print(capabilities() == had & {2, 40})\n"
        "try: keep_capabilities(frozenset({21}))\n"
        "except PermissionError: print('refused')\n"
        "print(open('/proc/self/status').read().count('CapEff:\\t' + f'{sum(1 << n for n in had & {2, 40}):016x}'))"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.splitlines() == ["True", "refused", "1"]


def test_what_the_kernel_refuses_is_an_error() -> None:
    with pytest.raises(OSError, match="Invalid argument") as told:
        prctl(99_999)
    assert told.value.errno == errno.EINVAL
    with pytest.raises(OSError, match="not implemented"):
        syscall(99_999)
