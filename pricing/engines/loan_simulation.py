"""Loans, offtakes and guarantees by simulation of their facility; loans without collateral by their planned flows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from instruments.contracts.guarantee import Guarantee
from instruments.contracts.loan import Loan
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines import facility_features, facility_priced
from pricing.engines.facility_priced import priced, priced_rows
from pricing.engines.facility_rows import MEASURES, METHOD
from pricing.engines.facility_run import FacilityRun, Setup
from pricing.engines.loan_schedule import schedule_rows
from pricing.ledger import facility as k
from pricing.paths.residual import DefaultModel
from pricing.registry import Outcome, Task, register_engine
from pricing.results import Row

if TYPE_CHECKING:
    from curves.market import Market
    from instruments.deal import Deal


def simulated(
    deal: Deal, loan_id: str, market: Market, paths: int, seed: int, threads: int | None, model: DefaultModel = "endogenous"
) -> tuple[Setup, FacilityRun]:
    """A facility and its run, remembered by value: its loan, offtake and guarantee share one simulation."""
    found = priced(deal, loan_id, market, paths, seed, threads, model)
    return found.setup, found.run


def _of(task: Task, loan_id: str, model: DefaultModel) -> tuple[Setup, FacilityRun]:
    settings = task.settings
    return simulated(task.deal, loan_id, task.market, settings.paths, settings.seed, settings.threads, model)


@register_engine(
    Loan,
    METHOD,
    measures=(*MEASURES, *facility_features.MEASURES, *facility_priced.MEASURES),
    default=True,
    note="facility: waterfall and ledger on paths; other loans: planned flows",
)
def loan_by_simulation(task: Task) -> Outcome:
    """Price a loan. A project facility is rolled forward on paths of rent and credit; another loan rests on its borrower's credit alone.

    **Model**: `pricing.mechanics` by month, `pricing.paths.facility` for the paths. Rates stay at the curve's forwards, so that hedged and
    unhedged parts differ in carry only, unless the market gives the curve a `volatility`: then the floating part resets, the swap settles
    and everything is discounted along the path (`pricing.paths.rates`, `pricing.mechanics.rates`). Where the borrower may prepay, value and
    ledger are with its right used by its rule; margins and losses are of the loan held to maturity. **Not modelled**: amendments to come,
    taxes.
    """
    loan = task.contract
    if not isinstance(loan, Loan):
        raise PricingError(problem("unsupported", subject=task.contract_id, why="not a loan", remedy="name a loan"))
    if loan.collateral is None:
        return Outcome(rows=schedule_rows(task, METHOD, by_quantlib=False))
    settings = task.settings
    found = priced(task.deal, task.contract_id, task.market, settings.paths, settings.seed, settings.threads)
    rows = priced_rows(found, task.market, wanted=settings.measures, threads=settings.threads)
    sample = found.run.net.astype(np.float64) if settings.keep_sample else None
    return Outcome(rows=rows, warnings=warnings_of(found.setup), sample=sample)


def warnings_of(setup: Setup) -> tuple[str, ...]:
    """What a reader of a facility's numbers should know of its terms."""
    loan, offtake = setup.facility.loan, setup.facility.offtake
    said = []
    if offtake.end < loan.maturity:
        said.append(f"{setup.facility.loan_id}: the contract ends on {offtake.end}, before maturity {loan.maturity}")
    for role, key in (("customer", setup.model.customer), ("operator", setup.model.operator)):
        if key is None:
            said.append(f"{setup.facility.loan_id}: the {role} has no credit, so it never defaults")
    return tuple(said)


def _facility_of(task: Task, loan_id: str | None, model: DefaultModel) -> tuple[Setup, FacilityRun]:
    if loan_id is None:
        raise PricingError(
            problem("unsupported", subject=task.contract_id, why="no facility of the deal rests on it", remedy="value its loan")
        )
    return _of(task, loan_id, model)


def offtake_in_facility(task: Task, loan_id: str, model: DefaultModel = "endogenous") -> Outcome:
    """Value of what a customer pays in the facility that rests on it, money paid ahead less credits too, before the cost of serving it."""
    setup, run = _of(task, loan_id, model)
    offtake = setup.facility.offtake
    return _from_ledger(task, run, (k.RENT, k.PREPAID), (offtake.provider, offtake.customer), less=(k.PREPAID_BACK,))


@register_engine(Guarantee, METHOD, measures=("value",), default=True, note="payments in its loan's simulation")
def guarantee_by_simulation(task: Task) -> Outcome:
    """Value of what a guarantor pays after enforcement."""
    return guarantee_in_facility(task)


def guarantee_in_facility(task: Task, model: DefaultModel = "endogenous") -> Outcome:
    """The same, under a model of the vehicle's default."""
    contract = task.contract
    loan_id = contract.loan if isinstance(contract, Guarantee) and _is_facility(task, contract.loan) else None
    setup, run = _facility_of(task, loan_id, model)
    return _from_ledger(task, run, (k.GUARANTEE,), (setup.facility.loan.lender, setup.facility.guarantor))


def _is_facility(task: Task, loan_id: str) -> bool:
    loan = task.deal.contracts[loan_id]
    return isinstance(loan, Loan) and loan.collateral is not None


def _from_ledger(task: Task, run: FacilityRun, columns: tuple[int, ...], sides: tuple[str, str], *, less: tuple[int, ...] = ()) -> Outcome:
    present = run.present_ledger
    value = sum(float(np.sum(present[:, c])) * (-1.0 if c in less else 1.0) for c in (*columns, *less))
    rows = [
        Row(
            deal=task.deal.id,
            contract=task.contract_id,
            kind=getattr(task.contract, "kind", None),
            party=party,
            date=task.market.as_of,
            measure="value",
            probability="pricing",
            value=sign * value,
            error_note="mean over the facility's paths; no error is kept for single postings",
            method=METHOD,
        )
        for party, sign in zip(sides, (1.0, -1.0), strict=True)
    ]
    return Outcome(rows=tuple(rows))
