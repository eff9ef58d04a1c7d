"""One server for each module of tests, that answers as the case at hand has it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest

from tests.act.cases import World, honouring
from tests.act.receiver import Receiver, receiving

with warnings.catch_warnings():
    # A plugin of it imports a module that Python 3.13 does not have any more; earlier ones warn.
    warnings.simplefilter("ignore", DeprecationWarning)
    import apprise
    import apprise.plugins.email  # noqa: F401


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    receiver = Receiver(honouring)
    with receiving(receiver) as address:
        yield World(receiver, address)
