"""Notes by Monte Carlo on their pool: the default method; their ledger; and the limit of a large pool as a second opinion.

**Model** obligors default by a one-factor Gaussian copula on their curves (`pricing.paths.pool`), or by first passages on the market's
paths (`pricing.paths.market_pool`), where their hardware is sold at the path's prices; collections go through the order of payments month
by month (`pricing.priority`). Value of a class = E[discounted interest and principal]. `large_pool` rolls the same order on 512 even
quantiles of the factor with infinitely many obligors: no noise, no luck of single names.

**Not modelled** prepayment, delinquency, servicer default, swaps, rate and spread volatility, breaks of a belief (said where the market has
them); a clean-up call is made whenever it is
allowed.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from curves import default_rates_key, short_rate
from instruments.contracts.notes import Notes
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines.contract_rows import ContractRows
from pricing.engines.notes_rows import CLASS_MEASURES, POOL_MEASURES, NotesFound, add_class_rows, add_pool_rows, found_of
from pricing.ledger.notes import notes_columns
from pricing.ledger.outcomes import Kept
from pricing.ledger.runs import ContractRun, run_contract
from pricing.mechanics.notes import roll_notes
from pricing.mechanics.pool import large_pool_collections, simulated_collections
from pricing.paths.daily_rates import STILL
from pricing.paths.streams import check_seed
from pricing.registry import Outcome, Task, register_engine, register_simulator
from pricing.schedules.notes import NotesPlan, resolve_notes
from pricing.schedules.types import Floats

METHOD = "simulation"
NODES = 512
LIMIT = "special case: infinitely many obligors, no group factors"
MARKET_LIMIT = "special case: one static factor for all lines, infinitely many obligors, no group factors, hardware at forward rents"


def notes_of(task: Task) -> Notes:
    """The contract of a task, if it is notes."""
    if not isinstance(task.contract, Notes):
        raise PricingError(problem("unsupported", subject=task.contract_id, why="not notes", remedy="name notes"))
    return task.contract


def simulated(task: Task) -> tuple[NotesPlan, ContractRun, NotesFound]:
    """Notes rolled over paths, with what was found beside their postings."""
    notes, seed = notes_of(task), check_seed(task.settings.seed)
    plan = resolve_notes(notes, task.market, task.contract_id)
    columns = notes_columns(task.contract_id, notes)

    def roll(block: int) -> tuple[Floats, NotesFound]:
        pool = simulated_collections(plan, task.contract_id, seed, block)
        rolled = roll_notes(plan, columns, pool)
        return rolled.ledger, found_of(plan, columns, rolled, pool, irr=task.settings.wants("irr"))

    kept = Kept(roll)
    run = run_contract(
        task.contract_id, columns.plan, plan.dates, plan.discount, kept, paths=task.settings.paths, threads=task.settings.threads
    )
    blocks = kept.found()
    joined = {name: np.concatenate([getattr(each, name) for each in blocks], axis=-1) for name in NotesFound.__dataclass_fields__}
    return plan, run, NotesFound(**joined)


@register_simulator(Notes)
def simulate_notes(task: Task) -> ContractRun:
    """The ledger of notes on paths."""
    return simulated(task)[1]


@register_engine(
    Notes,
    METHOD,
    measures=(*CLASS_MEASURES, *POOL_MEASURES),
    default=True,
    note="pool on a one-factor copula or on the market's paths, paid in order",
)
def notes_by_simulation(task: Task) -> Outcome:
    """Values, losses, lives, yields and tests; see the module."""
    plan, run, found = simulated(task)
    senior = plan.notes.classes[0].holder
    rows = ContractRows(task, METHOD, senior)
    for party in (senior, *(name for name in run.parties if name not in (senior, plan.notes.issuer))):  # whose pot ends empty
        rows.add("value", *run.value(party), party=party)
    add_class_rows(rows, plan, found)
    add_pool_rows(rows, plan, found)
    sample = np.asarray(run.of(senior), dtype=np.float64) if task.settings.keep_sample else None
    return Outcome(rows.rows, left_out_of(task), sample)


def left_out_of(task: Task) -> tuple[str, ...]:
    """What the market has and a pool does not see."""
    market = task.market
    moves = short_rate(market, default_rates_key(market)) is not None
    found = [*([STILL] if moves else []), *(["breaks of the belief left out"] if market.belief is not None else [])]
    return (f"{task.contract_id}: {', '.join(found)} in a pool of notes",) if found else ()


@register_engine(Notes, "large_pool", measures=CLASS_MEASURES, note="infinitely many obligors in each line: a quadrature over the factor")
def notes_by_large_pool(task: Task) -> Outcome:
    """The same order on the limit of a granular pool; groups' own factors are left out."""
    notes = notes_of(task)
    plan, columns = resolve_notes(notes, task.market, task.contract_id), notes_columns(task.contract_id, notes)
    pool = large_pool_collections(plan, ndtri((np.arange(NODES) + 0.5) / NODES))
    found = found_of(plan, columns, roll_notes(plan, columns, pool), pool, irr=False)
    note = LIMIT if plan.market_pool is None else MARKET_LIMIT
    rows = ContractRows(task, "large_pool", notes.classes[0].holder, note=note)
    weights = np.full(NODES, 1.0 / NODES)
    for party in dict.fromkeys(each.holder for each in notes.classes):
        mine = [index for index, each in enumerate(notes.classes) if each.holder == party]
        rows.add("value", float(np.einsum("p,cp->", weights, found.value[mine])), party=party)
    add_class_rows(rows, plan, found, weights)
    return Outcome(rows.rows)
