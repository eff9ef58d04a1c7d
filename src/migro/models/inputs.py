"""Inputs of the fold: everything that can change a decision arrives as one of these."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, Self, TypeVar, Union

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, model_validator

from .action import Action, ActionResult
from .canonical import content_id
from .explanation import Cause, Merged, many
from .issue import Issue
from .records import Record, UtcTime
from .scales import Outcome, RunMode, Severity
from .signal import Signal

__all__ = [
    "ActionDue",
    "ActionFinished",
    "ActionStarted",
    "CardShown",
    "CauseChanged",
    "ConfigChanged",
    "ErasureRequested",
    "Input",
    "IssueChanged",
    "OpenIssue",
    "PersonActed",
    "SignalReceived",
    "SignalRelayed",
    "SignalWithdrawn",
    "Tick",
    "plain_name",
    "read_input",
    "read_input_json",
]

_LATER = ("until", "up_to", "into", "to")
"""Fields of what people say that older versions of migro did not have."""

_PSEUDONYM = re.compile(r"[a-z0-9_-]{12,64}")


_put: Final = object.__setattr__


class _Input(Record):
    """
    Attributes:
        format: Version of the record's form.
        at: When it reached the host; the fold's time never runs backwards, whatever this says.
    """

    format: Literal[1] = 1
    at: UtcTime

    @property
    def delivery_key(self) -> str | None:
        """Equal for a second delivery of the same input; None where every delivery counts."""
        return None


_Told = TypeVar("_Told", bound=_Input)


def _plain_signal(value: Any) -> Any:
    # Whatever class the host built: the journal keeps the one shape that every reader knows.
    if isinstance(value, Signal) and type(value) is not Signal:
        return Signal.from_data(value.model_dump(mode="json"))
    return value


_SAID: Final = {"at", "signal"}


def _valid(cls: type[_Told], fields: dict[str, Any]) -> _Told:
    """Return an input of valid fields, as a copy is made: nobody validates what has been validated."""
    made = cls.__new__(cls)
    _put(made, "__dict__", fields)
    # Nobody changes the set of a frozen model; who copies one, copies it.
    _put(made, "__pydantic_fields_set__", _SAID)
    _put(made, "__pydantic_extra__", None)
    _put(made, "__pydantic_private__", None)
    return made


class SignalReceived(_Input):
    """A signal was accepted. `duplicate_of` is the sequence number of the first delivery, set by the memory."""

    input: Literal["signal_received"] = "signal_received"
    signal: Annotated[Signal, BeforeValidator(_plain_signal)]
    duplicate_of: int | None = None

    @classmethod
    def of(cls, signal: Signal) -> Self:
        """Return that a signal was accepted when it was received, by a shorter way for a plain one: that is valid."""
        if type(signal) is not Signal or signal.received_at.tzinfo is not UTC:
            return cls(at=signal.received_at, signal=signal)
        told = {"format": 1, "at": signal.received_at, "input": "signal_received", "signal": signal}
        return _valid(cls, {**told, "duplicate_of": None})

    @property
    def delivery_key(self) -> str | None:
        return self.signal.id


class Tick(_Input):
    """Time passed."""

    input: Literal["tick"] = "tick"


def _nothing(value: object) -> bool:
    return not value


def _unsaid(value: object) -> bool:
    return value is None


class ActionDue(_Input):
    """
    A dispatcher asks whether a planned action may still start.

    Attributes:
        key: Its idempotency key.
        action: The action itself, where the platform is asked about limits that all merchants share.
        refused: Why the platform says that it may not; empty where it may, or was not asked.
        budget, beyond, until: The limit that it would go beyond, what is allowed all the same, and until when.
    """

    input: Literal["action_due"] = "action_due"
    key: str
    action: Action | None = Field(default=None, exclude_if=_nothing)
    refused: str = Field(default="", exclude_if=_nothing)
    budget: str = Field(default="", exclude_if=_nothing)
    beyond: Outcome | None = Field(default=None, exclude_if=_unsaid)
    until: UtcTime | None = Field(default=None, exclude_if=_nothing)


class ActionStarted(_Input):
    """
    A dispatcher is about to execute an action.

    Attributes:
        key: Its idempotency key.
        action: The action itself: other rules may have made none of it, and budgets have to know what was done.
    """

    input: Literal["action_started"] = "action_started"
    key: str
    action: Action | None = Field(default=None, exclude_if=_nothing)


class ActionFinished(_Input):
    """What became of an action."""

    input: Literal["action_finished"] = "action_finished"
    key: str
    result: ActionResult

    @property
    def delivery_key(self) -> str | None:
        return content_id("in", self.input, self.key, self.result.model_dump())


class CardShown(_Input):
    """
    The card of an action that waits is put in front of people, or taken away again; no decision depends on it.

    Attributes:
        card: Id of the card: of an action as it was bound.
        key: Idempotency key of the action.
        since: When it began to wait: what waits again is asked about again.
        role: Who is asked.
        state: `asked` before it is posted, `shown` when it stands, `settled` when there is nothing to answer any more.
        shows: Equal for equal words on it; empty before it stands.
        where: Where it stands, in the words of whoever posted it; empty before that.
    """

    input: Literal["card_shown"] = "card_shown"
    card: str
    key: str
    since: UtcTime
    role: str
    state: Literal["asked", "shown", "settled"]
    shows: str = ""
    where: str = ""


def plain_name(name: str) -> str:
    """Return a name in the one spelling that looks like it: composed, without invisible signs, single blanks."""
    composed = unicodedata.normalize("NFKC", name)
    return " ".join("".join(c for c in composed if unicodedata.category(c) != "Cf").split())


def _somebody(name: str) -> str:
    name = plain_name(name)
    if not name:
        raise ValueError("expected who did it, got nothing")
    if not name.isprintable() or ", " in name:
        # Names stand in lists with commas between, and on other people's terminals.
        raise ValueError(f"expected one name without control characters and commas, got {name!r}")
    return name


def _something(why: str) -> str:
    why = " ".join(why.split())
    if not why:
        raise ValueError("expected why, got nothing")
    return why


class SignalWithdrawn(_Input):
    """
    A person took a signal back: a wrong import, an event that its sender corrected.

    Attributes:
        signal: Its id.
        by: Role or name of the person.
        reason: Why, for everybody who reads a decision that changed by it.
        received_at: When the signal had come in, as the journal has it; None where the journal does not have it.
    """

    input: Literal["signal_withdrawn"] = "signal_withdrawn"
    signal: str
    by: Annotated[str, AfterValidator(_somebody)]
    reason: Annotated[str, AfterValidator(_something)]
    received_at: UtcTime | None = None

    @property
    def delivery_key(self) -> str | None:
        # Without the time: a host that asks once more because it heard no answer means the same withdrawal.
        return content_id("in", self.input, self.signal, self.by.casefold(), self.reason)


class PersonActed(_Input):
    """
    A person did something.

    Attributes:
        verb: `approve` or `reject` an action, `resolve` an issue, `mute` an issue or a kind of issues or `unmute` it,
            `merge` an issue into another or `unmerge` it, `acknowledge` an issue, which says that somebody looks at it,
            or `assign` it to a person, `resume` or `halt` automation, `set_mode`, or `release_rule`, which lets a rule
            be judged again that was left out because its predicates kept raising.
        by: Role or name of the person; spellings that differ in case, blanks or invisible signs are one person.
        into: For `merge`: id of the issue that the target counts to.
        target: Idempotency key of the action, id of the issue or of the rule, name of the kind of issues; empty for the
            other verbs.
        binding: What the person saw; an approval of anything else does not count.
        mode: For `set_mode`: automation goes no further than this and than the policy's mode.
        to: For `assign`: the person who takes it on.
        until: For `mute`: when it ends, which it has to.
        up_to: For `mute`: the worst severity that it covers; None for how bad the issue is then, and SEV3 for a kind.
    """

    input: Literal["person_acted"] = "person_acted"
    verb: Literal[
        "approve",
        "reject",
        "resolve",
        "mute",
        "unmute",
        "merge",
        "unmerge",
        "resume",
        "halt",
        "set_mode",
        "release_rule",
        "acknowledge",
        "assign",
    ]
    by: Annotated[str, AfterValidator(_somebody)]
    target: str = ""
    binding: str = ""
    why: str = ""
    mode: RunMode | None = None
    until: UtcTime | None = None
    up_to: Severity | None = None
    into: str | None = None
    to: Annotated[str, AfterValidator(_somebody)] | None = None

    @model_validator(mode="after")
    def _mute_ends(self) -> Self:
        if self.verb == "mute" and (self.until is None or not self.target):
            raise ValueError("expected a mute with a target and a time at which it ends, got one without")
        if self.verb == "merge" and (not self.target or not self.into or self.target == self.into):
            raise ValueError("expected a merge of one issue into another, got less than two")
        if self.verb in ("merge", "unmerge") and not self.why.strip():
            raise ValueError(f"expected why, for a {self.verb}, got nothing")
        if self.verb == "assign" and not (self.target and self.to and self.to.strip()):
            raise ValueError("expected an issue and to whom it is assigned, got less")
        return self

    @property
    def delivery_key(self) -> str | None:
        told = self.model_dump()
        # As before there were these, for whoever repeats what an older version has heard.
        return content_id("in", {n: v for n, v in told.items() if n not in _LATER or v is not None})


class IssueChanged(_Input):
    """
    An issue of a merchant changed; the platform partition folds these.

    Attributes:
        own_cause: Whether it is known to be a consequence of something at the merchant itself.
        resting: Whether a declared maintenance or a mute covers it.
        began: When it was opened, last; None where the partition does not say.
        platform: The commerce platform that the merchant is on, as the host or the deliveries say.
        parties: Parties outside that its evidence names, such as a payment provider or a content network.
    """

    input: Literal["issue_changed"] = "issue_changed"
    issue: Issue
    decision: str
    own_cause: bool = False
    resting: bool = False
    began: UtcTime | None = None
    platform: str | None = None
    parties: Annotated[tuple[str, ...], BeforeValidator(many)] = ()

    @property
    def delivery_key(self) -> str | None:
        return content_id("in", self.input, self.decision)


class CauseChanged(_Input):
    """
    What the platform knows about an issue of many merchants, for one whose issue is a consequence of it.

    Attributes:
        issue: The platform's issue.
        decision: Its decision that this is told by.
        began: When that issue was opened, last.
        shared: What the merchant has in common with the others, in words such as ``platform shopify``.
    """

    input: Literal["cause_changed"] = "cause_changed"
    issue: Issue
    decision: str
    began: UtcTime
    shared: Annotated[tuple[str, ...], BeforeValidator(many)]

    @property
    def delivery_key(self) -> str | None:
        return content_id("in", self.input, self.decision)


class SignalRelayed(_Input):
    """A signal that rules of the platform read as well, as a merchant's partition has taken it in."""

    input: Literal["signal_relayed"] = "signal_relayed"
    signal: Annotated[Signal, BeforeValidator(_plain_signal)]

    @classmethod
    def of(cls, signal: Signal, at: datetime) -> Self:
        """Return that a signal was relayed at a time in UTC, by a shorter way for a plain one: that is valid."""
        if type(signal) is not Signal:
            return cls(at=at, signal=signal)
        return _valid(cls, {"format": 1, "at": at, "input": "signal_relayed", "signal": signal})

    @property
    def delivery_key(self) -> str | None:
        return content_id("in", self.input, self.signal.id)


