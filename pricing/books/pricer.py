"""`price_book`: validate columns, price the lane in one call and the rest through the engines, keep every bad row with its reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import polars as pl

from curves import Market, Scenario, market_warnings
from instruments.conditions import AllOf, Leg, MilestoneReached, PriceTarget
from instruments.contracts.warrant import Tranche, Warrant
from instruments.deal import Deal, Milestone, Party
from instruments.ground.errors import BatchError, GpufinError, InputError, Problem
from instruments.ground.messages import problem
from instruments.observations import Close, Touch
from pricing.api import fingerprint, price
from pricing.books.frame import RowFailure, checked_book, read_book
from pricing.books.lane import in_lane, lane_values
from pricing.paths.streams import blocks_for, check_seed, workers
from pricing.registry import DEFAULT_PATHS
from pricing.results import document_json

RESULT_COLUMNS = ("row", "id", "scenario", "date", "measure", "probability", "value", "unit", "standard_error", "error_note", "method")
SCHEMA: pl.Schema = pl.Schema(
    {name: pl.String for name in RESULT_COLUMNS}
    | {
        "row": pl.Int64,
        "value": pl.Float64,
        "standard_error": pl.Float64,
        "date": pl.Date,
    }
)
FAILURE_SCHEMA: dict[str, type[pl.DataType]] = {
    "row": pl.Int64,
    "id": pl.String,
    "reason": pl.String,
    "field": pl.String,
    "value": pl.String,
    "allowed": pl.String,
    "remedy": pl.String,
}


@dataclass(frozen=True)
class BookResult:
    """What `price_book` returns: a frame of values, a frame of failures. Every row of the book is in exactly one of them."""

    results: pl.DataFrame
    failures: pl.DataFrame
    warnings: tuple[str, ...] = ()
    audit: dict[str, Any] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """Sum of the values of the base case, in row order."""
        base = self.results.filter(pl.col("scenario") == "base")
        return float(sum(base["value"].to_list()))

    def to_json(self) -> str:
        """The JSON of the command line."""
        return document_json(
            audit=self.audit, results=self.results.to_dicts(), warnings=list(self.warnings), failures=self.failures.to_dicts()
        )


def price_book(
    book: pl.DataFrame | str | PathLike[str],
    market: Market,
    *,
    scenarios: Iterable[Scenario] | None = None,
    executor: Executor | None = None,
    paths: int | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> BookResult:
    """Price a book of warrants, one a row.

    Args:
        book: a polars frame, or a .csv or .parquet file; columns in `pricing.books.frame.COLUMNS`.
        market: the snapshot.
        scenarios: priced after the base case; None prices the base case alone.
        executor: any `concurrent.futures.Executor` for the rows that need an engine; None prices them in this process.
        paths, seed, threads: as in `price`, for the rows that are simulated.

    Returns:
        A `BookResult`. A row that breaks a rule or cannot be priced is in `failures`, with its reason; a row
            that fails in one scenario fails whole.

    Raises:
        InputError: the file or its columns are unusable. BatchError: every row failed.
    """
    check_seed(seed)
    size = DEFAULT_PATHS if paths is None else paths
    blocks_for(size)
    workers(threads)
    frame = read_book(book)
    good, failures = checked_book(frame)
    good, more = _fits_market(good, market)
    failures += more
    tried = (Scenario(label="base"), *checked_scenarios(scenarios or ()))
    parts: list[pl.DataFrame] = []
    for scenario in tried:
        moved = scenario.apply(market)
        found, failed = _price_rows(good, moved, scenario.label, executor, (size, seed, threads))
        parts.append(found)
        failures += [failure for failure in failed if failure.row not in {known.row for known in failures}]
    lost = {failure.row for failure in failures}
    results = pl.concat(parts).filter(~pl.col("row").is_in(list(lost)))
    if frame.height and results.is_empty():
        raise BatchError(*[failure.problem for failure in failures], problem("all_failed", subject="book", count=frame.height))
    audit = {"market": fingerprint(market), "rows": frame.height, "seed": seed, "paths": size}
    return BookResult(results, _failure_frame(failures), market_warnings(market), audit)


def checked_scenarios(scenarios: Iterable[Scenario]) -> tuple[Scenario, ...]:
    """Scenarios of moves alone, each with a label of its own: a row of a book has no plan that an event could change."""
    found = tuple(scenarios)
    labels = ["base", *(scenario.label for scenario in found)]
    for scenario in found:
        if scenario.events:
            why = "a book knows no events"
            raise InputError(problem("unsupported", subject=scenario.label, field="events", why=why, remedy="use stress on a deal"))
        if labels.count(scenario.label) > 1:
            rule = "the label is taken ('base' is the unmoved market)"
            raise InputError(
                problem("broken_rule", subject="scenarios", field="label", value=scenario.label, rule=rule, remedy="rename it")
            )
    return found


def _fits_market(good: pl.DataFrame, market: Market) -> tuple[pl.DataFrame, list[RowFailure]]:
    """Rows whose share, milestone and expiry the market can serve."""
    failures: list[RowFailure] = []
    shares = [f"equity:{name}" for name in market.equity]
    for row, name, underlying, expiry, stone, planned in good.select(
        "row", "id", "underlying", "expiry", "milestone", "planned_delivery"
    ).iter_rows():
        subject = f"row {row}"
        if underlying not in shares:
            failures.append(
                RowFailure(
                    row, name, problem("missing_key", subject=subject, field="underlying", value=underlying, key=underlying, choices=shares)
                )
            )
        elif expiry <= market.as_of:
            rule = f"expiry must be after the market's date {market.as_of}"
            failures.append(
                RowFailure(
                    row, name, problem("broken_rule", subject=subject, field="expiry", value=str(expiry), rule=rule, remedy="drop the row")
                )
            )
        elif (stone is None) != (planned is None):
            rule = "milestone and planned_delivery go together"
            failures.append(
                RowFailure(row, name, problem("broken_rule", subject=subject, field="milestone", rule=rule, remedy="give both or none"))
            )
        elif planned is not None and planned <= market.as_of:
            rule = f"a delivery planned on or before the market's date {market.as_of} is overdue or done"
            remedy = "restate the plan, or leave both columns empty if it is delivered"
            failures.append(
                RowFailure(
                    row,
                    name,
                    problem("broken_rule", subject=subject, field="planned_delivery", value=str(planned), rule=rule, remedy=remedy),
                )
            )
        elif stone is not None and stone not in market.milestones:
            key = f"milestone:{stone}"
            have = [f"milestone:{item}" for item in market.milestones]
            failures.append(
                RowFailure(row, name, problem("missing_key", subject=subject, field="milestone", value=stone, key=key, choices=have))
            )
    lost = [failure.row for failure in failures]
    return good.filter(~pl.col("row").is_in(lost)), failures


def _price_rows(
    good: pl.DataFrame, market: Market, scenario: str, executor: Executor | None, how: tuple[int, int, int | None]
) -> tuple[pl.DataFrame, list[RowFailure]]:
    lane = in_lane(good, market)
    fast, slow = good.filter(lane), good.filter(~lane)
    rows: list[dict[str, Any]] = []
    failures: list[RowFailure] = []
    base = {"scenario": scenario, "date": market.as_of, "measure": "value", "probability": "pricing", "unit": "USD"}
    if fast.height:
        found = lane_values(fast, market)
        for row, name, value, note in zip(fast["row"], fast["id"], found.values, found.notes, strict=True):
            rows.append(
                base | {"row": row, "id": name, "value": float(value), "standard_error": None, "error_note": note, "method": "closed_form"}
            )
    items = [(record, market, how) for record in slow.to_dicts()]
    outcomes = executor.map(price_row, items) if executor is not None else map(price_row, items)
    for (record, _, _), outcome in zip(items, outcomes, strict=True):
        if isinstance(outcome, Problem):
            failures.append(RowFailure(record["row"], record["id"], outcome))
        else:
            value, error, note, method = outcome
            rows.append(
                base
                | {"row": record["row"], "id": record["id"], "value": value, "standard_error": error, "error_note": note, "method": method}
            )
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").sort("row"), failures


def price_row(item: tuple[dict[str, Any], Market, tuple[int, int, int | None]]) -> tuple[float, float | None, str | None, str] | Problem:
    """Price one row through the engines; a failure is a value. Module-level, so that process pools can send it."""
    record, market, (paths, seed, threads) = item
    try:
        valuation = price(deal_of(record, market.as_of), market, measures=("value",), paths=paths, seed=seed, threads=threads)
        row = valuation.row("value")
    except GpufinError as error:
        return error.problems[0]
    return valuation.value, row.standard_error, row.error_note, row.method or ""


def deal_of(record: dict[str, Any], as_of: dt.date) -> Deal:
    """One row as a deal of its own."""
    legs: list[Leg] = []
    milestones: dict[str, Milestone] = {}
    if record["target_usd"] is not None:
        observation = Touch() if (record["observation"] or "touch") == "touch" else Close()
        legs.append(PriceTarget(of=record["underlying"], at_least=record["target_usd"], observation=observation))
    if record["milestone"] is not None:
        milestones[record["milestone"]] = Milestone(unit="delivery", plan={record["planned_delivery"]: 1.0})
        legs.append(MilestoneReached(milestone=record["milestone"], at_least=1.0))
    warrant = Warrant(
        issuer="issuer",
        holder="holder",
        underlying=record["underlying"],
        shares=record["shares"],
        strike_usd=record["strike_usd"],
        expiry=record["expiry"],
        tranches=(Tranche(shares=record["shares"], condition=AllOf(legs=tuple(legs))),),
    )
    parties = {"issuer": Party(equity=record["underlying"]), "holder": Party()}
    return Deal(id=record["id"], as_of=as_of, parties=parties, milestones=milestones, contracts={"warrant": warrant})


def _failure_frame(failures: list[RowFailure]) -> pl.DataFrame:
    rows = [
        (f.row, f.id, f.problem.reason.value, f.problem.field, f.problem.value, f.problem.allowed, f.problem.remedy)
        for f in sorted(failures, key=lambda item: item.row)
    ]
    return pl.DataFrame(rows, schema=FAILURE_SCHEMA, orient="row")
