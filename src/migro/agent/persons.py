"""What people say to the loop: halts, modes, answers, mutes, merges and resolutions."""

from __future__ import annotations

from ..models import IssueStatus, PersonActed
from .conclusions import Conclusions
from .effects import Effects
from .merging import merge, unmerge
from .outbox import answer
from .quarantines import release
from .resting import mute
from .state import State
from .wording import why_halted

__all__ = ["act_on"]


def act_on(conclusions: Conclusions, state: State, item: PersonActed, effects: Effects) -> None:
    """Do in a partition what a person has said."""
    match item.verb:
        case "halt":
            state.halted, state.halted_at = why_halted(by=item.by, why=item.why), state.now
            conclusions.reassess(state, sorted(state.held), effects)
        case "resume":
            state.halted, state.resumed_at = "", state.now
            conclusions.reassess(state, sorted(state.held), effects)
        case "set_mode":
            state.mode = item.mode
            conclusions.reassess(state, sorted(state.held), effects)
        case "approve" | "reject":
            answer(state, item, effects)
        case "mute" | "unmute":
            mute(state, item)
            conclusions.reassess(state, sorted(state.held), effects)
        case "merge" | "unmerge":
            concerned = merge(state, item) if item.verb == "merge" else unmerge(state, item)
            effects.issues.update({held.issue.id: held.issue for held in concerned})
            effects.merged = item
            conclusions.reassess(state, [(h.issue.kind, h.issue.key) for h in concerned], effects)
        case "release_rule":
            why = f"by {item.by}, {item.why}" if item.why else f"by {item.by}"
            release(conclusions, state, (item.target,), why, effects)
        case "resolve":
            for slot, held in sorted(state.held.items()):
                if held.issue.id == item.target and held.issue.status is not IssueStatus.RESOLVED:
                    held.closed_by = item.by
                    conclusions.reassess(state, [slot], effects)
