"""Where money for investment comes from: bounds on a mix of sources, and whether growth is paid from inside a web or from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.clearing.rows import Floats, floats

Regime = Literal["cycle", "innovation", "undecided"]


@dataclass(frozen=True, slots=True)
class FundingMix:
    """Lowest and highest USD of each source, and of each group of sources, that the node's balance allows."""

    sources: Mapping[str, tuple[float, float]]
    groups: Mapping[str, tuple[float, float]]


def funding_mix(
    *, uses: float, sources: Mapping[str, tuple[float, float]], groups: Mapping[str, Sequence[str]] | None = None
) -> FundingMix:
    """Bounds on what each source paid of `uses`, where money is fungible and only the size of each source is known as an interval.

    Model: sources x_i in [l_i, h_i] with sum x = uses, so the node's residual is zero; the sum over a group G lies between
    max(sum_G l, uses - sum_rest h) and min(sum_G h, uses - sum_rest l). Both ends are reached: the bounds are exact.

    Args:
        uses: USD paid out, at or above 0.
        sources: name to lowest and highest USD that it brought.
        groups: name to its sources; a group may be any subset.

    Raises:
        InputError: an interval is malformed, a group names an unknown source, or no mix adds up to the uses.

    Example:
        >>> mix = funding_mix(uses=60.0, sources={"sales": (18.0, 18.0), "debt": (0.0, 80.0), "cash": (0.0, 20.0)})
        >>> mix.sources["debt"]
        (22.0, 42.0)
    """
    names = tuple(sources)
    ends = floats([sources[name] for name in names], "sources", low=0.0).reshape(len(names), 2)
    wrong = np.flatnonzero(ends[:, 0] > ends[:, 1])
    if len(wrong):
        name = names[int(wrong[0])]
        rule = {"rule": "low end must not exceed high end", "remedy": "swap the two"}
        raise InputError(problem("broken_rule", subject="sources", field=name, value=sources[name], **rule))
    low, high = float(ends[:, 0].sum()), float(ends[:, 1].sum())
    slack = 1e-12 * max(abs(uses), high)
    if not (low - slack <= uses <= high + slack):
        rule = {"rule": f"must lie between {low:g} and {high:g}, what the sources bring", "remedy": "name the source that is missing"}
        raise InputError(problem("broken_rule", subject="funding", field="uses", value=uses, **rule))
    every = {name: [name] for name in names} | {name: list(members) for name, members in (groups or {}).items()}
    found: dict[str, tuple[float, float]] = {}
    for name, members in every.items():
        unknown = [member for member in members if member not in sources]
        if unknown:
            raise InputError(problem("unknown_name", subject=f"groups.{name}", value=unknown[0], what="source", choices=names))
        inside = np.isin(names, members)
        least, most = ends[inside].sum(axis=0)
        rest = ends[~inside].sum(axis=0)
        found[name] = (max(float(least), uses - float(rest[1])), min(float(most), uses - float(rest[0])))
    return FundingMix({name: found[name] for name in names}, {name: found[name] for name in groups or {}})


@dataclass(frozen=True, slots=True)
class FundingRegime:
    """By period: interval of the share that is paid from inside, and the label."""

    share_low: Floats
    share_high: Floats
    label: tuple[Regime, ...]
    crossings: tuple[int, ...]
    """Periods in which the label turns from innovation to cycle or back (undecided periods between do not count)."""


def funding_regime(*, inside: ArrayLike, outside: ArrayLike, up: float = 0.5, down: float = 0.5) -> FundingRegime:
    """Whether growth is paid from inside a web (driven by its cycle) or by outsiders (by what they want), period by period.

    Model: share = inside / (inside + outside), lowest with little inside and much outside. `cycle` from the period in which the whole
    interval is at or above `up`, `innovation` from the one in which it is below `down`; between the two the label stays (hysteresis);
    an interval that leaves both open is `undecided`, and so is a period in which nothing was paid.

    Args:
        inside, outside: USD by period, (periods,) or, with ends, (periods, 2), at or above 0.
        up, down: 0 <= down <= up <= 1.

    Example:
        >>> funding_regime(inside=[10, 30, 60, 30], outside=[90, 70, 40, 70], up=0.5, down=0.25).label
        ('innovation', 'innovation', 'cycle', 'cycle')
    """
    if not 0.0 <= down <= up <= 1.0:
        hint = "the label turns up at `up` and back at `down`"
        raise InputError(problem("bad_option", subject="up, down", value=(up, down), expected="0 <= down <= up <= 1", hint=hint))
    within, without = _ends(inside, "inside"), _ends(outside, "outside")
    if len(within) != len(without):
        raise InputError(problem("array_shape", field="outside", expected=f"({len(within)},) or ({len(within)}, 2)", found=without.shape))
    paid = (within + without[:, ::-1]).sum(axis=1) > 0
    low = _share(within[:, 0], without[:, 1])
    high = _share(within[:, 1], without[:, 0])
    high = np.where(paid, high, 1.0)
    labels: list[Regime] = []
    turned: list[int] = []
    settled: Regime = "undecided"
    for t in range(len(within)):
        now: Regime = "undecided"
        if paid[t] and low[t] >= up:
            now = "cycle"
        elif paid[t] and high[t] < down:
            now = "innovation"
        elif paid[t] and low[t] >= down and high[t] < up:
            now = settled
        if now != "undecided":
            if settled not in ("undecided", now):
                turned.append(t)
            settled = now
        labels.append(now)
    return FundingRegime(low, high, tuple(labels), tuple(turned))


def _ends(value: ArrayLike, name: str) -> Floats:
    array = floats(value, name, low=0.0)
    array = np.repeat(array[:, None], 2, axis=1) if array.ndim == 1 else array
    if array.ndim != 2 or array.shape[1] != 2 or (array[:, 0] > array[:, 1]).any():
        raise InputError(problem("array_shape", field=name, expected="(periods,) or (periods, 2), low before high", found=array.shape))
    return array


def _share(inside: Floats, outside: Floats) -> Floats:
    total = inside + outside
    return inside / np.where(total > 0, total, 1.0)
