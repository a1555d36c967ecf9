"""What is left to do when the screen has gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.agent.agent import OnExit
    from gvtui.agent.targets import Keeper
    from gvtui.monitor.watch import Watch


def settle(keeper: Keeper, chosen: OnExit | None, watch: Watch) -> list[str]:
    """Deal with gvtui's sessions when the screen has gone.

    Args:
        keeper: the hold on them.
        chosen: what the user answered; None where there was no question, or no answer.
        watch: the monitor, to note in the recording what is done.

    Returns:
        What was done, for the user to read.
    """
    policy = chosen or ("restore" if keeper.policy == "ask" else keeper.policy)
    if policy == "keep":
        count = len(keeper.agent.registry.all())
        words = counted(count, "sandbox keeps", "sandboxes keep")
        return [f"{words} gvtui's sessions"] if count else []
    said = []
    for outcome in keeper.leave(policy):
        for mark in outcome.marks():
            watch.monitor.send_mark(mark)
        notes = "".join(f"; {note}" for note in outcome.notes)
        said.append(escape(f"{outcome.container.sandbox_id}: {outcome.sentence}{notes}"))
    return said
