"""OpenAI fails on the same paths under three designs of NVIDIA's support: who loses, how much, when, and what breaks first.

`python examples/nvidia_three_designs/run.py` prints the study; with `--write` it stores the rows in expected.json as well.
"""

from __future__ import annotations

import json
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curves import Market, load_market
from curves.credit_quotes import ProxyCredit
from instruments import Deal, Lease, LeasedSite, LeaseGuarantee, load_deal
from instruments.variants import variants_of
from pricing.engines.tenant_run import TenantFound, TenantSetup, set_up_tenant
from pricing.ledger.runs import ContractRun, party_signs

FOLDER = Path(__file__).parent
Array = NDArray[np.floating[Any]]
BN, KW_PER_GW = 1e9, 1e6
DESIGNS = {"none": None, "letter": "letter", "round": "round", "guarantee": "guarantee"}
"""Design to the one contract of support that is in force beside the lease."""
SUPPORT = ("letter", "round", "guarantee")
TITLES = {
    "none": "no support at all",
    "letter": "A: letter, up to 100 bn staged",
    "round": "B: round, 30 bn paid",
    "guarantee": "C: guarantee capped at 105 bn",
}
HOLDERS = {
    "nvidia": "NVIDIA's shareholders",
    "sbenergy": "SB Energy and its lenders",
    "estate": "other creditors of OpenAI",
    "buyers": "buyers of the campus",
    "openai_shares": "OpenAI's other shareholders (mark)",
}


@dataclass(frozen=True)
class Row:
    """One number of the study, USD where it is money."""

    design: str
    holder: str
    measure: str
    window: str
    value: float
    standard_error: float | None = None


@dataclass(frozen=True)
class Study:
    """The run of all designs on one set of paths."""

    setup: TenantSetup
    run: ContractRun
    found: TenantFound
    tail: float
    window_row: int
    """Last row of the first window."""
    vendor: dict[str, dict[str, Any]]
    """What NVIDIA earns on hardware, from study.toml."""

    def column(self, contract: str, reason: str, claim: str) -> Array:
        """A posting discounted [path]; nothing where the plan has none such."""
        plan = self.run.plan.postings
        places = [i for i, p in enumerate(plan) if (p.contract, p.reason, p.claim) == (contract, reason, claim)]
        total: Array = self.found.present[places].sum(axis=0)
        return total

    def losses(self, design: str) -> dict[str, Array]:
        """Discounted loss by the tenant's failure, by holder [path]; below 0 is a gain."""
        found = self.found
        nothing: Array = np.zeros(self.run.paths)
        rents = self.column("lease", "rent", "written_off") + self.column("lease", "termination", "written_off")
        paid, indemnity, written_off, back = nothing, nothing, nothing, nothing
        shares = 1.0
        if design == "guarantee":
            paid, indemnity = self.column("guarantee", "guarantee", "cash"), self.column("guarantee", "indemnity", "cash")
        elif design in ("letter", "round"):
            written_off = self.column(design, "capital paid in", "written_off")
            back = self.column(design, "capital paid in", "cash")
            shares -= sum(terms.drawn_shares for terms in self.setup.staged[design].tranches)
        at = np.minimum(found.default, len(self.run.discount) - 1)
        mark = shares * (1.0 - self.setup.equity_recovery) * found.equity * self.run.discount[at]
        return {
            "nvidia": written_off + paid - indemnity,
            "sbenergy": rents - paid,
            "estate": indemnity + back,
            "buyers": -found.bargain,
            "openai_shares": mark,
        }

    def margins(self, design: str, **changed: float) -> Array:
        """NVIDIA's discounted gross profit on the hardware that a design's support stands behind, delivered before the failure [path].

        The letter: a gigawatt for every so many dollars drawn. The round: what of its money buys hardware. The guarantee: the campus's
        gigawatts, phase by phase. `changed` replaces inputs of study.toml by name.
        """
        given = {name: float(entry["value"]) for name, entry in self.vendor.items()} | changed
        per_gw = given["share_of_capex"] * given["capex_usd_per_gw"]
        if design == "letter":
            support_usd_per_gw = self.setup.staged["letter"].tranches[0].open_usd
            drawn: Array = self.column("letter", "draws", "cash") * (per_gw / support_usd_per_gw)
            return drawn
        if design == "round":
            paid = sum(terms.drawn_usd for terms in self.setup.staged["round"].tranches)
            return np.full(self.run.paths, given["share_of_capex"] * given["spent_share"] * paid)
        lease = self.setup.support.lease
        asset = lease.plan.lease.asset
        assert isinstance(asset, LeasedSite), "the campus is leased by its power"
        total: Array = np.zeros(self.run.paths)
        for phase in lease.plan.phases if design == "guarantee" else ():
            gigawatts = phase.share * asset.units / KW_PER_GW
            total = total + np.where(self.found.default > phase.start, gigawatts * per_gw * self.run.discount[phase.start], 0.0)
        return total

    def transfers(self, design: str) -> dict[str, Array]:
        """Discounted cash and terminal value by party against no support at all [path]: postings of the design's one contract."""
        contract = DESIGNS[design]
        parties = self.run.parties
        chosen = np.array(
            [float(posting.contract == contract and posting.reason != "capital paid in") for posting in self.run.plan.postings]
        )
        signs: Array = party_signs(self.run.plan, parties) * chosen
        net: Array = np.einsum("qk,kp->qp", signs, self.found.present)
        return dict(zip(parties, net, strict=True))


