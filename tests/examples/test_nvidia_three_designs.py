"""The study of NVIDIA's three designs: what stands on its page, second opinions, conservation, inputs that move it, limits."""

from __future__ import annotations

import datetime as dt
import json
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curves import Market, load_market
from instruments import Deal, Lease, LeaseBackstop, LeaseGuarantee, Position, StagedEquity, load_deal
from instruments.ground.tolerances import CASH_CONSERVATION_ABS, MC_SIGMAS
from pricing.engines.staged_simulation import simulate_staged
from pricing.engines.support_run import set_up_support
from pricing.engines.tenant_run import set_up_tenant
from pricing.ledger.runs import claim_gaps
from pricing.registry import Settings, Task
from tests.stored import EXAMPLES

FOLDER = EXAMPLES / "nvidia_three_designs"
MODULE = runpy.run_path(str(FOLDER / "run.py"))
NUMBER = re.compile(r"-?\d+\.\d+")
STAGED = ("letter", "round")
Rows = dict[tuple[str, str, str], float]


@pytest.fixture(scope="module")
def deal() -> Deal:
    return load_deal(FOLDER)


@pytest.fixture(scope="module")
def market() -> Market:
    return load_market(FOLDER)


@pytest.fixture(scope="module")
def whole(deal: Deal, market: Market) -> Any:
    return MODULE["study"](deal, market, MODULE["load_inputs"]())


def shorter(deal: Deal) -> Deal:
    """The same with three phases of a lease of five years: the study's code on a third of the months."""
    lease, guarantee = deal.contracts["lease"], deal.contracts["guarantee"]
    assert isinstance(lease, Lease)
    assert isinstance(guarantee, LeaseGuarantee)
    assert lease.phases
    phases = tuple(phase.evolve(share=share) for phase, share in zip(lease.phases[:3], (0.4, 0.3, 0.3), strict=True))
    cover = guarantee.cover.evolve(threshold_usd={"0": 105e9, "60": 20e9})
    contracts = {"lease": lease.evolve(term_months=60, phases=phases), "guarantee": guarantee.evolve(last_month=60, cover=cover)}
    return deal.evolve(contracts={**deal.contracts, **contracts})


def found(deal: Deal, market: Market, window: str = "to 2033", threads: int | None = None, **inputs: Any) -> Rows:
    of = MODULE["study"](shorter(deal), market, MODULE["load_inputs"]() | inputs, paths=4096, threads=threads)
    return {(row.design, row.holder, row.measure): row.value for row in MODULE["rows_of"](of) if row.window == window}


@pytest.fixture(scope="module")
def base(deal: Deal, market: Market) -> Rows:
    return found(deal, market)


def assert_comes_out_again(rows: list[Any], stored: list[dict[str, Any]]) -> None:
    numbers = ("value", "standard_error")
    for old, new in zip(stored, rows, strict=True):
        assert {k: v for k, v in old.items() if k not in numbers} == {k: v for k, v in vars(new).items() if k not in numbers}
        # another libm may move a path across a threshold
        assert new.value == pytest.approx(old["value"], rel=1e-3, abs=0.05 * (old["standard_error"] or 0.0) + 1e6)


def assert_stands_on_the_page(printed: str, block: int) -> None:
    shown = re.findall(r"```text\n(.*?)```", (FOLDER / "README.md").read_text(), re.DOTALL)[block]
    for was, now in zip(shown.rstrip().splitlines(), printed.splitlines(), strict=True):
        assert NUMBER.sub("#", was) == NUMBER.sub("#", now)
        assert [float(n) for n in NUMBER.findall(now)] == pytest.approx([float(n) for n in NUMBER.findall(was)], rel=0.02, abs=0.02)


CHANGED = "expected_loss_changed"


def test_the_page_and_the_stored_rows_come_out_again(whole: Any) -> None:
    rows = MODULE["rows_of"](whole)
    stored = json.loads((FOLDER / "expected.json").read_text())["results"]
    assert_comes_out_again(rows, [row for row in stored if row["measure"] != CHANGED])
    assert_stands_on_the_page(MODULE["table"](rows), 0)


@pytest.mark.slow
def test_the_table_of_changes_comes_out_again(deal: Deal, market: Market) -> None:
    rows = MODULE["sensitivity"](deal, market, MODULE["load_inputs"]())
    stored = json.loads((FOLDER / "expected.json").read_text())["results"]
    assert_comes_out_again(rows, [row for row in stored if row["measure"] == CHANGED])
    assert_stands_on_the_page(MODULE["sensitivity_table"](rows), 1)


