"""Small compute derivatives for tests, and markets in round numbers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from curves import Market
from instruments import Deal, RentFuture, RentOption, RentSwap

AS_OF = dt.date(2026, 10, 5)
H100 = "rent:H100"
LAUNCH = {"expected": dt.date(2027, 3, 31), "window_years": 0.4, "jump_mean": -0.22, "jump_volatility": 0.1}


def market(as_of: dt.date = AS_OF, rate: float = 0.037, credit: dict[str, Any] | None = None, **changes: Any) -> Market:
    """Two factors, forwards that fall, one launch; `changes` to the rent."""
    rent: dict[str, Any] = {
        "kind": "two_factor", "index": "test", "spot_usd_per_hour": 3.0, "mean_reversion": 2.0, "short_volatility": 0.3,
        "long_volatility": 0.25, "factor_correlation": 0.2, "forwards": {"1Y": 2.6, "3Y": 2.0}, "launches": {"next": LAUNCH},
    }  # fmt: skip
    tables = {"rates": {"USD-SOFR": {"kind": "flat", "rate": rate}}, "rent": {"H100": rent | changes}}
    if credit:
        tables |= {"credit": {name: {"kind": "hazard", "hazard": hazard} for name, (hazard, _) in credit.items()}}
        tables |= {"correlation": {f"{H100}|credit:{name}": rho for name, (_, rho) in credit.items()}}
    return Market.model_validate({"as_of": as_of, **tables})


def plain(volatility: float = 0.4, **changes: Any) -> Market:
    """One factor, no launch: what QuantLib can express."""
    return market(short_volatility=0.0, long_volatility=volatility, launches={}, **changes)


def option(kind: str = "call", strike: float = 2.6, start: str = "2027-01", end: str | None = None, **changes: Any) -> RentOption:
    """An option on 730 hours a month."""
    terms = {"buyer": "b", "seller": "s", "index": H100, "option": kind, "strike_usd_per_hour": strike, "hours_per_month": 730.0}
    return RentOption.model_validate(terms | {"start": start, "end": end or start} | changes)


def swap(fixed: float = 2.7, start: str = "2026-11", end: str = "2027-04", **changes: Any) -> RentSwap:
    """A swap of six months on 730 hours a month."""
    terms = {"fixed_payer": "b", "fixed_receiver": "s", "index": H100, "fixed_usd_per_hour": fixed, "hours_per_month": 730.0}
    return RentSwap.model_validate(terms | {"start": start, "end": end} | changes)


def future(month: str = "2027-01", price: float = 2.8, **changes: Any) -> RentFuture:
    """Eight contracts of GPU1."""
    terms = {"long": "b", "short": "s", "index": H100, "month": month, "contracts": 8.0, "price_usd_per_hour": price, "spec": "GPU1"}
    return RentFuture.model_validate(terms | changes)


def deal(as_of: dt.date = AS_OF, fixings: dict[dt.date, float] | None = None, credit: bool = False, **contracts: Any) -> Deal:
    """A deal of these contracts; with `credit` both parties can default."""
    parties = {name: {"credit": f"credit:{name.upper()}"} if credit else {} for name in ("b", "s")}
    position = {"fixings": {H100: fixings}} if fixings else {}
    return Deal.model_validate({"id": "small", "as_of": as_of, "parties": parties, "contracts": contracts, "position": position})
