"""Hypothesis strategies for plain documents that are valid deals and markets: small, and strange where terms may be strange."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_\-]{0,8}", fullmatch=True)
TEXTS = st.text(max_size=12)
POSITIVES = st.floats(min_value=1e-300, max_value=1e15)
NUMBERS = st.floats(-1e15, 1e15)
DATES = st.dates().map(str)
MEETS = st.sampled_from(["latched", "simultaneous"])
SCALARS = st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | NUMBERS | TEXTS
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=5)
"""What an alternative may be, but null, which TOML does not have."""
BASES = st.sampled_from(["filing", "second_hand", "press", "weak", "derived"])


def pairs(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[list[float]]:
    return st.tuples(numbers, numbers).map(sorted)


def tables(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Tables in which any of the fields may be left out."""
    return st.fixed_dictionaries({}, optional=fields)


def kinds(kind: str, required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"kind": st.just(kind), **required}, optional=optional)


OBSERVATIONS = st.one_of(
    kinds("close", {}),
    kinds("touch", {}),
    kinds("mean", {"days": st.integers(2, 504)}),
    st.tuples(st.integers(1, 504), st.integers(1, 504)).map(lambda two: {"kind": "days_out", "hits": min(two), "days": max(two)}),
)


def conditions(parties: list[str], milestones: dict[str, float]) -> st.SearchStrategy[dict[str, Any]]:
    """Conditions on these parties and milestones (name to last level)."""
    side = st.sampled_from(["at_least", "at_most"])
    price = st.builds(
        lambda side, level, rest: {"kind": "price", "of": "equity:A", side: level, **rest},
        side,
        POSITIVES,
        tables(observation=OBSERVATIONS, meet=MEETS),
    )
    ratio = st.builds(lambda side, level, name: {"kind": "ratio", "measure": name, side: level}, side, NUMBERS, NAMES)
    date = kinds("date", {"on": DATES}, meet=MEETS)
    event = kinds("event", {"event": st.sampled_from(["default", "termination"]), "party": st.sampled_from(parties)})
    custom = kinds("custom", {"name": NAMES}, arguments=st.dictionaries(TEXTS, JSON, max_size=2))
    leaves = [price, ratio, date, event, custom]
    if milestones:
        reached = st.sampled_from(sorted(milestones)).map(
            lambda name: {"kind": "milestone", "milestone": name, "at_least": milestones[name]}
        )
        leaves.append(reached)
    groups = st.sampled_from(["all", "any", "sequence"])
    return st.recursive(
        st.one_of(leaves),
        lambda inner: st.builds(lambda kind, legs: {"kind": kind, "legs": legs}, groups, st.lists(inner, min_size=1, max_size=2)),
        max_leaves=4,
    )


PROVENANCES = st.one_of(
    st.fixed_dictionaries({"basis": BASES}, optional={"source": TEXTS, "why": TEXTS, "weighs": st.booleans()}),
    st.fixed_dictionaries({"basis": st.just("assumed"), "alternatives": st.dictionaries(TEXTS, JSON, min_size=1, max_size=2)}),
    st.fixed_dictionaries({"basis": st.just("assumed"), "range": pairs(NUMBERS)}, optional={"why": TEXTS}),
)


@st.composite
def deals(draw: st.DrawFn) -> dict[str, Any]:
    """A valid deal; its provenance need not fit its terms."""
    parties = draw(st.lists(NAMES, min_size=2, max_size=3, unique=True))
    party = tables(name=TEXTS, roles=st.lists(st.sampled_from(["vendor", "holder", "issuer"]), max_size=2), equity=st.just("equity:A"))
    plans: dict[str, Any] = {}
    for name in draw(st.lists(NAMES, max_size=2, unique=True)):
        dates = sorted(draw(st.lists(DATES, min_size=1, max_size=3, unique=True)))
        levels = sorted(draw(st.lists(POSITIVES, min_size=len(dates), max_size=len(dates), unique=True)))
        plans[name] = {"unit": draw(TEXTS), "plan": dict(zip(dates, levels, strict=True)), **draw(tables(buyer=st.sampled_from(parties)))}
    last = {name: max(table["plan"].values()) for name, table in plans.items()}
    tranche = st.fixed_dictionaries({"shares": st.integers(1, 10**9), "condition": conditions(parties, last)}, optional={"label": TEXTS})
    contracts: dict[str, Any] = {}
    for name in draw(st.lists(NAMES, min_size=1, max_size=2, unique=True)):
        tranches = draw(st.lists(tranche, min_size=1, max_size=3))
        contracts[name] = {
            "kind": "warrant",
            "issuer": parties[0],
            "holder": parties[1],
            "underlying": "equity:A",
            "shares": sum(one["shares"] for one in tranches),
            "strike_usd": draw(st.floats(0, 1e9)),
            "expiry": "9999-12-31",
            "tranches": tranches,
            **draw(tables(exercise=st.just("at_vesting"), settlement=st.just("net"))),
        }
    where = {name: positions(contract) for name, contract in contracts.items()}
    position = {
        "milestones": draw(st.just({}) if not plans else st.dictionaries(st.sampled_from(sorted(plans)), st.floats(0, 9), max_size=1)),
        "contracts": draw(st.sampled_from(sorted(where)).flatmap(lambda name: tables(**{name: where[name]}))),
    }
    table = {"default": draw(PROVENANCES), "by_path": draw(st.dictionaries(TEXTS, PROVENANCES, max_size=2))}
    return {
        "id": draw(NAMES),
        "as_of": draw(st.dates(max_value=dt.date(9999, 12, 30)).map(str)),
        "parties": {name: draw(party) for name in parties},
        "contracts": contracts,
        **draw(tables(schema=st.just(1), name=TEXTS, allow_implausible=st.booleans())),
        **draw(
            tables(milestones=st.just(plans), position=st.just(position))
            if not plans
            else st.just({"milestones": plans, "position": position})
        ),
        **draw(tables(provenance=st.just(table))),
    }