def study(deal: Deal, market: Market, inputs: dict[str, Any], *, paths: int | None = None, threads: int | None = None) -> Study:
    """Run every design on the same path numbers."""
    setup = set_up_tenant(
        deal, market, guarantee="guarantee", staged=("letter", "round"), equity_recovery=float(inputs["equity_recovery"]["value"])
    )
    run, found = setup.run("three designs", paths=paths or int(inputs["paths"]), seed=int(inputs["seed"]), threads=threads)
    rows = [index for index, date in enumerate(run.dates) if date <= inputs["window_end"]]
    return Study(setup, run, found, float(inputs["tail"]), rows[-1], inputs["vendor_margin"])


def mean_error(values: Array) -> tuple[float, float | None]:
    """Mean and its standard error; no error where there is one value or none."""
    if values.size == 0:
        return 0.0, None
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else None


def expected_shortfall(values: Array, tail: float) -> tuple[float, float]:
    """Mean of the worst part of the losses, and its standard error: that of q + (loss - q)^+ / (1 - tail) at the sample's quantile q."""
    ordered = np.sort(values)
    quantile = float(ordered[min(int(tail * ordered.size), ordered.size - 1)])
    each = quantile + np.maximum(values - quantile, 0.0) / (1.0 - tail)
    return float(each.mean()), float(each.std(ddof=1) / np.sqrt(each.size))


def rows_of(of: Study) -> list[Row]:
    """Every number of the study."""
    found, rows = of.found, list[Row]()
    last = len(of.run.dates) - 1
    for window, end in (("to 2033", of.window_row), ("whole lease", last)):
        fails = found.default <= end
        rows.append(Row("all", "tenant", "failure_probability", window, *mean_error(fails.astype(np.float64))))
        for design in DESIGNS:
            for holder, loss in of.losses(design).items():
                lost = np.where(fails, loss, 0.0)
                put = (design, holder)
                rows.append(Row(*put, "expected_loss", window, *mean_error(lost)))
                rows.append(Row(*put, "loss_given_failure", window, *mean_error(loss[fails])))
                rows.append(Row(*put, "loss_probability", window, *mean_error((lost > 1.0).astype(np.float64))))
                rows.append(Row(*put, "shortfall_97_5", window, *expected_shortfall(lost, of.tail)))
            rows += exposures(of, design, window, fails)
            rows += first_breaks(of, design, window, end)
    for design in ("letter", "round", "guarantee"):
        for party, net in of.transfers(design).items():
            if np.any(net):
                rows.append(Row(design, party, "transfer", "whole lease", *mean_error(net)))
    return rows + margin_rows(of) + by_year(of) + second_opinions(of)


