"""Facilities by other models of their vehicle's default: from its curve alone, or from its cash and what is left of its curve."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from instruments.contracts.guarantee import Guarantee
from instruments.contracts.loan import Loan
from instruments.contracts.offtake import Offtake
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines import facility_features, facility_priced
from pricing.engines.facility_priced import Priced, mean_error, priced, priced_rows
from pricing.engines.facility_rows import MEASURES, METHOD, Rows
from pricing.engines.loan_simulation import guarantee_in_facility, offtake_in_facility, warnings_of
from pricing.engines.offtake_simulation import facility_of
from pricing.paths.residual import DefaultModel
from pricing.registry import Outcome, Task, register_engine
from pricing.results import Row
from pricing.risk.names import RISK_MEASURES

MODELS: dict[str, DefaultModel] = {METHOD: "endogenous", "market": "market", "endogenous_with_residual": "endogenous_with_residual"}
"""Method to where the default of a facility's vehicle comes from."""
NOTES = {
    "market": "facility whose vehicle defaults as its own curve says, its customer and operator not apart from it",
    "endogenous_with_residual": "facility whose vehicle defaults on its cash, or of other causes so that the total is its curve's",
}
OFFERED = tuple(
    name for name in (*MEASURES, *facility_features.MEASURES, *facility_priced.MEASURES) if name not in RISK_MEASURES
)  # fmt: skip
"""What these methods give: measures that re-roll a facility under other terms or quotes know the endogenous default alone."""
COST = "residual_default_cost"


def loan_by_model(task: Task, method: str) -> Outcome:
    """Price a facility under another model of its vehicle's default (`pricing.engines.facility_default`).

    **Model** `market` and `endogenous_with_residual` take the vehicle's curve from its party's `credit`; each default is counted once.
    With the residual, `residual_default_cost` is the endogenous value less the value, on the same paths.
    """
    loan = task.contract
    if not isinstance(loan, Loan) or loan.collateral is None:
        why = f"method '{method}' rolls a project facility forward: this is none"
        raise PricingError(problem("unsupported", subject=task.contract_id, why=why, remedy="use its default method"))
    how = task.settings
    found = priced(task.deal, task.contract_id, task.market, how.paths, how.seed, how.threads, MODELS[method])
    rows = model_rows(task, found, method)
    sample = found.run.net.astype(float) if how.keep_sample else None
    return Outcome(rows=rows, warnings=warnings_of(found.setup), sample=sample)


def model_rows(task: Task, found: Priced, method: str) -> tuple[Row, ...]:
    """Every asked measure of a facility, under the name of its method."""
    how = task.settings
    rows = priced_rows(found, task.market, wanted=how.measures, threads=how.threads)
    if MODELS[method] == "endogenous_with_residual" and how.wants(COST):
        without = priced(task.deal, task.contract_id, task.market, how.paths, how.seed, how.threads)
        more = Rows(found.run, how.measures)
        step = without.run.net - found.run.net
        more.add(COST, float(step.mean()), mean_error(step), note="same paths with and without causes other than cash")
        rows = (*rows, *more.made)
    return rows if method == METHOD else tuple(replace(row, method=method) for row in rows)


def _offtake(task: Task, method: str) -> Outcome:
    loan_id = facility_of(task.deal, task.contract_id)
    if loan_id is None:
        why = f"method '{method}' is of a facility, and no loan of the deal rests on this offtake"
        raise PricingError(problem("unsupported", subject=task.contract_id, why=why, remedy="use its default method"))
    return _named(offtake_in_facility(task, loan_id, MODELS[method]), method)


def _guarantee(task: Task, method: str) -> Outcome:
    return _named(guarantee_in_facility(task, MODELS[method]), method)


def _named(outcome: Outcome, method: str) -> Outcome:
    return replace(outcome, rows=tuple(replace(row, method=method) for row in outcome.rows))


for _method, _note in NOTES.items():
    _more = (COST,) if _method == "endogenous_with_residual" else ()
    register_engine(Loan, _method, measures=(*OFFERED, *_more), note=_note)(partial(loan_by_model, method=_method))
    register_engine(Offtake, _method, measures=("value",), note=_note)(partial(_offtake, method=_method))
    register_engine(Guarantee, _method, measures=("value",), note=_note)(partial(_guarantee, method=_method))
