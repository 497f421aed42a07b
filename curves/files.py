"""Markets from files, and the schemas of every file up to this room."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curves.market import Market
from curves.scenarios.book import ScenarioFile
from curves.scenarios.scenario import Scenario
from curves.scenarios.tables import scenario_table, scenarios_from_table
from instruments.files import deals
from instruments.files.first_reading import check_readable
from instruments.files.loading import load_model, model_from_text
from instruments.files.reading import LIMIT_MB
from instruments.files.source import Language
from instruments.files.writing import save
from instruments.ground.errors import FileError
from instruments.ground.messages import problem, shown
from instruments.ground.schemas import model_schema

if TYPE_CHECKING:
    import polars as pl

TABLES = (".csv", ".parquet")
"""Suffixes of scenarios as a table."""


def load_market(path: str | os.PathLike[str]) -> Market:
    """The market in a .toml or .json file, or in the `market.toml` of a folder.

    Raises:
        FileError: the file cannot be read, or is not TOML or JSON.
        InputError: a quote is missing, unknown, of the wrong type or out of range; one line for each problem, with file, line, path,
            value, what is allowed and what to do.
    """
    return load_model(path, Market, kind="market")


def load_scenarios(path: str | os.PathLike[str]) -> tuple[Scenario, ...]:
    """The scenarios in a .toml or .json file, or in a table: .csv or .parquet with the columns of `scenario_table`.

    Raises:
        FileError, InputError: as `load_market`; a table as `scenarios_from_table`.
    """
    place = Path(path)
    if place.suffix in TABLES:
        return scenarios_from_table(_table(place))
    return load_model(path, ScenarioFile, kind="scenarios").scenarios


def save_scenarios(scenarios: Iterable[Scenario], path: str | os.PathLike[str]) -> Path:
    """Write scenarios to a .toml or .json file, or a .csv or .parquet table, from which `load_scenarios` gives equal ones.

    Raises:
        FileError: another suffix, or the file cannot be written.
    """
    place = Path(path)
    if place.suffix not in TABLES:
        return save(ScenarioFile(scenarios=tuple(scenarios)), path)
    table = scenario_table(scenarios)
    try:
        table.write_csv(place) if place.suffix == ".csv" else table.write_parquet(place)
    except OSError as error:
        raise FileError(problem("file_unwritable", subject=str(place), why=error.strerror or str(error))) from error
    return place


def _table(place: Path) -> pl.DataFrame:
    """A file as a frame, a CSV file as text."""
    import polars as pl

    if not place.is_file():
        raise FileError(problem("file_missing", subject=str(place), expected="scenarios.toml"))
    if place.stat().st_size > LIMIT_MB * 1_000_000:
        raise FileError(problem("file_too_large", subject=str(place), limit_mb=LIMIT_MB))
    try:
        if place.suffix == ".csv":
            return pl.read_csv(place, infer_schema=False)
        check_readable(place)
        return pl.read_parquet(place)
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise FileError(problem("file_unreadable", subject=str(place), why=shown(str(error)))) from error


def market_from_text(text: str, *, language: Language = "toml", file: str = "") -> Market:
    """The market in a text; `file` is what messages call it. Raises as `load_market`."""
    return model_from_text(text, Market, kind="market", language=language, file=file)


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind of file: 'deal' or 'market'. Raises `InputError` for another kind."""
    return model_schema(Market, "gpufin market") if kind == "market" else deals.schema_of(kind)