def test_the_run_agrees_with_the_engines_of_each_contract(whole: Any, deal: Deal, market: Market) -> None:
    # the letter alone draws the same random numbers: the same paths, to rounding
    settings = Settings(paths=4096)
    letter = deal.contracts["letter"]
    only = deal.evolve(contracts={"letter": letter}, position=Position())
    alone = simulate_staged(Task(deal=only, contract_id="letter", contract=letter, market=market, settings=settings))
    np.testing.assert_allclose(whole.transfers("letter")["nvidia"][:4096], alone.of("nvidia"), atol=1.0)
    # the guarantee's own engine mixes other random numbers to the same law
    value, error = MODULE["mean_error"](whole.transfers("guarantee")["sbenergy"])
    engine, spread = set_up_support(deal, "guarantee", market).run(paths=4096, seed=0, threads=None)[0].value("sbenergy")
    assert abs(value - engine) < MC_SIGMAS * np.hypot(error, spread)


def test_the_paid_round_loses_what_the_curve_says(whole: Any) -> None:
    by = {(row.design, row.holder, row.measure, row.window): row for row in MODULE["rows_of"](whole)}
    lost = by["round", "nvidia", "expected_loss", "whole lease"]
    closed = by["round", "nvidia", "expected_loss_closed_form", "whole lease"].value
    assert abs(lost.value - closed) < MC_SIGMAS * lost.standard_error


def test_money_is_conserved(whole: Any) -> None:
    gaps = claim_gaps(whole.run.plan, whole.run.roll(0))
    assert max(gap.difference for gap in gaps) < CASH_CONSERVATION_ABS * 1e12
    for design in ("letter", "round", "guarantee"):
        total = sum(whole.transfers(design).values())
        assert np.abs(total).max() < 1.0
        # together NVIDIA, the lessor and the other creditors lose what the lessor loses without support, and what was paid for shares
        losses, none = whole.losses(design), whole.losses("none")
        shares = whole.column(design, "capital paid in", "due") if design in STAGED else 0.0
        together = losses["nvidia"] + losses["sbenergy"] + losses["estate"] - none["sbenergy"] - shares
        assert np.abs(together).max() < 1.0
    assert np.array_equal(whole.losses("letter")["sbenergy"], whole.losses("round")["sbenergy"])


def test_the_tail_is_the_mean_of_the_worst() -> None:
    values = np.random.default_rng(0).exponential(size=40_000)
    mean, error = MODULE["expected_shortfall"](values, 0.975)
    assert mean == pytest.approx(np.sort(values)[-1000:].mean(), rel=2e-3)
    assert abs(mean - (1.0 + np.log(40.0))) < MC_SIGMAS * error  # exponential: quantile plus one


def edited(tmp_path: Path, *changes: tuple[str, str]) -> Market:
    text = (FOLDER / "market.toml").read_text()
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (tmp_path / "market.toml").write_text(text)
    return load_market(tmp_path)


def with_guarantee(deal: Deal, cap: float | None) -> Deal:
    guarantee = deal.contracts["guarantee"]
    assert isinstance(guarantee, LeaseGuarantee)
    return deal.evolve(contracts={**deal.contracts, "guarantee": guarantee.evolve(cap_usd=cap)})


def test_more_hazard_loses_more(base: Rows, deal: Deal, tmp_path: Path) -> None:
    worse = found(deal, edited(tmp_path, ("spread_add_bps = {value = -250.0,", "spread_add_bps = {value = 50.0,")))
    key: Callable[[str, str], tuple[str, str, str]] = lambda design, holder: (design, holder, "expected_loss")  # noqa: E731
    for design, holder in (("none", "sbenergy"), ("round", "nvidia"), ("letter", "nvidia"), ("guarantee", "nvidia")):
        assert worse[key(design, holder)] > 1.1 * base[key(design, holder)]


def test_equity_that_recovers_loses_less(base: Rows, deal: Deal, market: Market) -> None:
    some = found(deal, market, equity_recovery={"value": 0.2})
    for design in STAGED:
        assert some[design, "nvidia", "expected_loss"] == pytest.approx(0.8 * base[design, "nvidia", "expected_loss"])
        assert some[design, "estate", "expected_loss"] == pytest.approx(0.2 * base[design, "nvidia", "expected_loss"])
    assert some["guarantee", "nvidia", "expected_loss"] == base["guarantee", "nvidia", "expected_loss"]


