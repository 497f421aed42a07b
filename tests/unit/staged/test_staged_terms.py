"""What staged equity refuses and how its amounts follow plan and price."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from instruments import (
    DateReached,
    Deal,
    FixedPrice,
    FixedValuation,
    GpufinError,
    InputError,
    MilestoneReached,
    ShareOfPrice,
    StagedEquity,
    StagedLadder,
    StagedPosition,
    StagedTranche,
    StopRight,
    UnitsAmount,
    UsdPerUnit,
    deal_from_text,
    dumps_json,
    dumps_toml,
)
from instruments.contracts.staged import stages_of
from instruments.ground.errors import TermsError
from pricing import price
from tests.staged import STOP, deal, market, tranche

LADDER = StagedLadder(milestone="sites", per_unit=UsdPerUnit(usd=1000.0), price=FixedPrice(usd_per_share=100.0))


def amounts(made: Deal) -> list[float]:
    staged = made.contracts["stake"]
    assert isinstance(staged, StagedEquity)
    return [stage.amount_usd for stage in stages_of(staged, made.milestones)]


def test_a_ladder_follows_its_plan() -> None:
    assert amounts(deal(ladder=LADDER)) == [1000.0, 1000.0]
    assert amounts(deal(ladder=LADDER, plan={dt.date(2026, 3, 31): 0.5, dt.date(2026, 10, 31): 3.0})) == [500.0, 2500.0]


def test_a_ladder_follows_the_price_of_a_unit() -> None:
    ladder = LADDER.evolve(per_unit=ShareOfPrice(share=0.2))
    assert amounts(deal(ladder=ladder)) == pytest.approx([700.0, 700.0])
    assert amounts(deal(ladder=ladder, price_per_unit_usd=5000.0)) == pytest.approx([1000.0, 1000.0])


def test_a_cap_cuts_the_last_rungs() -> None:
    assert amounts(deal(ladder=LADDER.evolve(cap_usd=1500.0))) == [1000.0, 500.0]
    assert amounts(deal(ladder=LADDER.evolve(cap_usd=1000.0))) == [1000.0]


def test_units_times_what_a_unit_brings() -> None:
    units = UnitsAmount(milestone="sites", units=1.5, per_unit=ShareOfPrice(share=0.1))
    assert amounts(deal(tranche(amount=units), tranche(amount=units.evolve(per_unit=UsdPerUnit(usd=10.0))))) == pytest.approx([525.0, 15.0])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: deal(), "give tranches or a ladder"),
        (lambda: deal(tranche(), ladder=LADDER), "give tranches or a ladder"),
        (lambda: deal(tranche(), issuer="maker"), "two parties"),
        (lambda: deal(tranche(), investor="nobody"), "no such party"),
        (lambda: deal(tranche(), end=dt.date(2025, 9, 22)), "must be after"),
        (lambda: deal(tranche(3.0)), "above the last level"),
        (lambda: deal(tranche(standing="firm")), "released by a date alone"),
        (lambda: deal(tranche(standing="non_binding"), investor_stop=STOP), "say what each side would put up with"),
        (lambda: deal(tranche(), closing_months=1, issuer_stop=StopRight(notice_months=2)), "notice cannot be longer"),
        (lambda: deal(ladder=LADDER.evolve(milestone="nothing")), "no such milestone"),
        (lambda: deal(ladder=LADDER.evolve(per_unit=ShareOfPrice(share=0.2)), price_per_unit_usd=None), "price_per_unit_usd"),
        (lambda: deal(tranche(), drawn=StagedPosition(drawn_usd=(2000.0,))), "above the tranche"),
        (lambda: deal(tranche(), drawn=StagedPosition(drawn_usd=(1.0, 1.0))), "one number per tranche"),
        (lambda: deal(tranche(), drawn=StagedPosition(latched=("7",))), "no such leg"),
    ],
)
def test_mistakes_are_told(make: Any, said: str) -> None:
    with pytest.raises(TermsError, match=said):
        make()


def test_a_position_of_another_family_is_refused() -> None:
    with pytest.raises(TermsError, match="no such contract"):
        Deal.model_validate(deal(tranche()).model_dump() | {"position": {"staged": {"other": {}}}})


def test_a_file_with_a_mistake_names_its_place() -> None:
    text = dumps_toml(deal(tranche(standing="non_binding"), investor_stop=STOP, issuer_stop=STOP)).replace('"non_binding"', '"promised"')
    with pytest.raises(InputError) as told:
        deal_from_text(text)
    assert 'tranches.0.standing = "promised": must be one of' in str(told.value)


def test_terms_go_to_files_and_back() -> None:
    made = deal(
        tranche(condition=DateReached(on=dt.date(2026, 5, 1)), standing="firm"),
        tranche(2.0, price=FixedValuation(pre_money_usd=1e5, round_usd=5e3)),
        investor_stop=StopRight(tolerance=0.25),
        drawn=StagedPosition(drawn_usd=(400.0, 0.0), drawn_shares=(4.0, 0.0)),
    )
    assert deal_from_text(dumps_toml(made)) == made
    assert Deal.model_validate_json(dumps_json(made)) == made


@pytest.mark.parametrize(
    ("made", "at", "said"),
    [
        (
            deal(tranche(price=FixedValuation(pre_money_usd=1e5))),
            market(share={"shares_outstanding": None}),
            "shares_outstanding",
        ),
        (deal(tranche()), market(milestones={}), "milestone:sites"),
        (deal(tranche(plan := 1.0), plan={dt.date(2025, 9, 1): plan, dt.date(2026, 1, 1): 2.0}), market(), "was due on"),
    ],
)
def test_what_cannot_be_priced_is_told(made: Deal, at: Any, said: str) -> None:
    with pytest.raises(GpufinError, match=said):
        price(made, at, paths=1)


def test_a_bare_commitment_belongs_in_a_deal() -> None:
    staged = StagedEquity(
        investor="maker",
        issuer="lab",
        underlying="equity:LAB",
        end=dt.date(2027, 9, 30),
        tranches=(
            StagedTranche(
                amount={"kind": "fixed", "usd": 1.0},
                condition=MilestoneReached(milestone="sites", at_least=1.0),
                price=FixedPrice(usd_per_share=1.0),
            ),
        ),  # type: ignore[arg-type]
    )
    with pytest.raises(GpufinError, match="Deal"):
        price(staged, market())
