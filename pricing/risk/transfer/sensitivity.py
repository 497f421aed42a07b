"""How far the answer hangs on what is assumed: every assumed term at its ends, the sign of each headline, and the order of the designs.

Every case runs on the same random numbers; margins that are fair are solved for again. The others stay at base: together they could move
an answer further.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from curves import Market, soft_quotes, with_quote
from instruments.financing import Design
from instruments.ground.errors import GpufinError, Problem
from instruments.ground.provenance import SOFT
from instruments.project import Project
from instruments.variants import variants_of, with_term
from pricing.ledger.runs import party_signs
from pricing.paths.streams import BLOCK
from pricing.progress import follow
from pricing.risk.transfer.benefits import benefit_of
from pricing.risk.transfer.book import PresentBook
from pricing.risk.transfer.dead_weight import dead_weight
from pricing.risk.transfer.design_run import Paths, fair_margins
from pricing.risk.transfer.operations import project_value, simulate_operations
from pricing.risk.transfer.rows import UNIT
from pricing.risk.transfer.setup import Setup, set_up
from pricing.risk.transfer.statistics import Views
from pricing.risk.transfer.vehicle import Rolled, plan_design, roll_shares, roll_vehicle
from pricing.schedules.types import Floats, Ints

STILL = ("ownership.", "cohorts.")
"""Terms that move nothing here: who stands behind a holder."""
BISECTIONS = 6
"""Halvings of a range in which a sign turns: to about a hundredth of the range."""
FAIR_REL = 1e-4
"""A fair claim is worth par within this: the headlines are told to a hundredth."""
SMALLEST = 0.05
"""A headline nearer to nought than this, per 100 USD, has no sign to speak of."""
PATHS = 1024
"""Of each case: differences on common random numbers need few."""

Margins = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Answer:
    """One case: headlines by name, and the tail loss that the owners keep by design, per 100 USD."""

    headlines: dict[str, float]
    kept: dict[str, float]
    margins: Margins

    @property
    def order(self) -> tuple[str, ...]:
        """Designs from the one whose owners keep most of the tail to the one whose owners keep least."""
        return tuple(sorted(self.kept, key=lambda name: -self.kept[name]))


@dataclass(frozen=True)
class Case:
    """An assumed term at one end."""

    path: str
    label: str
    answer: Answer | None
    problem: Problem | None = None
    """Why there is no answer: no fair margin, say."""


@dataclass(frozen=True)
class Flip:
    """Where the sign of a headline turns as one term moves through its range."""

    headline: str
    path: str
    value: float | str
    """The value at which it turns, or the alternative that turns it."""


@dataclass(frozen=True)
class Sensitivity:
    """Base, cases and flips."""

    base: Answer
    cases: tuple[Case, ...]
    flips: tuple[Flip, ...]

    @property
    def answered(self) -> tuple[Answer, ...]:
        """Answers of the cases that have one."""
        return tuple(case.answer for case in self.cases if case.answer is not None)

    @property
    def order_holds(self) -> float:
        """Share of the cases in which the order of the designs is that of the base."""
        answers = self.answered
        return sum(answer.order == self.base.order for answer in answers) / len(answers) if answers else 1.0

    def span(self, headline: str) -> tuple[float, float]:
        """Least and largest of a headline over base and cases."""
        values = [answer.headlines[headline] for answer in (self.base, *self.answered)]
        return min(values), max(values)

    def largest(self, headline: str, count: int = 3) -> tuple[Case, ...]:
        """The cases that move a headline most."""
        known = [case for case in self.cases if case.answer is not None]
        return tuple(sorted(known, key=lambda case: -abs(self._move(case, headline)))[:count])

    def _move(self, case: Case, headline: str) -> float:
        return case.answer.headlines[headline] - self.base.headlines[headline] if case.answer else 0.0


def sensitivity(
    project: Project,
    market: Market,
    *,
    designs: Sequence[str] | None = None,
    baseline: str = "all_equity",
    paths: int = PATHS,
    seed: int = 0,
    turn: bool = True,
) -> Sensitivity:
    """Every assumed and weak term of project and market at each end of its range and each alternative, one at a time.

    Args:
        project, market: as in `compare_financings`.
        designs: in order; None takes the project's dial. Headlines are about the last, against the baseline.
        baseline: what they are compared with.
        paths: at most 4,096; the first ones of the first block.
        seed: of the random numbers. turn: whether to search for the values at which signs turn.

    Returns:
        Headlines per 100 USD of hardware: what owners are spared and what others bear in the tail, the dead weight, the worth of being
        earlier, and the last less the dead weight.
    """
    names = tuple(dict.fromkeys((baseline, *(project.dial if designs is None else designs))))
    count = min(paths, BLOCK)
    base = answer_of(project, market, names, count, seed, {})
    cases: list[Case] = []
    moved: dict[str, dict[str, Case]] = {}
    ends_of_all = tuple(alternatives(project, market))
    for path, label, end_project, end_market in follow(ends_of_all, "cases", len(ends_of_all)):
        try:
            case = Case(path, label, answer_of(end_project, end_market, names, count, seed, base.margins))
        except GpufinError as error:
            case = Case(path, label, None, error.problems[0])
        cases.append(case)
        moved.setdefault(path, {})[label] = case
    flips: list[Flip] = []
    for path, ends in follow(moved.items(), "signs", len(moved)) if turn else ():
        flips += _flips(project, market, names, count, seed, base, path, ends)
    return Sensitivity(base, tuple(cases), tuple(flips))


def alternatives(project: Project, market: Market) -> Iterator[tuple[str, str, Project, Market]]:
    """Path, label ('low', 'high' or the alternative's), and project and market with it."""
    for variant in variants_of(project):
        if not variant.path.startswith(STILL) and (variant.basis in SOFT or project.provenance.by_path[variant.path].range):
            yield variant.path, variant.label, variant.deal, market
    for located in soft_quotes(market):
        for label, end in zip(("low", "high"), located.range or (), strict=False):
            if end != located.quote.value:
                yield f"market.{located.path}", label, project, with_quote(market, located.path, end)


def answer_of(project: Project, market: Market, names: Sequence[str], count: int, seed: int, start: Margins) -> Answer:
    """Headlines and order of the designs on the first paths of a block; `start` holds margins from which fair ones are sought."""
    setup = set_up(project, market)
    operations = simulate_operations(setup, seed, 0).first(count)
    shared = Paths(setup, seed, (operations,))
    views = Views.of(shared.tenant_default, -project_value(setup, operations))
    parties = tuple(project.parties)
    losses: dict[str, Floats] = {}
    weights: dict[str, Floats] = {}
    margins: dict[str, Mapping[str, float]] = {}
    vehicles: dict[Design, tuple[Floats, Ints]] = {}
    for name in names:
        design = project.designs[name]
        # a part that an earlier design has in common starts where that one ended
        near = {part: margin for found in (start.get(name, {}), *margins.values()) for part, margin in found.items()}
        bare = design.evolve(title="", warrants=None, margin_loan=None)
        margins[name] = fair_margins(shared, name, design, 1, near, FAIR_REL)
        if bare not in vehicles:
            book = _book(setup, bare, parties, count)
            vehicles[bare] = book.present, roll_vehicle(setup, plan_design(setup, bare), margins[name], operations, book)
        book = _book(setup, design, parties, count)
        brokers = roll_shares(setup, plan_design(setup, design), margins[name], operations, book)
        lost, seized = vehicles[bare]
        losses[name] = -UNIT * (lost + book.present) / setup.cost
        weights[name] = UNIT * dead_weight(setup, operations, Rolled(seized, brokers)).sum(axis=0) / setup.cost
    owners = [parties.index(owner) for owner in project.designs[names[0]].equity]
    kept = {name: views.in_tail(loss[owners].sum(axis=0))[0] for name, loss in losses.items()}
    last = names[-1]
    moved = losses[last] - losses[names[0]]
    headlines = {"owners lose less in the tail": kept[names[0]] - kept[last]}
    for at, party in enumerate(parties):
        if at not in owners and moved[at].any():
            headlines[f"{party} loses more in the tail"] = views.in_tail(moved[at])[0]
            headlines[f"{party} loses more on average"] = float(moved[at].mean())
    lost = float((weights[last] - weights[names[0]]).mean())
    headlines["dead weight on average"] = lost
    if project.funding is not None:
        worth = [
            benefit_of(setup, shared.odds, project.designs[name], dict(margins[name]), project.funding).start_value
            for name in (names[0], last)
        ]
        early = UNIT * (worth[1] - worth[0]) / setup.cost
        headlines["worth of being earlier"] = early
        headlines["earlier less dead weight"] = early - lost
    return Answer(headlines, kept, margins)


def _book(setup: Setup, design: Design, parties: tuple[str, ...], count: int) -> PresentBook:
    """Present values of each party [party, path]; nought for one without a posting."""
    plan = plan_design(setup, design).plan
    signs = np.zeros((len(parties), len(plan)))
    every = plan.parties()
    found = party_signs(plan, every)
    for at, party in enumerate(parties):
        if party in every:
            signs[at] = found[every.index(party)]
    return PresentBook(signs, setup.discount, count)


def _flips(
    project: Project,
    market: Market,
    names: Sequence[str],
    count: int,
    seed: int,
    base: Answer,
    path: str,
    ends: Mapping[str, Case],
) -> Iterator[Flip]:
    """Where headlines change sign between base and an end."""
    at_base = _value(project, market, path)
    for label, case in ends.items():
        if case.answer is None:
            continue
        for headline, value in base.headlines.items():
            other = case.answer.headlines.get(headline, 0.0)
            if value * other >= 0.0 or min(abs(value), abs(other)) < SMALLEST:
                continue
            limit = _range_end(project, market, path, label)
            if at_base is None or limit is None:
                yield Flip(headline, path, label)
            else:
                yield Flip(headline, path, _turn(_at(project, market, path, names, count, seed, base, headline), at_base, limit, value))


def _at(
    project: Project, market: Market, path: str, names: Sequence[str], count: int, seed: int, base: Answer, headline: str
) -> Callable[[float], float]:
    """A headline as a function of one term."""

    def found(value: float) -> float:
        place = path.removeprefix("market.")
        if place != path:
            return answer_of(project, with_quote(market, place, value), names, count, seed, base.margins).headlines[headline]
        return answer_of(with_term(project, path, value), market, names, count, seed, base.margins).headlines[headline]

    return found


def _turn(headline: Callable[[float], float], here: float, there: float, value: float) -> float:
    """Bisection between a value of one sign and one of the other."""
    for _ in range(BISECTIONS):
        middle = 0.5 * (here + there)
        if headline(middle) * value > 0.0:
            here = middle
        else:
            there = middle
    return 0.5 * (here + there)


def _value(project: Project, market: Market, path: str) -> float | None:
    """A term's number at base; None where it is none, or several."""
    from instruments.ground.provenance import matches, value_at

    if path.startswith("market."):
        return next((one.quote.value for one in soft_quotes(market) if f"market.{one.path}" == path), None)
    document = project.model_dump(mode="json", by_alias=True, warnings=False)
    found = {value_at(document, place) for place in matches(document, path)}
    number = found.pop() if len(found) == 1 else None
    return float(number) if isinstance(number, int | float) and not isinstance(number, bool) else None


def _range_end(project: Project, market: Market, path: str, label: str) -> float | None:
    """The end of a range by its label; None for an alternative."""
    if label not in ("low", "high"):
        return None
    if path.startswith("market."):
        ends = next(one.range for one in soft_quotes(market) if f"market.{one.path}" == path)
    else:
        ends = project.provenance.by_path[path].range
    return ends[0 if label == "low" else 1] if ends else None
