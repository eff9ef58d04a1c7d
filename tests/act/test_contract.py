"""The shipped actuators keep the contract of the port."""

from __future__ import annotations

import io

import pytest

from migro.act import ConsoleActuator, RecordingActuator
from migro.ports import Actuator
from migro.testing import ActuatorContract


class TestRecording(ActuatorContract):
    @pytest.fixture
    def actuator(self) -> RecordingActuator:
        return RecordingActuator(["notify", "tag"])

    def effects(self, actuator: Actuator) -> int:
        assert isinstance(actuator, RecordingActuator)
        return len(actuator.actions)


class TestConsole(ActuatorContract):
    @pytest.fixture
    def stream(self) -> io.StringIO:
        return io.StringIO()

    @pytest.fixture
    def actuator(self, stream: io.StringIO) -> ConsoleActuator:
        self.stream_seen = stream
        return ConsoleActuator(stream, kinds=["notify"])

    def effects(self, actuator: Actuator) -> int:
        return len(self.stream_seen.getvalue().splitlines())
