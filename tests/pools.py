"""Small pools of notes, markets, and wild collections, built in code."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from curves import Market
from instruments.contracts.coupons import FixedCoupon
from instruments.contracts.notes import NoteAccount, NoteClass, NoteFee, Notes, PoolAsset, PoolHardware
from instruments.priority import PayFees, PayInterest, PayPrincipal, Release
from pricing.ledger.notes import NotesColumns, notes_columns
from pricing.mechanics.notes import NotesRolled, roll_notes
from pricing.mechanics.pool import Collections, collections
from pricing.paths.pool import PoolLine
from pricing.schedules.notes import NotesPlan, resolve_notes
from pricing.strategies.notes import AS_OF


def market(*, hazard: float = 0.1, rate: float = 0.04) -> Market:
    return Market.model_validate(
        {
            "as_of": AS_OF,
            "rates": {"USD-SOFR": {"kind": "flat", "rate": rate}},
            "credit": {"OBL": {"kind": "hazard", "hazard": hazard}},
        }
    )


def notes(**changes: Any) -> Notes:
    """Three monthly payments of 100 in a bullet pool of 1,200 at 12 %; classes of 800 at 6 % and 200 at 12 %, paid interest first."""
    base: dict[str, Any] = {
        "issuer": "vehicle",
        "residual_holder": "sponsor",
        "pool": (PoolAsset(label="a", balance_usd=1200.0, coupon=0.12, months=3, amortisation="bullet", credit="credit:OBL"),),
        "recovery_lag_months": 0,
        "classes": (
            NoteClass(label="A", balance_usd=800.0, coupon=FixedCoupon(rate=0.06), holder="insurer"),
            NoteClass(label="B", balance_usd=200.0, coupon=FixedCoupon(rate=0.12), holder="fund"),
        ),
        "fees": (NoteFee(label="servicer", payee="servicer", monthly_usd=1.0),),
        "accounts": (NoteAccount(label="reserve"),),
        "order": (PayFees(claims=("servicer",)), PayInterest(claims=("A", "B")), PayPrincipal(claims=("A", "B")), Release()),
        "legal_final": AS_OF.replace(month=4, day=30),
    }
    return Notes(**(base | changes))


def plan_of(of: Notes, on: Market | None = None) -> NotesPlan:
    return resolve_notes(of, on or market(), "notes")


def by_hand(of: Notes, alive: list[float]) -> tuple[NotesColumns, NotesRolled]:
    """One path on which these shares of every line are alive at each month end."""
    plan = plan_of(of)
    shares = np.array([*alive, *[alive[-1]] * (len(plan.dates) - len(alive))])[:, None]
    columns = notes_columns("notes", of)
    return columns, roll_notes(plan, columns, collections(plan, np.zeros(1), lambda _: shares))


def wild(plan: NotesPlan, seed: int, paths: int = 48) -> Collections:
    """Collections of a pool whose obligors fail in steps, from none to all."""
    random = np.random.default_rng(seed)
    factor = random.standard_normal(paths)

    def alive(line: PoolLine) -> np.ndarray:
        lost = (random.random((YEARS, paths)) < 0.1) * random.random((YEARS, paths)) * (random.random(paths) < 0.7)
        return np.cumprod(1.0 - lost, axis=0)[: len(plan.dates)]

    return collections(plan, factor, alive)


YEARS = 120
"""Months drawn, whatever the plan."""


def rolled(of: Notes, seed: int) -> tuple[NotesColumns, NotesRolled]:
    plan = plan_of(of)
    columns = notes_columns("notes", of)
    return columns, roll_notes(plan, columns, wild(plan, seed))


YEAR = dt.date(2027, 1, 31)
MONTHS = 12


def hardware_market(*, hazard: float = 0.1, volatility: float = 0.5, correlation: float = 0.0, impact: float = 0.0) -> Market:
    """Obligors of one hazard, two credits, a rent of 2.00 falling by a tenth a year, used units at 1,000 falling by a quarter."""
    rent = {"spot_usd_per_hour": 2.0, "growth": -0.1, "volatility": volatility, "relet_months": 3, "relet_utilisation": 0.7}
    resale = {"new_usd": 1000.0, "decline": 0.25, "sale_cost": 0.05, "depth_units": 10.0, "impact": impact}
    pairs = {"rent:H100|credit:OBL": correlation, "rent:H100|credit:TWO": correlation, "credit:OBL|credit:TWO": correlation**2}
    return Market.model_validate(
        {
            "as_of": AS_OF,
            "rates": {"USD-SOFR": {"kind": "flat", "rate": 0.0}},
            "credit": {name: {"kind": "hazard", "hazard": hazard} for name in ("OBL", "TWO")},
            "rent": {"H100": {"kind": "thin_rent", **rent}},
            "resale": {"H100": {"kind": "thin_resale", **resale}},
            "correlation": {pair: {"value": value} for pair, value in pairs.items()},
        }
    )


def bullets(*, count: int = 20, loading: float = 0.5, hardware: PoolHardware | None = None, lag: int = 0, **changes: Any) -> Notes:
    """Bullet loans without interest, classes without coupon, principal in sequence: the pool's loss and nothing else."""
    asset = {
        "label": "a",
        "balance_usd": 1000.0,
        "count": count,
        "coupon": 0.0,
        "months": MONTHS - lag,
        "amortisation": "bullet",
        "credit": "credit:OBL",
        "loading": loading,
        "hardware": hardware,
    }
    classes = (
        NoteClass(label="A", balance_usd=800.0, coupon=FixedCoupon(rate=0.0), holder="insurer"),
        NoteClass(label="B", balance_usd=150.0, coupon=FixedCoupon(rate=0.0), holder="fund"),
    )
    order = (PayInterest(claims=("A", "B")), PayPrincipal(claims=("A", "B"), amount="collected"), Release())
    terms = {"pool": (PoolAsset.model_validate(asset),), "classes": classes, "fees": (), "accounts": (), "order": order}
    return notes(**(terms | {"recovery_lag_months": lag, "legal_final": YEAR} | changes))


HARDWARE = PoolHardware(units=1.0, rent="rent:H100", resale="resale:H100")
