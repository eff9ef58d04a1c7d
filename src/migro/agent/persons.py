"""What people say to the loop: halts, modes, answers, mutes, merges and resolutions."""

from __future__ import annotations

from ..decide import barred
from ..models import PersonActed
from .attending import attend, refuse, stranger, unheard
from .conclusions import Conclusions
from .effects import Effects
from .merging import merge, unmerge
from .outbox import answer, of_action
from .quarantines import release
from .resting import mute
from .state import PLATFORM, State
from .wording import why_halted

__all__ = ["act_on"]


def act_on(conclusions: Conclusions, state: State, item: PersonActed, effects: Effects) -> None:
    """Do in a partition what a person has said."""
    match item.verb:
        case "halt":
            state.halted = why_halted(by=item.by, why=item.why)
            state.halted_at = 0 if _is_inherited(state, item) else state.now
            conclusions.reassess(state, sorted(state.held), effects)
        case "resume" if state.partition == PLATFORM and stranger(conclusions.policy.people, item.by):
            pass  # to merchants it is told only where it counted here
        case "resume":
            state.halted, state.resumed_at = "", state.now
            effects.requester = state.resumed_by = item.by
            conclusions.reassess(state, sorted(state.held), effects)
        case "set_mode":
            if state.mode is not None and (item.mode is None or item.mode > state.mode):
                effects.requester = item.by  # whoever lowers it asks for nothing
            state.mode, state.mode_by = item.mode, item.by
            conclusions.reassess(state, sorted(state.held), effects)
        case "approve" | "reject":
            _answer(conclusions, state, item, effects)
        case "mute" | "unmute":
            effects.requester = item.by if item.verb == "unmute" else ""
            mute(state, item)
            conclusions.reassess(state, sorted(state.held), effects)
        case "merge" | "unmerge":
            concerned = merge(state, item) if item.verb == "merge" else unmerge(state, item)
            effects.issues.update({held.issue.id: held.issue for held in concerned})
            effects.merged, effects.requester = item, item.by
            conclusions.reassess(state, [(h.issue.kind, h.issue.key) for h in concerned], effects)
        case "release_rule":
            effects.requester = item.by
            why = f"by {item.by}, {item.why}" if item.why else f"by {item.by}"
            release(conclusions, state, (item.target,), why, effects)
        case "resolve" | "acknowledge" | "assign":
            _attend(conclusions, state, item, effects)


def _is_inherited(state: State, item: PersonActed) -> bool:
    """Return whether a merchant's halt is the platform's: it ends with that, whatever the merchant's own time is."""
    return item.by == "migro" and state.partition != PLATFORM


def _answer(conclusions: Conclusions, state: State, item: PersonActed, effects: Effects) -> None:
    held = of_action(state, item.target)
    if held is not None:
        others = barred(conclusions.ruleset.about(held.issue.kind), held.actions[item.target])
        answer(state, item, conclusions.policy, others, effects)


def _attend(conclusions: Conclusions, state: State, item: PersonActed, effects: Effects) -> None:
    people = conclusions.policy.people
    for slot, held in sorted(state.held.items()):
        if held.issue.id != item.target:
            continue
        why = unheard(people, item, held.issue)
        if why:
            refuse(state, held, item, why, effects)
        elif item.verb == "resolve":
            held.closed_by = item.by
            conclusions.reassess(state, [slot], effects)
        else:
            attend(state, slot, item, people, effects)
