"""
What runs in the guarded child: durable-rules, told what to do by lines of JSON, and nothing of migro.

Started as a program, with an interpreter of its own. Each request is one line, and so is each answer:

- ``{"do": "hello", "memory": BYTES}`` limits the memory, then loads the package;
- ``{"do": "register", "name": NAME, "rules": {RULE: [TOKEN, ...]}}`` makes a rule set;
- ``{"do": "run", "name": NAME, "facts": [[TOKEN, KEY, ID], ...]}`` asserts facts and answers with what fired; nothing
  of it is left afterwards.

A request carries ``seconds``: whoever hangs in C is ended by the system then, also when nobody is left to kill it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

__all__ = ["definition", "main"]


def definition(rules: dict[str, list[str]]) -> dict[str, Any]:
    """
    Return a rule set as durable-rules takes it.

    A rule is a list of conditions: each a fact with one premise's token, all of them about the key of the first.
    """
    return {
        name: {
            "all": [
                {f"c{place}": {"p": token} if place == 0 else {"$and": [{"p": token}, {"k": {"c0": "k"}}]}}
                for place, token in enumerate(tokens)
            ]
        }
        for name, tokens in rules.items()
    }


class _Engine:
    """The rule sets that are registered, and what has fired."""

    def __init__(self) -> None:
        from durable import engine  # type: ignore[import-not-found,unused-ignore]  # an extra, loaded in here alone

        class Quiet(engine.Host):  # type: ignore[misc,unused-ignore]  # untyped
            """A host without the timers of its own, which are threads."""

            def _run(self) -> None:
                return

        self._host = Quiet()
        self._fired: list[tuple[str, str]] = []

    def register(self, name: str, rules: dict[str, list[str]]) -> None:
        made = {rule: {**body, "run": self._note(rule)} for rule, body in definition(rules).items()}
        self._host.register_rulesets({name: made})

    def _note(self, rule: str) -> Any:
        def note(c: Any) -> None:
            self._fired.append((rule, c._m["c0"]["k"]))

        return note

    def run(self, name: str, facts: list[tuple[str, str, str]], seconds: float) -> list[tuple[str, str]]:
        """
        Return what fires on facts, found in a copy of this process, which ends with them.

        To retract facts would take less, but not after something has fired on them: of the facts of one firing, the
        second that is retracted is looked for beyond the end of an array, which now and then crashes.
        """
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            # No timer is inherited. Nothing of this process may run on in the copy, also where it raises.
            try:
                signal.setitimer(signal.ITIMER_REAL, seconds)
                os.close(reading)
                with os.fdopen(writing, "wb") as told:
                    told.write(json.dumps(self._judged(name, facts)).encode())
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as told:
            words = told.read()
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if status < 0:
            # As it would have ended without a copy: the host tells a crash and a hang apart by it.
            os.kill(os.getpid(), -status)
        answer = json.loads(words or b"[]")
        if isinstance(answer, str):
            raise RuntimeError(answer)
        return [(rule, key) for rule, key in answer]

    def _judged(self, name: str, facts: list[tuple[str, str, str]]) -> list[tuple[str, str]] | str:
        try:
            for token, key, id in facts:
                self._check(self._host.assert_fact(name, {"id": id, "p": token, "k": key}))
        except Exception as e:
            return f"{type(e).__name__}: {e}"
        return self._fired

    @staticmethod
    def _check(state: Any) -> None:
        # What an action raises ends up in the state, and nowhere else.
        if isinstance(state, dict) and state.get("exception"):
            raise RuntimeError(str(state["exception"]))


def _limit(memory: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Answer requests until there are no more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)  # whatever else is printed, also by C, is no answer
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    engine: _Engine | None = None
    for line in sys.stdin:
        request = json.loads(line)
        signal.setitimer(signal.ITIMER_REAL, float(request["seconds"]))
        answer: dict[str, Any] = {}
        try:
            match request["do"]:
                case "hello":
                    _limit(request["memory"])
                    engine = _Engine()
                case "register" if engine is not None:
                    engine.register(request["name"], request["rules"])
                case "run" if engine is not None:
                    answer["fired"] = engine.run(request["name"], request["facts"], request["seconds"])
                case other:
                    raise RuntimeError(f"no such request: {other!r}")
        except Exception as e:
            answer = {"error": f"{type(e).__name__}: {e}"[:500]}
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
