"""Markets from files, and the schemas of every file up to this room."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from curves.market import Market
from curves.scenarios.book import ScenarioFile
from curves.scenarios.scenario import Scenario
from instruments.files import deals
from instruments.files.loading import load_model, model_from_text
from instruments.files.schemas import model_schema
from instruments.files.source import Language
from instruments.files.writing import save


def load_market(path: str | os.PathLike[str]) -> Market:
    """The market in a .toml or .json file, or in the `market.toml` of a folder.

    Raises:
        FileError: the file cannot be read, or is not TOML or JSON.
        InputError: a quote is missing, unknown, of the wrong type or out of range; one line for each problem, with file, line, path,
            value, what is allowed and what to do.
    """
    return load_model(path, Market, kind="market")


def load_scenarios(path: str | os.PathLike[str]) -> tuple[Scenario, ...]:
    """The scenarios in a .toml or .json file. Raises as `load_market`."""
    return load_model(path, ScenarioFile, kind="scenarios").scenarios


def save_scenarios(scenarios: Iterable[Scenario], path: str | os.PathLike[str]) -> Path:
    """Write scenarios to a .toml or .json file from which `load_scenarios` gives equal ones: stored once, replayed at will.

    Raises:
        FileError: another suffix, or the file cannot be written.
    """
    return save(ScenarioFile(scenarios=tuple(scenarios)), path)


def market_from_text(text: str, *, language: Language = "toml", file: str = "") -> Market:
    """The market in a text; `file` is what messages call it. Raises as `load_market`."""
    return model_from_text(text, Market, kind="market", language=language, file=file)


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind of file: 'deal' or 'market'. Raises `InputError` for another kind."""
    return model_schema(Market, "gpufin market") if kind == "market" else deals.schema_of(kind)
