"""Scenarios: market moves, paths over time and events as frozen data, and a small library with sources."""

from curves.scenarios.library import LIBRARY, standard_scenarios
from curves.scenarios.replay import PathPoint
from curves.scenarios.scenario import Move, Scenario, Step

__all__ = ["LIBRARY", "Move", "PathPoint", "Scenario", "Step", "standard_scenarios"]
