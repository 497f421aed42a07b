"""Rows of one contract: every engine of a family makes its numbers through this, so that they share deal, contract, date and method."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from pricing.measures import Probability
from pricing.registry import Task
from pricing.results import Row

EXACT = "exact for its model"
"""Said of a number without a standard error, unless the engine has more to say."""


@dataclass
class ContractRows:
    """Collects the asked rows of one contract, valued to `party` unless a row says otherwise."""

    task: Task
    method: str
    party: str
    note: str | None = None
    """Said on every row that brings no note of its own: what the method leaves out."""
    made: list[Row] = field(default_factory=list)

    def add(
        self,
        measure: str,
        value: float | None,
        error: float | None = None,
        *,
        part: str | None = None,
        party: str | None = None,
        probability: Probability | None = "pricing",
        date: dt.date | None = None,
        note: str | None = None,
    ) -> None:
        """One row, if its measure is asked for; None is void, and the note must say why."""
        task = self.task
        if not task.settings.wants(measure):
            return
        self.made.append(
            Row(
                deal=task.deal.id,
                contract=task.contract_id,
                kind=getattr(task.contract, "kind", None),
                part=part,
                party=party or self.party,
                date=date or task.market.as_of,
                measure=measure,
                probability=probability,
                value=None if value is None else float(value),
                standard_error=None if error is None else float(error),
                error_note=note or self.note or (EXACT if error is None else None),
                method=self.method,
            )
        )

    def add_sides(
        self, measure: str, value: float, error: float | None = None, *, other: str, part: str | None = None, note: str | None = None
    ) -> None:
        """A value to the party and its mirror to the `other` side: the two rows sum to nothing."""
        self.add(measure, value, error, part=part, note=note)
        self.add(measure, -value, error, part=part, party=other, note=note)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows so far."""
        return tuple(self.made)
