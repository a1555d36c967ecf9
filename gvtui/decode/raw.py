"""System calls that the sandbox sends as six bare numbers, named by architecture and number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.decode.numbers import int64

if TYPE_CHECKING:
    from gvtui.decode.call import Call


def raw_arguments(call: Call) -> list[str]:
    """The arguments by the call's table entry; six numbers in hex where there is none."""
    message = call.message
    numbers = (message.arg1, message.arg2, message.arg3, message.arg4, message.arg5, message.arg6)
    return [hex(number) for number in numbers]


def raw_result(call: Call) -> str:
    """The result where the call succeeded."""
    return str(int64(call.message.exit.result))
