"""Scenarios: market moves, paths over time and events as frozen data, and a small library with sources."""

from curves.scenarios.launching import with_early_launch
from curves.scenarios.replay import PathPoint
from curves.scenarios.scenario import Move, Scenario, Step
from curves.scenarios.tables import scenario_table, scenarios_from_table
from curves.scenarios.templates import Template, library, standard_scenarios

__all__ = [
    "Move",
    "PathPoint",
    "Scenario",
    "Step",
    "Template",
    "library",
    "scenario_table",
    "scenarios_from_table",
    "standard_scenarios",
    "with_early_launch",
]