def margin_rows(of: Study) -> list[Row]:
    """NVIDIA's margin beside its loss to 2033, net of it on average and in the tail, and at the ends of what is assumed."""
    rows: list[Row] = []
    fails = of.found.default <= of.window_row
    for design in SUPPORT:
        lost, earned = np.where(fails, of.losses(design)["nvidia"], 0.0), of.margins(design)
        rows.append(Row(design, "nvidia", "vendor_margin", "to 2033", *mean_error(earned)))
        # of a ratio of two means: the error of what each path adds to it
        if earned.any():
            needed = float(lost.mean() / earned.mean())
            spread = float((lost - needed * earned).std(ddof=1) / np.sqrt(lost.size) / earned.mean())
            rows.append(Row(design, "nvidia", "share_of_margin_lost", "to 2033", needed, spread))
        rows.append(Row(design, "nvidia", "loss_net_of_margin", "to 2033", *mean_error(lost - earned)))
        rows.append(Row(design, "nvidia", "net_shortfall_97_5", "to 2033", *expected_shortfall(lost - earned, of.tail)))
        for name, entry in of.vendor.items():
            for end, value in zip(("low", "high"), entry["range"], strict=True):
                net = mean_error(lost - of.margins(design, **{name: float(value)}))
                rows.append(Row(design, "nvidia", "loss_net_of_margin", f"{name} {end}", *net))
    return rows


def margin_text(rows: list[Row]) -> list[str]:
    """The margin as text."""
    by = {(row.design, row.measure, row.window): row for row in rows if row.holder == "nvidia"}

    def bn(design: str, measure: str, window: str = "to 2033") -> str:
        row = by[design, measure, window]
        return f"{row.value / BN:.2f} ± {(row.standard_error or 0.0) / BN:.2f}"

    lines = ["", "NVIDIA's margin on the hardware that its support stands behind, to 2033, bn USD"]
    lines.append(f"{'':34}{'earned':>15}{'lost of it, %':>16}{'loss less it':>17}{'worst 2.5 %':>17}")
    for design in SUPPORT:
        share = by[design, "share_of_margin_lost", "to 2033"]
        needed = f"{100 * share.value:.1f} ± {100 * (share.standard_error or 0.0):.1f}"
        net, tail = bn(design, "loss_net_of_margin"), bn(design, "net_shortfall_97_5")
        lines.append(f"{TITLES[design]:34}{bn(design, 'vendor_margin'):>15}{needed:>16}{net:>17}{tail:>17}")
    lines += ["", "Loss less margin at the ends of what is assumed, bn USD"]
    lines.append(f"{'':34}" + "".join(f"{name:>17}" for name in ("A", "B", "C")))
    ends = dict.fromkeys(row.window for row in rows if row.measure == "loss_net_of_margin" and row.window != "to 2033")
    lines += [f"{end.replace('_', ' '):34}" + "".join(f"{bn(each, 'loss_net_of_margin', end):>17}" for each in SUPPORT) for end in ends]
    return lines


def exposures(of: Study, design: str, window: str, fails: NDArray[np.bool_]) -> list[Row]:
    """Headline, what is firm, and what has been put in or is guaranteed at the failure; undiscounted."""
    found = of.found
    if design == "none":
        return []
    if design == "guarantee":
        terms = of.setup.support.terms
        return [
            Row(design, "nvidia", "headline", window, float(terms.cap_usd or 0.0)),
            Row(design, "nvidia", "firm", window, float(terms.cap_usd or 0.0)),
            Row(design, "nvidia", "at_failure", window, *mean_error(found.guaranteed[fails])),
        ]
    run = of.setup.staged[design]
    headline = sum(terms.open_usd + terms.drawn_usd for terms in run.tranches)
    return [
        Row(design, "nvidia", "headline", window, headline),
        Row(design, "nvidia", "firm", window, sum(terms.drawn_usd for terms in run.tranches)),
        Row(design, "nvidia", "at_failure", window, *mean_error(found.paid_in[design][fails])),
        Row(design, "nvidia", "ever_drawn", window, *mean_error(found.drawn[design])),
    ]


