"""Futures, swaps and options on the monthly mean of an index of compute rents.

All of them pay on one number: the arithmetic mean of the index over the business days of a calendar month.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.ground.base import Terms
from instruments.ground.keys import MarketKey, Name, key_of_kind, name_of
from instruments.ground.units import NonNegative, Positive

MOST_MONTHS = 120
"""Longest strip of months in one contract."""


class FutureSpec(NamedTuple):
    """A published contract: what one future is."""

    model: str
    """Model of accelerator that its index is about."""
    hours_per_contract: float
    """Accelerator-hours of one contract."""
    tick_usd_per_hour: float
    """Smallest step of an outright price."""
    spread_tick_usd_per_hour: float
    """Smallest step of a price between two contracts."""
    spot_month_limit: int
    """Most contracts of one holder in the month of delivery."""
    single_month_accountability: int
    """Contracts in one month from which the exchange may ask questions."""
    listed_months: int
    """Consecutive months listed at a time."""
    source: str
    """Where this was published, and how sure it is."""


_FILED = "CME/NYMEX filing of 2026-08-11 under CFTC rule 40.3(a), submission 26-370, read second hand; not listed on 2026-10-05"
SPECS = {
    "GPU1": FutureSpec("H100", 730.0, 0.01, 0.005, 7_500, 15_000, 36, _FILED),
    "GPU2": FutureSpec("B200", 730.0, 0.01, 0.005, 5_500, 11_000, 36, _FILED),
}
"""Published futures by code. Both settle in cash on the mean of the index over the business days of the month, United States."""


def _check_month(text: str) -> str:
    if re.fullmatch(r"(19[1-9]\d|20\d\d|21[0-8]\d)-(0[1-9]|1[0-2])", text):
        return text
    raise PydanticCustomError("bad_text", "a month such as 2026-12")


Month = Annotated[str, AfterValidator(_check_month)]
"""A calendar month as text: '2026-12'."""


def _check_rent(key: str) -> str:
    if key_of_kind("rent", key):
        return key
    raise PydanticCustomError("bad_text", "the market key of a rent, such as rent:H100")


RentKey = Annotated[MarketKey, AfterValidator(_check_rent)]
"""The market key of an index of rents."""


def first_day(month: str) -> dt.date:
    """First calendar day of a month."""
    return dt.date(int(month[:4]), int(month[5:]), 1)


def last_day(month: str) -> dt.date:
    """Last calendar day of a month."""
    first = first_day(month)
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def months_between(start: str, end: str) -> tuple[str, ...]:
    """Every month from `start` up to and with `end`; none where the end comes first."""
    first, last = ((day.year * 12 + day.month - 1) for day in (first_day(start), first_day(end)))
    return tuple(f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(first, last + 1))


def _two_parties(one: str, other: str, path: str) -> None:
    if one == other:
        raise PydanticCustomError("broken_rule", "the two sides must be two parties", {"path": path})


class RentFuture(Terms):
    """A future on the mean of an index over the business days of one month, in cash, margined day by day.

    `long` gains where the mean ends above `price_usd_per_hour`. Give a published `spec`, or "own" with a size and a tick.
    """

    kind: Literal["rent_future"] = "rent_future"
    long: Name
    """Party that gains when rents rise."""
    short: Name
    """Party that gains when rents fall; the clearing house stands between them and is not modelled."""
    index: RentKey
    """The index: `rent:H100`."""
    month: Month
    """Month over which the index is averaged."""
    contracts: Positive
    """Number of contracts."""
    price_usd_per_hour: NonNegative
    """Price at which the position was entered, or last margined, USD per accelerator-hour."""
    spec: Literal["GPU1", "GPU2", "own"] = "own"
    """Published contract, for its size and tick."""
    hours_per_contract: Positive | None = None
    """Accelerator-hours of one contract; left out where `spec` names a published one."""
    tick_usd_per_hour: Positive | None = None
    """Smallest step of the price; left out where `spec` names a published one."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _two_parties(self.long, self.short, "short")
        own = (self.hours_per_contract, self.tick_usd_per_hour)
        if self.spec == "own" and None in own:
            raise PydanticCustomError(
                "broken_rule",
                "a contract of one's own needs hours_per_contract and tick_usd_per_hour",
                {"path": "hours_per_contract" if own[0] is None else "tick_usd_per_hour"},
            )
        if self.spec != "own":
            if own != (None, None):
                raise PydanticCustomError(
                    "broken_rule",
                    "{spec} has its published size and tick: leave them out, or set spec = own",
                    {"path": "spec", "spec": self.spec},
                )
            model = SPECS[self.spec].model
            if name_of(self.index).split(":")[0] != model:
                raise PydanticCustomError(
                    "broken_rule", "{spec} is on rents of the {model}", {"path": "index", "spec": self.spec, "model": model}
                )
        return self

    @property
    def hours(self) -> float:
        """Accelerator-hours of the whole position."""
        return self.contracts * (self.hours_per_contract or SPECS[self.spec].hours_per_contract)

    @property
    def tick(self) -> float:
        """Smallest step of the price, USD per hour."""
        return self.tick_usd_per_hour or SPECS[self.spec].tick_usd_per_hour

    @property
    def months(self) -> tuple[str, ...]:
        """The one month."""
        return (self.month,)

    def bare_parties(self) -> dict[str, str | None]:
        """Its parties, each with the share that it needs."""
        return {self.long: None, self.short: None}