def test_a_lower_cap_moves_losses_to_the_lessor(base: Rows, deal: Deal, market: Market) -> None:
    low, none, most = (found(with_guarantee(deal, cap), market) for cap in (10e9, 1.0, None))
    loss: Callable[[Rows, str], float] = lambda rows, holder: rows["guarantee", holder, "expected_loss"]  # noqa: E731
    assert loss(none, "nvidia") < 10.0
    assert loss(none, "sbenergy") == pytest.approx(base["none", "sbenergy", "expected_loss"], rel=1e-9)
    assert loss(none, "nvidia") < loss(low, "nvidia") < loss(base, "nvidia") <= loss(most, "nvidia")
    assert loss(none, "sbenergy") > loss(low, "sbenergy") > loss(base, "sbenergy") >= loss(most, "sbenergy")
    assert loss(most, "nvidia") == pytest.approx(loss(base, "nvidia"))  # the cap is the threshold of all phases: it never binds


def test_later_stages_lose_less_by_2033(base: Rows, deal: Deal, market: Market) -> None:
    later = deal.milestones["deployments"].evolve(
        plan={dt.date(2028, 12, 31): 1.0, dt.date(2030, 12, 31): 5.0, dt.date(2032, 12, 31): 10.0}
    )
    moved = found(deal.evolve(milestones={"deployments": later}), market)
    assert moved["letter", "nvidia", "expected_loss"] < 0.8 * base["letter", "nvidia", "expected_loss"]
    for holder in ("nvidia", "sbenergy"):
        assert moved["guarantee", holder, "expected_loss"] == base["guarantee", holder, "expected_loss"]


SAFE = (
    '[credit.OPENAI]\nkind = "proxy"\nproxy = "credit:CRWV"\n',
    '[credit.OPENAI]\nkind = "hazard"\nhazard = {{value = {hazard}, range = [0.0, 1e6]}}\n',
)
ADDED = "spread_add_bps = {value = -250.0, range = [-450.0, 150.0]}\n"


def of_hazard(tmp_path: Path, hazard: str) -> Market:
    return edited(tmp_path, (SAFE[0], SAFE[1].format(hazard=hazard)), (ADDED, ""))


def test_without_failure_nobody_loses_by_it(deal: Deal, tmp_path: Path) -> None:
    rows = found(deal, of_hazard(tmp_path, "0.0"), "whole lease")
    assert rows["all", "tenant", "failure_probability"] == 0.0
    assert all(value == 0.0 for (_, _, measure), value in rows.items() if measure in ("expected_loss", "shortfall_97_5"))


def test_certain_failure_at_once_costs_what_has_been_paid(deal: Deal, tmp_path: Path) -> None:
    rows = found(deal, of_hazard(tmp_path, "1e6"), "whole lease")
    assert rows["all", "tenant", "failure_probability"] == 1.0
    assert rows["round", "nvidia", "expected_loss"] == pytest.approx(30e9, rel=2e-3)  # two weeks of discount
    for design, holder in (("letter", "nvidia"), ("guarantee", "nvidia"), ("none", "sbenergy")):  # nothing drawn, no phase begun
        assert rows[design, holder, "expected_loss"] == 0.0


def test_any_number_of_threads_has_the_same_bytes(base: Rows, deal: Deal, market: Market) -> None:
    setup = set_up_tenant(shorter(deal), market, guarantee="guarantee", staged=STAGED)
    one, two = (setup.run("designs", paths=8192, seed=0, threads=threads) for threads in (1, 2))
    assert one[0].present.tobytes() == two[0].present.tobytes()
    assert one[1].present.tobytes() == two[1].present.tobytes()
    assert one[0].mean_ledger.tobytes() == two[0].mean_ledger.tobytes()


def test_contracts_of_other_kinds_are_refused(deal: Deal, market: Market) -> None:
    from instruments import PricingError

    with pytest.raises(PricingError, match="not staged equity"):
        set_up_tenant(deal, market, guarantee="guarantee", staged=("lease",))
    letter = deal.contracts["letter"]
    assert isinstance(letter, StagedEquity)
    odd = deal.evolve(contracts={**deal.contracts, "letter": letter.evolve(end=dt.date(2033, 12, 15))})
    with pytest.raises(PricingError, match="no month ends of the lease"):
        set_up_tenant(odd, market, guarantee="guarantee", staged=("letter",))