class OpenIssue(Record):
    """
    An issue as the records have it when other rules come into force: it goes on under them.

    Attributes:
        issue: As last recorded; open, or resolved so shortly before that it may be reopened.
        actions: Every action about it so far, so that nothing is done again.
        closed_by: Who resolved it by hand; empty otherwise.
        cause: What it was known to be a consequence of.
        merged: The issue that a person counts it to.
    """

    issue: Issue
    actions: Annotated[tuple[Action, ...], BeforeValidator(many)] = ()
    closed_by: str = ""
    cause: Cause | None = None
    merged: Merged | None = None


class ConfigChanged(_Input):
    """
    Other rules, another policy or another mode are in force from here on.

    Attributes:
        carried: The issues that go on under them; what the new rules would have made of the past counts only for the
            evidence they look at, never for what was opened, told or done. None where nothing was there before.
        after: Number of the last input that had been consumed when `carried` was read.
    """

    input: Literal["config_changed"] = "config_changed"
    ruleset: str
    policy: str
    mode: RunMode
    carried: Annotated[tuple[OpenIssue, ...] | None, BeforeValidator(many)] = None
    after: int | None = None

    def counts(self, seq: int) -> bool:
        """Whether it comes into force at number `seq`: not where something was decided since `carried` was read."""
        return self.carried is None or self.after == seq - 1

    @property
    def fingerprint(self) -> str:
        """Equal for equal rules, policy and mode."""
        return _fingerprint(self.ruleset, self.policy, self.mode)


