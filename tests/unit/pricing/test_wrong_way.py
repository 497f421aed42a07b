"""Joint losses: they sum to nought, agree with the facility's own loss, and wrong-way risk comes out of dependence alone."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from instruments import Deal
from instruments.ground.errors import InputError, PricingError
from instruments.ground.tolerances import MC_SIGMAS
from pricing import simulate
from pricing.cli.joint import joint_text
from pricing.laws.joint import cut_keeps_marginals, losses_sum_to_nought
from pricing.registry import Settings
from pricing.risk.party_values import losses_by_party, party_values
from pricing.risk.switches import without_defaults, without_dependence, without_impact
from pricing.risk.wrong_way import SWITCHES, compare, shortfall, split, two_state_losses, wrong_way
from pricing.simulation import Simulation
from tests.facilities import deal, market
from tests.unit.pricing.test_deal_world import joint_deal
from tests.warrants import deal as small_warrant, price_leg

SETTINGS = Settings(paths=1, seed=2)
RISKY = {"PAYER": {"kind": "hazard", "hazard": 0.15}, "PARENT": {"kind": "hazard", "hazard": 0.25}}
TIED = market(credit=RISKY, correlation={"rent:GPU|credit:PARENT": 0.7, "rent:GPU|credit:PAYER": 0.7, "credit:PAYER|credit:PARENT": 0.6})
LOOSE = market(credit=RISKY, correlation={})
STATES = (np.array([0.3, 0.7]), np.array([0.4, 0.05]), np.array([0.6, 0.1]))


def test_example_12_of_two_states() -> None:
    joint, apart, ratio = two_state_losses(*STATES)
    assert joint == pytest.approx(0.0755)
    assert apart == pytest.approx(0.03875)
    assert ratio == pytest.approx(1.948, abs=5e-4)


def test_paths_of_the_two_states_have_that_ratio() -> None:
    weights, odds, lost = STATES
    rng, n = np.random.default_rng(0), 400_000
    state, other = (rng.random(n) >= weights[0]).astype(int), (rng.random(n) >= weights[0]).astype(int)
    luck = rng.random(n)
    found = compare((luck < odds[state]) * lost[state], (luck < odds[state]) * lost[other])
    assert found.ratio is not None
    assert abs(found.ratio.value - two_state_losses(*STATES)[2]) <= MC_SIGMAS * found.ratio.error
    assert 0.0 < found.ratio.error < 0.02


@pytest.mark.parametrize("of", [deal(), joint_deal()], ids=["facility", "four contracts"])
def test_losses_of_all_parties_and_the_outside_sum_to_nought(of: Deal) -> None:
    found = losses_by_party(of, TIED, SETTINGS)
    assert np.abs(found.losses.sum(axis=0)).max() <= 1e-9 * np.abs(found.losses).max()
    assert losses_sum_to_nought(of, TIED, SETTINGS) is None
    assert set(found.inside) == set(of.parties)
    assert float(found.total.mean()) > 0.0


def test_the_lenders_loss_is_that_of_the_facility() -> None:
    run = simulate(deal(), TIED, paths=1, seed=2)
    row = next(row for row in run.rows if row.measure == "loss_against_default_free")
    lender = run.losses_by_party.of("bank")
    assert float(lender.mean()) == pytest.approx(row.value, rel=1e-9)
    assert float(lender.std(ddof=1) / np.sqrt(lender.size)) == pytest.approx(row.standard_error, rel=1e-9)


def test_values_by_party_are_those_of_the_ledgers() -> None:
    of = joint_deal()
    found, values = simulate(of, TIED, paths=1, seed=2), party_values(of, TIED, SETTINGS)
    frame = found.by_party
    for party in ("bank", "payer", "parent"):
        ours = float(values.of(party).mean())
        theirs = sum(net for _, name, _, _, _, net in frame.iter_rows() if name.split("/")[0] == party)
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-3)
    assert not values.of("nobody").any()


def test_without_dependence_to_cut_the_ratio_is_one_to_the_last_bit() -> None:
    found = wrong_way(deal(), LOOSE, SETTINGS)
    for one in found.values():
        assert one.loss == one.cut
        assert one.ratio is None or (one.ratio.value == 1.0 and one.ratio.error == 0.0)


def test_low_rents_at_the_payers_default_cost_the_lender_more() -> None:
    of, more = deal(), SETTINGS
    found = wrong_way(of, TIED, more)["bank"]
    assert found.ratio is not None
    assert found.ratio.value - 1.0 > MC_SIGMAS * found.ratio.error
    # right-way: the payer fails when rents are high
    signs = {"rent:GPU|credit:PARENT": -0.7, "rent:GPU|credit:PAYER": -0.7}
    other = wrong_way(of, market(credit=RISKY, correlation=signs), more)["bank"]
    assert other.ratio is not None
    assert other.ratio.value < 1.0


def test_cutting_leaves_marginals() -> None:
    assert cut_keeps_marginals(deal(), TIED, SETTINGS) is None
    assert without_dependence(TIED).correlation == {}
    assert without_dependence(TIED).credit == TIED.credit
    of, never = deal(), without_defaults(TIED)
    assert not losses_by_party(of, never, SETTINGS).losses.any()
    cheap, flat = without_impact(of, TIED)
    assert cheap == of
    assert flat.resale["GPU"].impact.value == 0.0


def test_parts_add_up_and_know_their_switch() -> None:
    rng = np.random.default_rng(1)
    base, gains = rng.random(4096), rng.random((3, 4096))

    def additive(case: tuple[bool, bool, bool]) -> np.ndarray:
        return base + sum(gain for on, gain in zip(case, gains, strict=True) if on)

    found = split(additive)
    assert found["alone"].value == pytest.approx(base.mean())
    for name, gain in zip(SWITCHES, gains, strict=True):
        assert found[name].value == pytest.approx(gain.mean())
    table = {case: rng.random(4096) ** 3 for case in product((False, True), repeat=3)}
    for level, whole in ((None, table[True, True, True].mean()), (0.9, shortfall(table[True, True, True], 0.9).value)):
        parts = split(lambda case: table[case], level)
        assert sum(part.value for part in parts.values()) == pytest.approx(whole)


def test_shortfall_of_a_uniform() -> None:
    values = np.random.default_rng(3).random(100_000)
    found = shortfall(values, 0.9)
    assert abs(found.value - 0.95) <= MC_SIGMAS * found.error
    # conditional variance of the excess: sqrt((1/1200 x 4 ... ) by hand: E[e^2]/0.1 - 0.1 e^2 with e uniform on (0, 0.1)
    assert found.error == pytest.approx(np.sqrt((0.1 * 0.01 / 3 - 0.005**2) / 0.01 / values.size), rel=0.05)


def twice() -> Deal:
    """Two facilities of two banks that rest on the same payer and operator."""
    document = deal().model_dump(mode="python", by_alias=True)
    names = {"loan": "loan2", "offtake": "offtake2", "support": "support2"}
    for old, new in names.items():
        document["contracts"][new] = dict(document["contracts"][old])
    document["contracts"]["loan2"] |= {"lender": "bank2", "borrower": "spv2", "collateral": "fleet2", "offtake": "offtake2"}
    document["contracts"]["offtake2"] |= {"provider": "spv2", "fleet": "fleet2"}
    document["contracts"]["support2"] |= {"loan": "loan2"}
    document["assets"]["fleet2"] = document["assets"]["fleet"] | {"owner": "spv2"}
    document["parties"] |= {"bank2": {}, "spv2": {}}
    return Deal.model_validate(document)


@pytest.fixture(scope="module")
def several() -> Simulation:
    return simulate(twice(), TIED, paths=1, seed=2, joint=True)


def test_names_that_several_contracts_share_thicken_the_tail(several: Simulation) -> None:
    rows = {(row.measure, row.part, row.party): row for row in several.rows if row.kind == "deal"}
    parts = [row for (measure, _, _), row in rows.items() if measure == "joint_loss_part"]
    assert sum(row.value or 0.0 for row in parts) == pytest.approx(rows["joint_loss", None, None].value)
    tail = rows["joint_shortfall_part", "contracts", None]
    assert (tail.value or 0.0) > MC_SIGMAS * (tail.standard_error or 0.0)
    assert (rows["joint_loss_part", "sales", None].value or 0.0) > 0.0
    text = joint_text(several.rows)
    assert "all that lose" in text
    assert "common factor" in text


def test_joint_rows_repeat_for_any_number_of_threads(several: Simulation) -> None:
    again = losses_by_party(twice(), TIED, Settings(paths=2 * 4096, seed=2, threads=2))
    assert np.array_equal(again.losses[:, :4096], several.losses_by_party.losses)


def test_what_cannot_be_told() -> None:
    with pytest.raises(InputError, match="deal and market"):
        _ = Simulation((), ()).losses_by_party
    nothing = deal().evolve(contracts={"offtake": deal().contracts["offtake"]})
    assert losses_by_party(nothing, LOOSE, SETTINGS).parties
    with pytest.raises(PricingError, match="no loan of the deal has collateral"):
        losses_by_party(small_warrant([price_leg(110.0)], milestones={}), LOOSE, SETTINGS)
