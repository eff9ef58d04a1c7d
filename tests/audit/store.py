"""A store with something of everything in it, written by the port alone: what an audit has to hold for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from migro.models import (
    Action,
    ActionStatus,
    Decision,
    Disposition,
    Input,
    Issue,
    IssueChanged,
    IssueStatus,
    PersonActed,
    Signal,
    SignalReceived,
    SignalWithdrawn,
    Snapshot,
    StepRecord,
    Tick,
    TimerFired,
)
from migro.ports import Memory
from migro.testing import START, sample_action, sample_decision, sample_issue, sample_signal

PLATFORM = "platform"


def partition_name(number: int) -> str:
    return f"merchant:m_{number:03}"


def after(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


class Shop:
    """Fills the partition of one merchant, in blocks of ten inputs that hold one of each kind."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.name = partition_name(number)

    def signal(self, seq: int) -> Signal:
        return sample_signal(1000 * self.number + seq, merchant=self.name, received_at=after(seq))

    def issue(self, seq: int, **fields: Any) -> Issue:
        return sample_issue(f"iss_{self.number}_{seq}", merchant=self.name, **fields)

    def action(self, seq: int, n: int, **fields: Any) -> Action:
        return sample_action(
            f"act_{self.number}_{seq}_{n}",
            partition=self.name,
            issue=f"iss_{self.number}_{seq}",
            decision=f"dec_{self.number}_{seq}",
            **fields,
        )

    def decision(self, seq: int, prefix: str = "dec", **fields: Any) -> Decision:
        decision = f"{prefix}_{self.number}_{seq}"
        return sample_decision(decision, partition=self.name, issue=self.issue(seq), actions=(), **fields)

    def input(self, seq: int) -> Input:
        at = after(seq)
        match seq % 10:
            case 6:
                return Tick(at=at)
            case 7:
                return PersonActed(at=at, verb="halt", by="on call", why=f"number {seq}")
            case 8:
                return SignalReceived(at=at, signal=self.signal(seq - 7))
            case 9:
                return SignalWithdrawn(at=at, signal=self.signal(seq - 6).id, by="desk", reason="a wrong import")
            case _:
                return SignalReceived(at=at, signal=self.signal(seq))

    def step(self, seq: int) -> StepRecord:
        item = self.input(seq)
        about = item.signal.id if isinstance(item, SignalReceived) else ""
        fields: dict[str, Any] = {"seq": seq, "due": after(seq + 600)}
        if seq % 10 == 0:
            fields["snapshots"] = (self.snapshot(seq),)
        match seq % 10:
            case 1:
                issue = self.issue(seq)
                decision = self.decision(seq)
                return StepRecord(
                    **fields,
                    disposition=Disposition(signal=about, name="opened", reason="evidence", issues=(issue.id,)),
                    issues=(issue,),
                    decisions=(decision,),
                    actions=(self.action(seq, 1), self.action(seq, 2, status=ActionStatus.WAITING)),
                    shadow=(self.decision(seq, "shadow", because="a candidate says so"),),
                    emitted=self.emitted(IssueChanged(at=item.at, issue=issue, decision=decision.id)),
                )
            case 2:
                issue = self.issue(seq - 1, signals=2)
                return StepRecord(
                    **fields,
                    disposition=Disposition(signal=about, name="merged", reason="evidence", issues=(issue.id,)),
                    issues=(issue,),
                    actions=(self.action(seq - 1, 1, status=ActionStatus.SUCCEEDED),),
                )
            case 4:
                # An offer that comes too late: the action has come further, and stays as it is.
                return StepRecord(
                    **fields,
                    disposition=Disposition(signal=about, name="suppressed", reason="maintenance"),
                    actions=(self.action(seq - 3, 1, note="too late"),),
                )
            case 6:
                fired = TimerFired(what="rule", name="silence", key=(self.name,), deadline=after(seq - 1), late_by=7)
                issue = self.issue(seq - 5, status=IssueStatus.RESOLVED)
                return StepRecord(**fields, timers=(fired,), issues=(issue,))
            case 7:
                return StepRecord(**fields)
            case 8:
                return StepRecord(
                    **fields, disposition=Disposition(signal=about, name="dropped", reason="a second delivery")
                )
            case 9:
                assert isinstance(item, SignalWithdrawn)
                return StepRecord(
                    **fields, disposition=Disposition(signal=item.signal, name="withdrawn", reason="as asked")
                )
            case _:
                return StepRecord(
                    **fields, disposition=Disposition(signal=about, name="recorded", reason="nothing to conclude")
                )

    def emitted(self, item: IssueChanged) -> tuple[tuple[str, IssueChanged], ...]:
        """What the platform hears: of a few merchants, or its partition would outgrow all others."""
        return ((PLATFORM, item),) if self.number % 4 == 1 else ()

    def snapshot(self, seq: int) -> Snapshot:
        data = f'{{"partition":"{self.name}","seq":{seq}}}'.encode()
        return Snapshot(partition=self.name, seq=seq, ruleset="r" * 64, policy="p" * 64, data=data)

    def fill(self, memory: Memory, inputs: int, pending: int = 3) -> None:
        """Store inputs, and steps for all but the last."""
        numbers = range(1, inputs + 1)
        memory.accept(self.name, [self.input(seq) for seq in numbers])
        memory.commit(self.name, 0, [self.step(seq) for seq in numbers[: inputs - pending]])


def fill(memory: Memory, *, shops: int, inputs: int) -> list[str]:
    """Store the partitions of several merchants, and let the platform consume what they emitted; return all names."""
    for number in range(1, shops + 1):
        Shop(number).fill(memory, inputs)
    arrived = [e.seq for e in memory.load(PLATFORM)]
    memory.commit(PLATFORM, 0, [StepRecord(seq=seq) for seq in arrived])
    return [*(partition_name(n) for n in range(1, shops + 1)), PLATFORM]
