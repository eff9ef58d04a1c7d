"""Making a case that breaks a law smaller, as long as it breaks the same one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from .cases import Case
from .mutation import opened, written

__all__ = ["reduced"]

Keeps = Callable[[Case], bool]


def reduced(case: Case, keeps: Keeps, *, attempts: int = 600) -> Case:
    """
    Return a smaller case that `keeps` holds for, tried by leaving out headers, parts of the JSON, and bytes.

    Args:
        case: A case that `keeps` holds for.
        keeps: Whether a case still shows what it is about.
        attempts: How many smaller ones are tried.
    """
    left = [attempts]

    def better(smaller: Case) -> bool:
        left[0] -= 1
        return left[0] > 0 and keeps(smaller)

    for name in list(case.headers):
        smaller = attrs.evolve(case, headers={n: v for n, v in case.headers.items() if n != name})
        if better(smaller):
            case = smaller
    case = _without_members(case, better)
    return _without_bytes(case, better)


def _without_members(case: Case, better: Keeps) -> Case:
    tree = opened(case.body)
    path: list[Any] = []
    while tree is not None and (found := _next(tree, path)) is not None:
        holder, key, path = found
        taken = holder.pop(key)
        smaller = attrs.evolve(case, body=written(tree).encode("utf-8", "surrogatepass"))
        if better(smaller):
            case, path = smaller, path[:-1]  # what stands in its place now comes next
            continue
        if isinstance(holder, list):
            holder.insert(key, taken)
        else:
            # Put back at its old place, or the order of the others would change below our hands.
            members = list(holder.items())
            holder.clear()
            place = path[-1]
            holder.update([*members[:place], (key, taken), *members[place:]])
        path = [*path[:-1], path[-1] + 1]
        if isinstance(taken, dict | list) and taken:
            path = [*path[:-1], path[-1] - 1, 0]
    return case


def _next(tree: Any, path: list[int]) -> tuple[Any, Any, list[int]] | None:
    """Return the container, key and path of the first member at or behind a path of ordinals."""
    path = path or [0]
    while path:
        holder = tree
        for step in path[:-1]:
            holder = list(holder.values())[step] if isinstance(holder, dict) else holder[step]
        if isinstance(holder, dict | list) and path[-1] < len(holder):
            key = list(holder)[path[-1]] if isinstance(holder, dict) else path[-1]
            return holder, key, path
        path = path[:-1]
        if path:
            path = [*path[:-1], path[-1] + 1]
    return None


def _without_bytes(case: Case, better: Keeps) -> Case:
    size = max(len(case.body) // 2, 1)
    while size:
        start = 0
        while start < len(case.body):
            smaller = attrs.evolve(case, body=case.body[:start] + case.body[start + size :])
            if better(smaller):
                case = smaller
            else:
                start += size
        size //= 2
    return case
