"""`compare_financings`: one project, the same paths, many financings; and the tables it gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from curves import Market, market_warnings
from instruments.ground.errors import GpufinError, InputError, PricingError, Problem
from instruments.ground.messages import problem
from instruments.project import Project
from pricing.api import audit
from pricing.paths.streams import blocks_for, check_seed, workers
from pricing.progress import follow
from pricing.registry import Settings
from pricing.results import Report
from pricing.risk.transfer.dead_weight import dead_weight
from pricing.risk.transfer.design_run import DesignRun, Paths, fair_margins, run_design, simulate_paths_of
from pricing.risk.transfer.operations import project_value
from pricing.risk.transfer.rows import METHOD, SUFFIX, Compared, TransferRow, rows_of, ultimate_holders
from pricing.risk.transfer.sentence import sentence_of
from pricing.risk.transfer.setup import set_up
from pricing.risk.transfer.statistics import Views

if TYPE_CHECKING:
    import polars as pl

DEFAULT_PATHS = 16384
View = Literal["mean", "on_default", "in_tail"]
ALONE = ("holder_shortfall", "holder_loss_probability", "tail_correlation")
"""Measures of one holder's loss beside its means."""
DEAD_WEIGHT = "dead weight"
"""Name of the row of a matrix that holds what nobody gains."""


@dataclass(frozen=True, repr=False)
class RiskTransfer(Report[TransferRow]):
    """What `compare_financings` returns: rows, and frames that read them. Losses are per 100 USD of hardware, gains are below 0."""

    compared: Compared | None = None
    """Losses path by path, ledgers and margins, by design."""

    @property
    def runs(self) -> Mapping[str, DesignRun]:
        """Design to its run, with the ledger."""
        return self._compared.runs

    @property
    def _compared(self) -> Compared:
        if self.compared is None:
            raise PricingError(problem("unsupported", subject="comparison", why="its paths were not kept", remedy="compare again"))
        return self.compared

    def number(self, measure: str, design: str, *, party: str | None = None, part: str | None = None) -> TransferRow:
        """One row. Raises InputError where there is none."""
        for row in self.rows:
            if (row.measure, row.design, row.party, row.part) == (measure, design, party, part):
                return row
        names = sorted({row.measure for row in self.rows})
        raise InputError(problem("unknown_name", subject="comparison", field=f"{measure} of {design}", what="row", choices=names))

    def matrix(self, measure: str = "transfer", view: View = "on_default", *, ultimate: bool = False) -> pl.DataFrame:
        """Holders by designs, the dead weight below: `transfer` columns add up to it.

        Args:
            measure: 'transfer' (against the baseline) or 'holder_loss'.
            view: 'mean'; 'on_default', given that the customer fails; 'in_tail', on the worst 5 % of paths of the project.
            ultimate: ultimate holders in place of holder classes (transfers only).
        """
        import polars as pl

        compared = self._compared
        names = compared.ultimate if ultimate else compared.holders
        wanted = f"{'ultimate_transfer' if ultimate else measure}{SUFFIX[view]}"
        found = {(row.design, row.party): row.value for row in self.rows if row.measure == wanted}
        data: dict[str, list[str] | list[float | None]] = {"holder": [*names, *([DEAD_WEIGHT] if measure == "transfer" else [])]}
        for design in compared.runs:
            column: list[float | None] = [found.get((design, name)) for name in names]
            if measure == "transfer":
                column.append(self.number(f"dead_weight{SUFFIX[view]}", design).value)
            data[design] = column
        return pl.DataFrame(data)

    def _frame(self, measures: Iterable[str]) -> pl.DataFrame:
        import polars as pl

        return self.table.filter(pl.col("measure").is_in(list(measures)))

    @property
    def dead_weight(self) -> pl.DataFrame:
        """Dead weight by component, view and design."""
        return self._frame(f"dead_weight{suffix}" for suffix in SUFFIX.values())

    @property
    def ultimate(self) -> pl.DataFrame:
        """Transfers to ultimate holders, and what cohorts lose of their money."""
        return self._frame(f"{name}{suffix}" for name in ("ultimate_transfer", "cohort_loss") for suffix in SUFFIX.values())

    @property
    def benefits(self) -> pl.DataFrame:
        """Funding cost, months to build, value of being earlier, by design."""
        return self._frame(("funding_cost", "funding_cost_saved", "own_share", "months_to_build", "months_earlier", "early_value"))

    @property
    def dial(self) -> pl.DataFrame:
        """Losses by holder along the dial: on average, in the tail, alone, how often, and how they move with the tail."""
        import polars as pl

        losses = self._frame((*(f"holder_loss{end}" for end in SUFFIX.values()), *ALONE))
        order = {name: at for at, name in enumerate(self.dial_designs)}
        kept = losses.filter(pl.col("design").is_in(list(order)))
        return kept.sort(pl.col("design").replace_strict(order, default=None, return_dtype=pl.Int64()), maintain_order=True)

    @property
    def dial_designs(self) -> tuple[str, ...]:
        """Designs of the dial, in order, as far as they were compared."""
        return tuple(name for name in self._compared.project.dial if name in self._compared.runs)

    def sentence_for(self, design: str) -> str:
        """Who loses less, who more, what is lost to all, and what is gained, against the baseline."""
        return sentence_of(self._compared, self.rows, design)

    @property
    def sentence(self) -> str:
        """The sentence of the last design of the dial, or of the last one compared."""
        return self.sentence_for((*self._compared.runs, *self.dial_designs)[-1])

    def plot(self, view: View = "in_tail") -> Any:
        """Who loses less and who more under each design, as a plotly figure.

        Raises:
            InputError: plotly is not installed (pip install plotly).
        """
        from pricing.report.plots import drawn, transfer_bars

        return drawn(transfer_bars(self, view), "RiskTransfer.plot")