def first_breaks(of: Study, design: str, window: str, end: int) -> list[Row]:
    """Odds of what comes first: a side stops a tranche, the tenant fails, NVIDIA fails, or nothing."""
    found = of.found
    events = {"tenant_fails": found.default, "nvidia_fails": found.supporter_default}
    if design in found.stopped and design == "letter":
        events = {"tranche_stopped": found.stopped[design]} | events
    first = np.minimum.reduce(list(events.values()))
    left = np.ones(of.run.paths, dtype=bool)
    rows = []
    for name, when in events.items():  # in a tie the first of the list
        now = left & (when == first) & (first <= end)
        left &= ~now
        rows.append(Row(design, name, "first_break", window, *mean_error(now.astype(np.float64))))
    rows.append(Row(design, "nothing", "first_break", window, *mean_error(left.astype(np.float64))))
    return rows


def by_year(of: Study) -> list[Row]:
    """When NVIDIA's money is lost: mean write-offs, or payments less indemnities, by calendar year, undiscounted."""
    plan, years = of.run.plan.postings, np.array([date.year for date in of.run.dates])
    flows = {design: np.zeros(years.size) for design in ("letter", "round", "guarantee")}
    for column, posting in enumerate(plan):
        if posting.reason == "capital paid in" and posting.claim == "written_off":
            flows[posting.contract] += of.run.mean_ledger[:, column]
        elif posting.contract == "guarantee" and posting.claim == "cash" and posting.reason in ("guarantee", "indemnity"):
            flows["guarantee"] += of.run.mean_ledger[:, column] * (1.0 if posting.reason == "guarantee" else -1.0)
    return [
        Row(design, "nvidia", "lost_in_year", str(year), float(flow[years == year].sum()))
        for design, flow in flows.items()
        for year in range(int(years[0]), int(years[-1]) + 1)
    ]


def second_opinions(of: Study) -> list[Row]:
    """The paid round in closed form: 30 bn (1 - recovery) times the discounted odds of failure, off the curve."""
    grid, lease = of.setup.support.lease.plan.grid, of.setup.support.lease
    assert lease.lessee is not None
    survival = np.concatenate([[1.0], lease.model.survival[lease.model.credits.index(lease.lessee)]])
    odds = float((grid.discount[1:] * -np.diff(survival)).sum())
    paid = sum(terms.drawn_usd for terms in of.setup.staged["round"].tranches)
    return [Row("round", "nvidia", "expected_loss_closed_form", "whole lease", (1.0 - of.setup.equity_recovery) * paid * odds)]


