"""CoreWeave's DDTL 4.0 through the scenario library: what goes first, who pays; then the mildest shock that hurts the lender.

`python examples/stress_your_deal/run.py [paths]`: a few minutes at 32,768 paths, less than one at 4,096.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

from curves import Market, Scenario, load_market, standard_scenarios
from instruments import Deal, load_deal
from instruments.ground.errors import GpufinError
from pricing import Ledger, simulate, stress
from pricing.scenario_events import after, default_scenarios

FOLDER = Path(__file__).resolve().parent.parent / "coreweave_ddtl4"
LOAN = "facility"
LIMIT = "lender.expected_loss_rate > 0.08"
FACTORS = ("rent:GB300", "credit:CRWV", "credit:META")
WHO = ("lenders", "coreweave")


def one(deal: Deal, market: Market, label: str, paths: int) -> dict[str, object]:
    """A scenario in one row: odds, what goes first, what the lender loses, present value of the cash of lender and operator, bn USD."""
    run = simulate(deal, market, measures=["value", "expected_loss_rate", "default_probability"], paths=paths)
    rows = {row.measure: row.value for row in run.rows if row.contract == LOAN and row.part is None}
    ledger = run.ledgers[LOAN]
    assert isinstance(ledger, Ledger)
    months = len(ledger.dates)
    default, breach = run.paths[f"{LOAN}.default_month"], run.paths[f"{LOAN}.first_breach_month"]
    called = default < months
    worth = dict(run.by_party.filter(pl.col("contract") == LOAN).select("party", "net_present_value").iter_rows())
    return {
        "scenario": label,
        "event of default": float(called.mean()),
        "coverage trips": float((breach < months).mean()),
        "and first": float((breach <= default)[called].mean()) if called.any() else None,
        "loss rate": rows.get("expected_loss_rate"),
        **{name: worth.get(name, 0.0) / 1e9 for name in WHO},
    }


def table(deal: Deal, market: Market, paths: int) -> pl.DataFrame:
    """Every scenario of the library, and every party's default, against the base."""
    found = []
    for scenario in (Scenario(label="base"), *standard_scenarios(market), *default_scenarios(deal, market)):
        try:
            found.append(one(*after(deal, market, scenario), scenario.label, paths))
        except GpufinError as error:
            print(f"{scenario.label}: {error}", file=sys.stderr)
    return pl.DataFrame(found)


def main(paths: int = 32_768) -> None:
    """Print the table and the sentence."""
    deal, market = load_deal(FOLDER), load_market(FOLDER)
    with pl.Config(tbl_rows=50, tbl_cols=20, tbl_width_chars=160, float_precision=3, tbl_hide_dataframe_shape=True):
        print(table(deal, market, paths))
    report = stress(deal, market, reverse=LIMIT, factors=FACTORS, paths=paths)
    if report.reverse is not None:
        print(report.reverse.sentence)


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
