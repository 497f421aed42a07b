"""A file of scenarios: what `gpufin stress --scenarios FILE` reads."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from curves.scenarios.scenario import Scenario
from instruments.ground.base import Many, Terms


class ScenarioFile(Terms):
    """Scenarios, in the order in which they are tried."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    """Version of the file format."""
    scenarios: Annotated[Many[Scenario], Field(min_length=1)]
    """The scenarios."""