def table(rows: list[Row]) -> str:
    """The study as text."""
    by = {(row.design, row.holder, row.measure, row.window): row for row in rows}

    def cell(design: str, holder: str, measure: str, window: str, *, percent: bool = False) -> str:
        row = by.get((design, holder, measure, window))
        if row is None:
            return "-"
        scale, digits = (100.0, 1) if percent else (1.0 / BN, 2)
        shown = f"{row.value * scale:.{digits}f}"
        return shown if row.standard_error is None else f"{shown} ± {row.standard_error * scale:.{digits}f}"

    lines: list[str] = []
    for window in ("to 2033", "whole lease"):
        odds = cell("all", "tenant", "failure_probability", window, percent=True)
        lines += [f"OpenAI fails with odds of {odds} % ({window}); losses in bn USD, discounted to the first day", ""]
        lines.append(f"{'':38}{'expected':>14}{'if it fails':>16}{'worst 2.5 %':>19}{'odds, %':>13}")
        for design, title in TITLES.items():
            lines.append(title)
            for holder, name in HOLDERS.items():
                cells = [cell(design, holder, measure, window) for measure in ("expected_loss", "loss_given_failure", "shortfall_97_5")]
                cells.append(cell(design, holder, "loss_probability", window, percent=True))
                if cells[0].startswith(("0.00 ± 0.00", "-0.00 ± 0.00")):
                    continue
                lines.append(f"  {name:36}{cells[0]:>14}{cells[1]:>16}{cells[2]:>19}{cells[3]:>13}")
        lines.append("")
    lines.append(f"{'NVIDIA, bn USD, to 2033':34}{'headline':>10}{'firm':>10}{'ever drawn':>16}{'at the failure':>18}{'lost then':>16}")
    for design in ("letter", "round", "guarantee"):
        cells = [cell(design, "nvidia", name, "to 2033") for name in ("headline", "firm", "ever_drawn", "at_failure", "loss_given_failure")]
        lines.append(f"{TITLES[design]:34}{cells[0]:>10}{cells[1]:>10}{cells[2]:>16}{cells[3]:>18}{cells[4]:>16}")
    lines += ["", "What breaks first, to 2033, odds in %"]
    for design in ("letter", "round", "guarantee"):
        parts = [row for row in rows if (row.design, row.measure, row.window) == (design, "first_break", "to 2033")]
        lines.append(f"{TITLES[design]:34}" + ", ".join(f"{row.holder.replace('_', ' ')} {100 * row.value:.1f}" for row in parts))
    lines += ["", "Given against no support at all, before anything is known, bn USD: value to each, the rows add up to nothing"]
    for design in ("letter", "round", "guarantee"):
        parts = [row for row in rows if (row.design, row.measure) == (design, "transfer")]
        shown = [f"{row.holder} {cell(design, row.holder, 'transfer', 'whole lease')}" for row in parts]
        lines.append(f"{TITLES[design]:34}" + (", ".join(shown) or "paid before, at the round's own price"))
    lines += ["", "When NVIDIA's money is lost, bn USD in the mean, not discounted"]
    spans = [(2026, 2027), (2028, 2029), (2030, 2033), (2034, 2039), (2040, 2055)]
    lines.append(f"{'':34}" + "".join(f"{f'{first}-{last}':>12}" for first, last in spans))
    for design in ("letter", "round", "guarantee"):
        years = {int(row.window): row.value for row in rows if (row.design, row.measure) == (design, "lost_in_year")}
        sums = [sum(value for year, value in years.items() if first <= year <= last) / BN for first, last in spans]
        lines.append(f"{TITLES[design]:34}" + "".join(f"{each:>12.2f}" for each in sums))
    lines += margin_text(rows)
    closed = by["round", "nvidia", "expected_loss_closed_form", "whole lease"].value / BN
    lines += ["", f"Second opinion: the paid round loses {closed:.2f} bn in closed form, off the curve"]
    return "\n".join(lines)


CHANGED_PATHS = 4096
"""Paths of each change of an input: all on the same numbers."""