@lru_cache(maxsize=64)
def _fingerprint(ruleset: str, policy: str, mode: RunMode) -> str:
    return content_id("cfg", ruleset, policy, mode)  # of few, and every partition says it anew


def _long_enough(word: str) -> str:
    if not _PSEUDONYM.fullmatch(word):
        # Anything shorter might be a part of other words, and those would be damaged.
        raise ValueError(f"expected a pseudonym of 12 to 64 small letters, digits, '_' and '-', got {word!r}")
    return word


class ErasureRequested(_Input):
    """
    A person has to be forgotten: the pseudonym goes from everything stored for a merchant.

    Attributes:
        merchant: Whose shop; None for signals that name none.
        pseudonym: What stands for the person; the memory replaces it here as well.
        token: What stands in its place afterwards; made by chance, so nothing leads back.
        by, why: Who asked for it.
    """

    input: Literal["erasure_requested"] = "erasure_requested"
    merchant: str | None
    pseudonym: Annotated[str, AfterValidator(_long_enough)]
    token: Annotated[str, AfterValidator(_long_enough)]
    by: Annotated[str, AfterValidator(_somebody)]
    why: str = ""


Input = Annotated[
    Union[  # noqa: UP007  # a tagged union is clearest in this form
        SignalReceived,
        SignalWithdrawn,
        Tick,
        ActionDue,
        ActionStarted,
        ActionFinished,
        CardShown,
        PersonActed,
        IssueChanged,
        CauseChanged,
        SignalRelayed,
        ConfigChanged,
        ErasureRequested,
    ],
    Field(discriminator="input"),
]
"""The closed union of inputs."""

_READER: TypeAdapter[Input] = TypeAdapter(Input)

# Made once: making it for every line takes as long as reading a short one.
_DECODER = json.JSONDecoder(parse_float=Decimal)


def read_input(data: Any) -> Input:
    """
    Return the input that was written as `data`.

    Raises:
        pydantic.ValidationError: If it is none of the union, or in a newer format.
    """
    return _READER.validate_python(data)


def read_input_json(text: str) -> Input:
    """
    Return the input that was written as a line of JSON.

    Raises:
        pydantic.ValidationError: If it is none of the union, or in a newer format.
        ValueError: If it is no JSON, or has too many levels.
    """
    try:
        return read_input(_DECODER.decode(text))
    except RecursionError:
        raise ValueError("too many levels") from None
