"""What a regulator can do to a web, and who pays then: a ban on dealings, a cap on them, disclosure.

- *Ban*: stakes, claims and trade between named firms come from outside money instead (`pricing.web.sheets.without`).
- *Cap*: a stake above the cap is sold to outsiders down to it; a business that hangs on a partner by more than the cap hangs on it by the
  cap.
- *Disclosure*: who knows what is cash and what is not is surprised less: belief falls by less after losses, and prices had less to lose. A
  share d of the feedback and of the shock to belief is gone; what is gone was paid for before, when the price fell on disclosure, and is
  counted as such.

The same shock hits each; losses are those of outsiders, by class. Not modelled: that outside money may ask more, or not come: what it must
bring is reported beside (`replaced_usd`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from instruments.web import Perimeter, Web
from pricing.clearing.circulation import max_circularity
from pricing.web.dates import Sheets, run_dates, shocks_for
from pricing.web.graph import AS_LISTED, flow_graph
from pricing.web.report import knocked_out
from pricing.web.sheets import links_of, without
from pricing.web.sweep import DATES, class_losses


@dataclass(frozen=True, slots=True)
class Remedied:
    """Losses of outsiders to one shock under one remedy, USD."""

    shareholders: float
    lenders: float
    on_disclosure: float
    """Of the shareholders' loss, what fell when the remedy came, before the shock."""
    replaced_usd: float
    """What outside money has to bring in place of what is forbidden."""
    defaults: tuple[str, ...]

    @property
    def total(self) -> float:
        """Shareholders and lenders."""
        return self.shareholders + self.lenders


def _share(name: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise InputError(problem("bad_option", subject="remedy", field=name, value=value, expected="between 0 and 1", hint="a share"))


def banned(sheets: Sheets, firms: Iterable[str]) -> Sheets:
    """The sheets with every link into or out of the named firms replaced by outside money."""
    wanted = set(firms)
    unknown = wanted - set(sheets.nodes)
    if unknown:
        raise InputError(problem("unknown_name", subject="ban", value=sorted(unknown), what="firm", choices=sheets.nodes))
    return without(sheets, [link for link in links_of(sheets) if {sheets.nodes[link[1]], sheets.nodes[link[2]]} & wanted])


def capped(sheets: Sheets, cap: float) -> Sheets:
    """The sheets with no stake and no dependence of a business above the cap; stakes above it are sold to outsiders at today's worth.

    Limits: cap 1 changes nothing; cap 0 is a ban on all stakes and trade (claims stay).
    """
    _share("cap", cap)
    calm = run_dates(sheets, shocks_for(sheets, dates=1))
    over = np.maximum(0.0, sheets.equity_held - cap)
    cash = sheets.cash + over @ calm.equity[0, 0]
    return replace(sheets, cash=cash, equity_held=sheets.equity_held - over, effect=np.minimum(sheets.effect, cap))


def remedied(base: Sheets, after: Sheets, *, belief: float, disclosed: float = 0.0) -> Remedied:
    """What a fall of belief costs outsiders under a remedy.

    Args:
        base: the web as it is. after: with the remedy. belief: factor on belief of the shock, in [0, 1].
        disclosed: share of the feedback and of the shock that disclosure takes out beforehand, in [0, 1].
    """
    _share("belief", belief)
    _share("disclosed", disclosed)
    less = 1.0 - disclosed * (1.0 - belief)
    sheets = replace(after, feedback=after.feedback * (1.0 - disclosed))
    calm = run_dates(sheets, shocks_for(sheets, dates=DATES))
    told = run_dates(sheets, shocks_for(sheets, dates=DATES, belief=np.array([less])))
    path = np.ones((1, DATES))
    path[0, :2] = less, belief / less if less > 0 else 0.0
    run = run_dates(sheets, shocks_for(sheets, dates=DATES, belief=path))
    lost, before = class_losses(sheets, run, calm), class_losses(sheets, told, calm)
    new = run.default[0, -1] & ~calm.default[0, -1]
    return Remedied(
        shareholders=float(lost["shareholders"][0]),
        lenders=float(lost["lenders"][0]),
        on_disclosure=float(before["shareholders"][0]) if disclosed > 0 else 0.0,
        replaced_usd=float(np.maximum(0.0, after.cash - base.cash).sum()),
        defaults=tuple(name for name, fails in zip(sheets.nodes, new, strict=True) if fails),
    )


def circular_usd(web: Web, *, banned_edges: Iterable[str] = (), perimeter: Perimeter | None = None) -> tuple[float, float]:
    """Lowest and highest amount that goes round in a web's period over what is not disclosed, with edges banned.

    The amount rises with every flow, so both ends are exact; it never rises when an edge goes.
    """
    edges = tuple(banned_edges)
    graph = flow_graph(knocked_out(web, edges) if edges else web, AS_LISTED, perimeter)
    low, high = (float(max_circularity(flows=graph.matrices(side[None])[0][0]).amount) for side in (graph.low, graph.high))
    return low, high