def compare_financings(
    project: Project,
    market: Market,
    *,
    designs: Iterable[str] | None = None,
    baseline: str = "all_equity",
    paths: int | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> RiskTransfer:
    """Put one project under many financings on the same paths, and say who loses what.

    **Model** operations run once per path (`pricing.risk.transfer.operations`); each design posts its flows to one double-entry ledger.
    Loss to a holder = PV(paid in) - PV(received) - PV(terminal value) at one discounting for all, per 100 USD of hardware, under the
    pricing measure. A fair margin makes its claim worth par on these paths, so that a design moves risk and no mispricing. Against the
    baseline the losses of all holders add up to the dead weight, which is computed from the operations alone.

    Not modelled: taxes, fees of arrangers, what a guarantor's own trouble costs others, other dealings between the same parties.

    Args:
        project: operations and designs. market: rates, credits, shares, rent and resale, of the project's date.
        designs: names of the designs wanted; None takes all. The baseline is always among them.
        baseline: the design that the others are compared with.
        paths: rounded up to whole blocks of 4,096; default 16,384. Memory: paths x months x 12 numbers, and threads x months x postings
            x 4,096 numbers, of 8 bytes.
        seed: at or above 0. The same inputs and seed give the same bytes for any number of threads.
        threads: None uses every processor.

    Returns:
        A `RiskTransfer`. A design that has no fair margin is in `failures`; the others are compared.

    Raises:
        InputError: options are unusable. MarketError: a quote is missing. CalibrationError: the baseline has no fair margin.
    """
    count, threads = blocks_for(DEFAULT_PATHS if paths is None else paths), workers(threads)
    names = _wanted(project, designs, baseline)
    setup = set_up(project, market)
    shared = simulate_paths_of(setup, seed=check_seed(seed), blocks=count, threads=threads)
    runs: dict[str, DesignRun] = {}
    failures: list[Problem] = []
    for name in follow(names, "financings", len(names)):
        try:
            margins = fair_margins(shared, name, project.designs[name], threads)
            runs[name] = run_design(shared, name, project.designs[name], margins, threads)
        except GpufinError as error:
            if name == baseline:
                raise
            failures += [replace(item, subject=item.subject or name) for item in error.problems]
    compared = compare_runs(shared, runs, baseline)
    settings = Settings(paths=compared.views.tail.size, seed=seed)
    return RiskTransfer(
        rows=tuple(rows_of(compared)),
        failures=tuple(failures),
        warnings=market_warnings(market),
        audit=audit(project, market, settings, METHOD),
        compared=compared,
    )


def compare_runs(shared: Paths, runs: Mapping[str, DesignRun], baseline: str) -> Compared:
    """Runs on the same paths side by side."""
    setup = shared.setup
    worth = np.concatenate([project_value(setup, block) for block in shared.blocks])
    weights = {
        name: np.concatenate([dead_weight(setup, block, rolled) for block, rolled in zip(shared.blocks, run.rolled, strict=True)], axis=1)
        for name, run in runs.items()
    }
    holders = setup.project.holders()
    return Compared(
        setup=setup,
        views=Views.of(shared.tenant_default, -worth),
        runs=runs,
        baseline=baseline,
        weights=weights,
        holders=holders,
        ultimate=ultimate_holders(setup.project, holders),
        odds=shared.odds,
    )


def _wanted(project: Project, designs: Iterable[str] | None, baseline: str) -> tuple[str, ...]:
    """The baseline first, then the others in the order of the project."""
    asked = tuple(project.designs) if designs is None else tuple(designs)
    for name in (baseline, *asked):
        if name not in project.designs:
            raise InputError(
                problem("unknown_name", subject=project.id, field="designs", value=name, what="design", choices=project.designs)
            )
    return (baseline, *(name for name in project.designs if name in asked and name != baseline))
