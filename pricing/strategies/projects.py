"""Projects of a few months with every part of a financing: debt by rank, guarantees, leases, prepayments, warrants, pledged shares."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from instruments.contracts.offtake import Substitute
from instruments.deal import Party
from instruments.financing import (
    DebtGuarantee,
    DebtTranche,
    Design,
    LeaseFinancing,
    PrepaidOfftake,
    ShareMarginLoan,
    VendorWarrants,
    WarrantStep,
)
from instruments.project import ForcedSale, Plant, Project

AS_OF = dt.date(2026, 1, 31)
COST = 100.0
"""USD: losses per 100 USD of hardware are dollars."""
PARTIES = {
    "owners": Party(),
    "operator": Party(credit="credit:OPR", equity="equity:OPR"),
    "tenant": Party(credit="credit:TEN"),
    "vendor": Party(credit="credit:VND", equity="equity:VND"),
    "lender": Party(),
    "junior": Party(),
    "lessor": Party(),
    "bank": Party(),
}
"""Who there is: the market of such a project needs these three credits and two shares, `rent:X` and `resale:X`."""
MARGINS = (0.03, 0.0, 0.15)


def project_of(designs: dict[str, Design], *, plant: Plant, enforcement: ForcedSale | None = None) -> Project:
    """A project of these designs, beside all equity."""
    whole = {"all_equity": Design(equity={"owners": 1.0}), **designs}
    return Project(id="small", as_of=AS_OF, parties=PARTIES, plant=plant, enforcement=enforcement or ForcedSale(), designs=whole)


def plants() -> SearchStrategy[Plant]:
    """One to ten months of one unit of 100 USD; running cost is well below the rents of a market near 0.02 USD an hour, or above them."""

    def build(months: int, contract: int, price: float, running: float, odds: float, delay: int) -> Plant:
        return Plant(
            operator="operator",
            customer="tenant",
            vendor="vendor",
            units=1.0,
            cost_usd=COST,
            months=months,
            contract_months=min(contract, months),
            contract_usd_per_hour=price,
            running_usd_per_unit_hour=running,
            rent="rent:X",
            resale="resale:X",
            substitute=Substitute(odds=odds, delay_months=delay, interim_share=0.5, cost_usd_per_unit=1.0, cost_uplift=0.1),
        )

    return st.builds(
        build,
        st.integers(3, 10),
        st.integers(2, 10),
        st.sampled_from([0.03, 0.02, 0.05]),
        st.sampled_from([0.005, 0.0, 0.03]),
        st.sampled_from([0.5, 1.0, 0.0]),
        st.integers(0, 3),
    )


def forced_sales() -> SearchStrategy[ForcedSale]:
    """Quick and slow enforcement."""
    return st.builds(
        ForcedSale,
        grace_months=st.integers(0, 2),
        repossession_months=st.integers(0, 2),
        lots=st.integers(1, 3),
        cost_usd_per_unit=st.sampled_from([0.0, 2.0]),
        choice=st.sampled_from(["sell", "better"]),
        discount_lost_share=st.sampled_from([0.5, 0.0, 1.0]),
    )


def tranches() -> SearchStrategy[dict[str, DebtTranche]]:
    """One or two tranches of at most 90 % of the cost together, three months long, by every schedule."""

    def build(senior: float, junior: float, rank: int, margin: float, kind: str) -> dict[str, DebtTranche]:
        found = {"senior": _tranche("lender", senior, 1, margin, kind)}
        if junior:
            found["junior"] = _tranche("junior", junior, rank, margin + 0.02, kind)
        return found

    schedules = st.sampled_from(["level", "straight", "bullet"])
    return st.builds(
        build,
        st.sampled_from([0.6, 0.3]),
        st.sampled_from([0.0, 0.2, 0.3]),
        st.sampled_from([2, 1]),
        st.sampled_from(MARGINS),
        schedules,
    )


def _tranche(holder: str, share: float, rank: int, margin: float, kind: str) -> DebtTranche:
    return DebtTranche.model_validate(
        {"holder": holder, "share_of_cost": share, "rank": rank, "margin": margin, "amortisation": kind, "months": 3}
    )


def guarantees() -> SearchStrategy[DebtGuarantee]:
    """By the vendor, of all tranches, whole or capped, without a fee."""
    return st.builds(
        DebtGuarantee,
        guarantor=st.just("vendor"),
        cap_share=st.none() | st.sampled_from([0.2, 0.5]),
        lag_months=st.integers(0, 3),
    )


def designs() -> SearchStrategy[Design]:
    """Any financing whose margins are stated."""
    share = st.sampled_from([1.0, 0.7])
    owners = share.map(lambda part: {"owners": part} if part == 1.0 else {"owners": part, "vendor": 1.0 - part})
    warrants = st.none() | st.builds(
        VendorWarrants,
        issuer=st.just("vendor"),
        holder=st.sampled_from(["owners", "tenant"]),
        steps=st.builds(_steps, st.sampled_from([0.0, 110.0])),
        months=st.just(3),
    )
    loans = st.none() | st.builds(
        ShareMarginLoan,
        lender=st.just("bank"),
        borrower=st.just("owners"),
        share_of_cost=st.just(0.1),
        opening_ltv=st.just(0.5),
        liquidation_ltv=st.sampled_from([0.6, 0.9]),
        margin=st.sampled_from(MARGINS),
        months=st.just(3),
    )
    prepaid = st.none() | st.builds(PrepaidOfftake, share_of_cost=st.just(0.1), margin=st.sampled_from(MARGINS), months=st.integers(1, 3))
    leases = st.builds(
        LeaseFinancing,
        lessor=st.just("lessor"),
        margin=st.sampled_from(MARGINS),
        rent_months=st.integers(1, 3),
        planned_residual_share=st.sampled_from([0.2, 0.0]),
        deposit_share=st.sampled_from([0.0, 0.1]),
        guarantor=st.none() | st.just("vendor"),
        guaranteed_start_share=st.just(0.9),
        guaranteed_end_share=st.just(0.3),
        lag_months=st.integers(0, 3),
    )
    common = {"equity": owners, "warrants": warrants, "margin_loan": loans, "prepayment": prepaid}
    lent = st.builds(Design, tranches=tranches().filter(_leaves_room), guarantee=st.none() | guarantees(), **common)
    return lent | st.builds(Design, lease=leases, **common) | st.builds(Design, **common)


def _steps(hurdle_usd: float) -> tuple[WarrantStep, ...]:
    return (WarrantStep(month=1, hurdle_usd=hurdle_usd, shares=0.05),)


def _leaves_room(found: dict[str, DebtTranche]) -> bool:
    return sum(tranche.share_of_cost for tranche in found.values()) <= 0.9


def projects() -> SearchStrategy[Project]:
    """A project with one random design, `other`, beside all equity."""
    return st.builds(_with_other, designs(), plants(), forced_sales())


def _with_other(design: Design, plant: Plant, rules: ForcedSale) -> Project:
    return project_of({"other": design}, plant=plant, enforcement=rules)
