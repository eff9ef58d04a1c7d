"""The contract of `migro.ports.Leases` as tests."""

from __future__ import annotations

from ..ports import Leases
from .trials import at_once

__all__ = ["LeasesContract"]

_LONG = 3600


class LeasesContract:
    """
    Tests that all leases pass; a subclass gives a pytest fixture `leases`, with none taken for each test.
    """

    def test_it_keeps_the_leases_port(self, leases: Leases) -> None:
        assert isinstance(leases, Leases)

    def test_a_free_lease_is_anybodys(self, leases: Leases) -> None:
        assert leases.acquire("m", "a", _LONG)
        assert leases.acquire("n", "b", _LONG)

    def test_a_lease_has_one_holder(self, leases: Leases) -> None:
        leases.acquire("m", "a", _LONG)

        assert not leases.acquire("m", "b", _LONG)
        assert not leases.acquire("m", "b", 0)

    def test_its_holder_renews_it(self, leases: Leases) -> None:
        leases.acquire("m", "a", 0)

        assert leases.acquire("m", "a", _LONG)
        assert not leases.acquire("m", "b", _LONG)

    def test_a_lease_that_is_over_is_anybodys(self, leases: Leases) -> None:
        leases.acquire("m", "a", 0)

        assert leases.acquire("m", "b", _LONG)
        assert not leases.acquire("m", "a", _LONG)

    def test_a_lease_that_is_given_back_is_anybodys(self, leases: Leases) -> None:
        leases.acquire("m", "a", _LONG)
        leases.release("m", "a")

        assert leases.acquire("m", "b", _LONG)

    def test_nobody_gives_back_what_is_somebody_elses(self, leases: Leases) -> None:
        leases.acquire("m", "a", _LONG)
        leases.release("m", "b")
        leases.release("n", "a")

        assert not leases.acquire("m", "b", _LONG)

    def test_of_many_threads_one_gets_it(self, leases: Leases) -> None:
        got: list[str] = []

        def work(worker: int) -> None:
            got.extend(name for name in map(str, range(50)) if leases.acquire(name, f"w{worker}", _LONG))

        at_once(work)
        assert sorted(got) == sorted(map(str, range(50)))