def changes(deal: Deal, market: Market, inputs: dict[str, Any]) -> dict[str, tuple[Deal, Market, dict[str, Any]]]:
    """One input at a time at another value of its range, or of its alternatives."""
    openai = market.credit["OPENAI"]
    assert isinstance(openai, ProxyCredit)
    worse = market.evolve(credit={**market.credit, "OPENAI": openai.evolve(spread_add_bps=openai.spread_add_bps.evolve(value=150.0))})
    lease, guarantee = deal.contracts["lease"], deal.contracts["guarantee"]
    assert isinstance(lease, Lease)
    assert isinstance(guarantee, LeaseGuarantee)
    sold = lease.evolve(remarketing=lease.remarketing.evolve(choice="sell"))
    late = next(case.deal for case in variants_of(deal) if case.path == "milestones.deployments.plan" and case.label == "two years late")
    some = inputs | {"equity_recovery": inputs["equity_recovery"] | {"value": inputs["equity_recovery"]["range"][1]}}

    def estate_pays(recovery: float) -> Market:
        """Spreads as quoted, so that a higher recovery comes with higher odds; the proxy lends OpenAI its recovery."""
        return market.evolve(credit={**market.credit, "CRWV": market.credit["CRWV"].evolve(recovery=recovery)})

    rated = {f"{grade}: estate pays {entry['value']:.0%}": entry["value"] for grade, entry in inputs["recovery_by_rating"].items()}
    ends = [end for entry in inputs["recovery_by_rating"].values() for end in entry["range"]]
    rated |= {f"lowest: estate pays {min(ends):.0%}": min(ends), f"highest: estate pays {max(ends):.0%}": max(ends)}
    return {
        "as it is": (deal, market, inputs),
        "OpenAI's spread 400 bp wider": (deal, worse, inputs),
        "shares recover a fifth": (deal, market, some),
        "stages two years late": (late, market, inputs),
        "cap of 20 bn": (deal.evolve(contracts={**deal.contracts, "guarantee": guarantee.evolve(cap_usd=20e9)}), market, inputs),
        "campus sold, never let again": (deal.evolve(contracts={**deal.contracts, "lease": sold}), market, inputs),
        **{name: (deal, estate_pays(float(recovery)), inputs) for name, recovery in rated.items()},
    }


def sensitivity(deal: Deal, market: Market, inputs: dict[str, Any]) -> list[Row]:
    """Expected losses to 2033 with one input changed; the window tells the change."""
    rows: list[Row] = []
    for name, (of, on, given) in changes(deal, market, inputs).items():
        result = study(of, on, given, paths=CHANGED_PATHS)
        fails = result.found.default <= result.window_row
        for design in DESIGNS:
            for holder, loss in result.losses(design).items():
                if holder != "openai_shares":
                    rows.append(Row(design, holder, "expected_loss_changed", name, *mean_error(np.where(fails, loss, 0.0))))
    return rows


def sensitivity_table(rows: list[Row]) -> str:
    """The changes as text: NVIDIA by design, the lessor with and without the guarantee, OpenAI's other creditors, the buyers."""
    by = {(row.design, row.holder, row.window): row for row in rows}
    shown = {
        "NVIDIA, A": ("letter", "nvidia"),
        "NVIDIA, B": ("round", "nvidia"),
        "NVIDIA, C": ("guarantee", "nvidia"),
        "lessor, A and B": ("none", "sbenergy"),
        "lessor, C": ("guarantee", "sbenergy"),
        "creditors, C": ("guarantee", "estate"),
        "buyers": ("none", "buyers"),
    }
    lines = ["Expected loss to 2033, bn USD, with one input changed", f"{'':30}" + "".join(f"{title:>17}" for title in shown)]
    for name in dict.fromkeys(row.window for row in rows):
        cells = [by[design, holder, name] for design, holder in shown.values()]
        lines.append(f"{name:30}" + "".join(f"{f'{row.value / BN:.2f} ± {(row.standard_error or 0.0) / BN:.2f}':>17}" for row in cells))
    return "\n".join(lines)


def load_inputs() -> dict[str, Any]:
    """The study's own inputs."""
    return tomllib.loads((FOLDER / "study.toml").read_text(encoding="utf-8"))


def main() -> None:
    """Print the study."""
    deal, market, inputs = load_deal(FOLDER), load_market(FOLDER), load_inputs()
    rows, changed = rows_of(study(deal, market, inputs)), sensitivity(deal, market, inputs)
    print(table(rows))
    print()
    print(sensitivity_table(changed))
    if "--write" in sys.argv:
        text = json.dumps({"schema_version": 1, "results": [vars(row) for row in (*rows, *changed)]}, indent=1)
        (FOLDER / "expected.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
