"""Scenarios: market moves and events as frozen data, and a small library of stated ones."""

from curves.scenarios.library import LIBRARY, standard_scenarios
from curves.scenarios.scenario import Move, Scenario

__all__ = ["LIBRARY", "Move", "Scenario", "standard_scenarios"]
