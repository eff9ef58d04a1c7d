"""One server for each module of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.poll.platform import Platform, listening
from tests.poll.shop import hang_up


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Platform, str]]:
    platform = Platform()
    with listening(platform) as address:
        yield platform, address
        hang_up()


@pytest.fixture
def platform(served: tuple[Platform, str]) -> Platform:
    served[0].reset()
    return served[0]


@pytest.fixture
def address(served: tuple[Platform, str]) -> str:
    return served[1]