class RentSwap(Terms):
    """Month by month a fixed price against the mean of an index, netted and paid in cash."""

    kind: Literal["rent_swap"] = "rent_swap"
    fixed_payer: Name
    """Pays the fixed price and receives the mean: a user of compute."""
    fixed_receiver: Name
    """Receives the fixed price and pays the mean: an owner of a fleet."""
    index: RentKey
    """The index: `rent:H100`."""
    start: Month
    """First month."""
    end: Month
    """Last month."""
    hours_per_month: Positive
    """Accelerator-hours of each month."""
    fixed_usd_per_hour: NonNegative
    """The fixed price, USD per accelerator-hour."""
    payment_lag_days: Annotated[int, Field(ge=0, le=60)] = 0
    """Business days from the last fixing of a month to its payment."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _two_parties(self.fixed_payer, self.fixed_receiver, "fixed_receiver")
        _check_strip(self.start, self.end)
        return self

    @property
    def months(self) -> tuple[str, ...]:
        """Every month of the swap."""
        return months_between(self.start, self.end)

    def bare_parties(self) -> dict[str, str | None]:
        """Its parties, each with the share that it needs."""
        return {self.fixed_payer: None, self.fixed_receiver: None}


class RentOption(Terms):
    """European options on the mean of an index over a month, or over each month of a strip: calls are a cap, puts a floor."""

    kind: Literal["rent_option"] = "rent_option"
    buyer: Name
    """Holds the options; the premium, paid outside this contract, is not in its value."""
    seller: Name
    """Pays where they end in the money."""
    index: RentKey
    """The index: `rent:H100`."""
    option: Literal["call", "put"]
    """Calls pay what the mean exceeds the strike by, puts what it falls short of it."""
    start: Month
    """First month."""
    end: Month
    """Last month; the first for a single option."""
    hours_per_month: Positive
    """Accelerator-hours of each month."""
    strike_usd_per_hour: NonNegative
    """USD per accelerator-hour."""
    payment_lag_days: Annotated[int, Field(ge=0, le=60)] = 0
    """Business days from the last fixing of a month to its payment."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _two_parties(self.buyer, self.seller, "seller")
        _check_strip(self.start, self.end)
        return self

    @property
    def months(self) -> tuple[str, ...]:
        """Every month of the strip."""
        return months_between(self.start, self.end)

    def bare_parties(self) -> dict[str, str | None]:
        """Its parties, each with the share that it needs."""
        return {self.buyer: None, self.seller: None}


def _check_strip(start: str, end: str) -> None:
    months = months_between(start, end)
    if not months:
        raise PydanticCustomError(
            "broken_rule", "the last month {end} is before the first {start}", {"path": "end", "start": start, "end": end}
        )
    if len(months) > MOST_MONTHS:
        raise PydanticCustomError(
            "broken_rule",
            "{count} months are more than the {most} of one contract",
            {"path": "end", "count": len(months), "most": MOST_MONTHS},
        )


RentDerivative = RentFuture | RentSwap | RentOption
"""Any of them."""
