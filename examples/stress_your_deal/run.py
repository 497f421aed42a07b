"""CoreWeave's DDTL 4.0 through the whole scenario library: what goes first, who pays; laws; the mildest shock that hurts the lender.

`python examples/stress_your_deal/run.py [paths]`: a few minutes at 32,768 paths, about one at 4,096. The time of each part is printed
to standard error.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import monotonic

import polars as pl

from curves import Market, Scenario, load_market
from instruments import Deal, load_deal
from instruments.ground.errors import GpufinError
from pricing import Ledger, simulate, stress
from pricing.scenario_events import after
from pricing.scenario_library import written

FOLDER = Path(__file__).resolve().parent.parent / "coreweave_ddtl4"
LOAN = "facility"
LIMIT = "lender.expected_loss_rate > 0.08"
FACTORS = ("rent:GB300", "credit:CRWV", "credit:META")
WHO = ("lenders", "coreweave")
LAWS = ("ledger_adds_up", "draws_within_commitment", "losses_within_claims", "json_round_trip")


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
    """Every entry of the library, and every party's default, against the base; what finds nothing in the deal is said."""
    chosen = written(["library", "defaults"], deal, market)
    for note in chosen.notes:
        print(note, file=sys.stderr)
    found = []
    for scenario in (Scenario(label="base"), *chosen.scenarios):
        try:
            found.append(one(*after(deal, market, scenario), scenario.label, paths))
        except GpufinError as error:
            print(f"{scenario.label}: {error}", file=sys.stderr)
    return pl.DataFrame(found)


def laws(deal: Deal, market: Market, paths: int) -> str:
    """Which laws of the deal hold on markets that a search proposes."""
    report = stress(deal, market, scenarios=(), laws=LAWS, limits=(), paths=paths)
    return "\n".join(f"{found.law}: {found.status} on {found.tried} markets" for found in report.laws)


def timed(what: str, since: float) -> float:
    """Say on standard error how long a part took; now."""
    print(f"{what}: {monotonic() - since:.0f} s", file=sys.stderr)
    return monotonic()


def main(paths: int = 32_768) -> None:
    """Print the table, the laws and the sentence."""
    deal, market = load_deal(FOLDER), load_market(FOLDER)
    since = monotonic()
    with pl.Config(tbl_rows=50, tbl_cols=20, tbl_width_chars=160, float_precision=3, tbl_hide_dataframe_shape=True):
        print(table(deal, market, paths))
    since = timed("scenarios", since)
    print(laws(deal, market, paths))
    since = timed("laws", since)
    report = stress(deal, market, reverse=LIMIT, factors=FACTORS, paths=paths)
    if report.reverse is not None:
        print(report.reverse.sentence)
    timed("reverse stress", since)


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