def test_another_form_of_guarantee_runs_in_the_same_way(deal: Deal, market: Market) -> None:
    short = shorter(deal)
    guarantee = short.contracts["guarantee"]
    assert isinstance(guarantee, LeaseGuarantee)
    backstop = guarantee.evolve(cover=LeaseBackstop(form="lease_backstop", share=0.85))
    setup = set_up_tenant(
        short.evolve(contracts={**short.contracts, "guarantee": backstop}), market, guarantee="guarantee", staged=("round",)
    )
    ledger, rest = setup.block(0, 0)
    paid = [i for i, posting in enumerate(setup.plan().postings) if (posting.reason, posting.claim) == ("guarantee", "cash")]
    assert ledger[:, paid].sum() > 0.0
    assert (rest.guaranteed == 0.0).all()  # a share of what is owed then: no threshold to show
    assert max(gap.difference for gap in claim_gaps(setup.plan(), ledger)) < CASH_CONSERVATION_ABS * 1e12


def test_the_margin_moves_with_its_inputs_and_is_what_drawn_money_buys(deal: Deal, market: Market) -> None:
    inputs = MODULE["load_inputs"]()
    of = MODULE["study"](shorter(deal), market, inputs, paths=4096)
    rows = {(row.design, row.measure, row.window): row.value for row in MODULE["margin_rows"](of)}
    per_gw = 0.29 * 35e9
    # by hand: the round's 30 bn; a gigawatt for every 10 bn drawn; the campus's 4.25 GW where the tenant lives until its phases begin
    assert rows["round", "vendor_margin", "to 2033"] == pytest.approx(0.29 * 30e9)
    drawn = of.column("letter", "draws", "cash")
    assert rows["letter", "vendor_margin", "to 2033"] == pytest.approx(drawn.mean() / 10e9 * per_gw)
    phases = of.setup.support.lease.plan.phases
    begun = sum(phase.share * of.run.discount[phase.start] * (of.found.default > phase.start).mean() for phase in phases)
    assert rows["guarantee", "vendor_margin", "to 2033"] == pytest.approx(4.25 * per_gw * begun)
    for design in ("letter", "round", "guarantee"):
        lost = np.where(of.found.default <= of.window_row, of.losses(design)["nvidia"], 0.0).mean()
        earned = rows[design, "vendor_margin", "to 2033"]
        assert rows[design, "loss_net_of_margin", "to 2033"] == pytest.approx(lost - earned)
        assert rows[design, "share_of_margin_lost", "to 2033"] == pytest.approx(lost / earned)
    # an input moves what hangs on it, and nothing else
    twice = {name: dict(entry) for name, entry in inputs["vendor_margin"].items()}
    twice["capex_usd_per_gw"]["value"] = 70e9
    again = MODULE["study"](shorter(deal), market, inputs | {"vendor_margin": twice}, paths=4096)
    moved = {(row.design, row.measure, row.window): row.value for row in MODULE["margin_rows"](again)}
    for design, factor in (("letter", 2.0), ("round", 1.0), ("guarantee", 2.0)):
        assert moved[design, "vendor_margin", "to 2033"] == pytest.approx(factor * rows[design, "vendor_margin", "to 2033"])
        assert again.losses(design)["nvidia"].tobytes() == of.losses(design)["nvidia"].tobytes()


def test_the_recovery_of_a_rating_moves_the_estate_and_the_odds(deal: Deal, market: Market) -> None:
    changes = MODULE["changes"](deal, market, MODULE["load_inputs"]())
    rows: list[Rows] = []
    for name in ("distressed: estate pays 24%", "inv. grade: estate pays 52%"):
        _, on, inputs = changes[name]
        rows.append(found(deal, on, **inputs))
    poor, good = rows
    # spreads are quoted: the odds of failure go with 1 / (1 - recovery)
    assert good["all", "tenant", "failure_probability"] > 1.1 * poor["all", "tenant", "failure_probability"]
    assert good["round", "nvidia", "expected_loss"] > 1.1 * poor["round", "nvidia", "expected_loss"]
    assert good["guarantee", "estate", "expected_loss"] > 1.1 * poor["guarantee", "estate", "expected_loss"]
    # of what the guarantor pays, the estate gives its recovery back
    for each, recovery in ((poor, 0.24), (good, 0.52)):
        paid = each["guarantee", "nvidia", "expected_loss"] + each["guarantee", "estate", "expected_loss"]
        assert each["guarantee", "estate", "expected_loss"] == pytest.approx(recovery * paid, rel=0.02)


def test_every_assumed_input_of_the_study_has_a_range_around_its_value() -> None:
    inputs = MODULE["load_inputs"]()
    entries = [inputs["equity_recovery"], *inputs["vendor_margin"].values(), *inputs["recovery_by_rating"].values()]
    for entry in entries:
        low, high = entry["range"]
        assert low <= entry["value"] <= high
        assert low < high
        assert entry["why"] if entry["basis"] == "assumed" else entry["source"]