def positions(contract: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Where a warrant stands: legs that it has, no more shares exercised than a tranche holds."""
    legs = [".".join(path) for index, tranche in enumerate(contract["tranches"]) for path in leaves(tranche["condition"], [str(index)])]
    shares = st.tuples(*(st.floats(0.0, 1.0).map(lambda part, one=one: part * one["shares"]) for one in contract["tranches"]))
    return tables(
        latched=st.lists(st.sampled_from(legs), max_size=2),
        exercised_shares=shares.map(list),
        closes=st.lists(POSITIVES, max_size=2),
    )


def leaves(condition: dict[str, Any], path: list[str]) -> list[list[str]]:
    """The path of every leg of a condition that has no parts."""
    if "legs" not in condition:
        return [path]
    return [leaf for index, leg in enumerate(condition["legs"]) for leaf in leaves(leg, [*path, "legs", str(index)])]


TENORS = st.sampled_from(["1W", "2W", "1M", "3M", "18M", "1Y", "2Y", "5Y", "30Y"])
CDS_TENORS = st.sampled_from(["6M", "1Y", "3Y", "5Y", "10Y"])
BLOCK = {"observed": DATES, "basis": BASES, "source": TEXTS, "why": TEXTS}


def quotes(low: float, high: float) -> st.SearchStrategy[Any]:
    """A bare number, or a table with what is known about it."""
    number = st.floats(low, high)
    table = st.fixed_dictionaries(
        {"value": number, "basis": st.just("assumed"), "range": pairs(number)}, optional={"why": TEXTS, "source": TEXTS}
    )
    return number | table


@st.composite
def markets(draw: st.DrawFn) -> dict[str, Any]:
    """A valid market."""
    rates = st.one_of(
        kinds("ois", {"quotes": st.dictionaries(TENORS, quotes(-0.05, 1), min_size=1, max_size=3)}, **BLOCK),
        kinds("flat", {"rate": quotes(-0.05, 1)}, **BLOCK),
    )
    credit = st.one_of(
        kinds("cds", {"quotes": st.dictionaries(CDS_TENORS, quotes(0, 1), min_size=1, max_size=3)}, recovery=st.floats(0, 0.99), **BLOCK),
        kinds("hazard", {"hazard": quotes(0, 1e6)}, **BLOCK),
    )
    names = draw(st.dictionaries(NAMES, credit, max_size=2))
    proxies = {}
    if names:
        proxy = kinds(
            "proxy", {"proxy": st.sampled_from([f"credit:{name}" for name in names]), "spread_add_bps": quotes(-10_000, 1e5)}, **BLOCK
        )
        proxies = {name: one for name, one in draw(st.dictionaries(NAMES, proxy, max_size=2)).items() if name not in names}
    equity = st.fixed_dictionaries(
        {"spot_usd": quotes(1e-300, 1e15), "volatility": quotes(0, 3)},
        optional={"dividend_yield": quotes(-0.05, 1), "shares_outstanding": quotes(1, 1e12), **BLOCK},
    )
    return {
        "as_of": draw(DATES),
        "rates": draw(st.dictionaries(NAMES, rates, min_size=1, max_size=2)),
        "credit": names | proxies,
        **draw(
            tables(
                schema=st.just(1),
                equity=st.dictionaries(NAMES, equity, max_size=2),
                milestones=st.dictionaries(NAMES, st.fixed_dictionaries({"clock_volatility": quotes(0, 9)}, optional=BLOCK), max_size=1),
                correlation=st.dictionaries(st.just("equity:A|milestone:b"), quotes(-1, 1), max_size=1),
            )
        ),
    }
