"""Actuators: hands that carry out what policy let through, behind the port `migro.ports.Actuator`."""

from .console import ConsoleActuator
from .recording import RecordingActuator

__all__ = ["ConsoleActuator", "RecordingActuator"]
