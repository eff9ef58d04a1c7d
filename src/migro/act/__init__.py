"""
Actuators: hands that carry out what policy let through, behind the port `migro.ports.Actuator`.

Those that talk to somebody lie in modules of their own, imported by who wants them: `migro.act.mail`, `http`, `slack`,
`zendesk` and so on.
"""

from .actor import Actor
from .console import ConsoleActuator
from .diagnostics import Diagnostics
from .messages import Message, composed
from .recording import RecordingActuator
from .retrying import Retrying
from .routing import ByRole

__all__ = [
    "Actor",
    "ByRole",
    "ConsoleActuator",
    "Diagnostics",
    "Message",
    "RecordingActuator",
    "Retrying",
    "composed",
]
