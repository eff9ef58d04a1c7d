"""The desk keeps the contract of an actuator, also across a restart."""

from __future__ import annotations

from pathlib import Path

import pytest
from migro_returns.desk import Desk, make_desk

from migro import Actuator
from migro.testing import ActuatorContract, sample_action


class TestDesk(ActuatorContract):
    @pytest.fixture
    def actuator(self, tmp_path: Path) -> Desk:
        self.path = tmp_path / "desk.log"
        return make_desk({"path": str(self.path)})

    def effects(self, actuator: Actuator) -> int:
        return len(self.path.read_text("utf-8").splitlines()) if self.path.exists() else 0

    def test_a_restart_writes_no_line_twice(self, actuator: Desk) -> None:
        action = sample_action("act_1", kind="notify_returns_desk")
        actuator.execute(action)

        assert Desk(self.path).execute(action).detail == "was written before"
        assert self.effects(actuator) == 1

    def test_a_file_that_cannot_be_written_is_a_failed_action(self, tmp_path: Path) -> None:
        result = Desk(tmp_path / "nowhere" / "desk.log").execute(sample_action())

        assert (result.status, result.detail) == ("failed", "cannot write: No such file or directory")


@pytest.mark.parametrize("settings", [{}, {"path": 1}, {"path": "a", "mode": "w"}])
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="expected `path` and nothing else"):
        make_desk(settings)
