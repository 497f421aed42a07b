"""The registry of engines: (terms type, method) to a stateless function and the measures that it gives.

An engine is a function of one `Task`; it owns no state and returns an `Outcome`. `register_engine` is open to users: their
engines stand beside ours under a method name of their own.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral
from threading import Lock, get_ident
from typing import TYPE_CHECKING

from instruments.ground.errors import InputError, PricingError
from instruments.ground.messages import problem
from pricing.results import Row

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from curves.market import Market
    from instruments.deal import Deal
    from instruments.ground.base import Terms
    from pricing.ledger.runs import ContractRun

DEFAULT_PATHS = 32_768
"""Paths of a simulation where the caller names none: eight blocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to price: `paths` and `seed` for simulations, `threads` changes speed alone, `measures` None means all."""

    paths: int = DEFAULT_PATHS
    seed: int = 0
    threads: int | None = None
    measures: frozenset[str] | None = None
    keep_sample: bool = False
    """Keep the value on every path (`Outcome.sample`): for comparing two prices path by path."""

    def __post_init__(self) -> None:
        """Raises `InputError` where a count is not a whole number: a float from a notebook, 1e4."""
        for name, count in (("paths", self.paths), ("threads", self.threads)):
            if count is not None and not isinstance(count, Integral):
                raise InputError(problem("wrong_type", subject=name, value=count, expected="a whole number", hint="write it as int(...)"))

    def wants(self, measure: str) -> bool:
        """Whether a measure is asked for."""
        return self.measures is None or measure in self.measures


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One contract to price, in its deal, against a market."""

    deal: Deal
    contract_id: str
    contract: Terms
    market: Market
    settings: Settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an engine returns."""

    rows: tuple[Row, ...]
    warnings: tuple[str, ...] = ()
    sample: NDArray[np.float64] | None = None
    """Value to the holder on every path [path], where asked and simulated; its mean is the value."""


Engine = Callable[[Task], Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A registered engine."""

    terms: type[Terms]
    method: str
    engine: Engine
    measures: tuple[str, ...]
    default: bool
    note: str


_entries: dict[tuple[type[Terms], str], Entry] = {}
_loaded = False
_lock = Lock()
_importer: list[int] = []


def register_engine(
    terms: type[Terms], method: str, *, measures: tuple[str, ...], default: bool = False, note: str = ""
) -> Callable[[Engine], Engine]:
    """Decorator: register an engine for a type of terms under a method name.

    Args:
        terms: the contract type, for example `Warrant`.
        method: name given to `price(..., method=...)`.
        measures: names (of `pricing.measures.MEASURES` or your own) of the rows that it returns.
        default: whether it serves where no method is named; one default per type.
        note: what it models and what it leaves out, in one line.

    Raises:
        InputError: the pair is taken, or the type has a default already.
    """

    def add(engine: Engine) -> Engine:
        _load()  # ours come first, so that a clash is told to whoever made it
        taken = [entry for entry in _entries.values() if entry.terms is terms and (entry.method == method or (default and entry.default))]
        if taken:
            text = "one engine per method, and one default"
            raise InputError(problem("broken_rule", subject=terms.__name__, field=method, rule=text, remedy="choose another method name"))
        _entries[terms, method] = Entry(terms=terms, method=method, engine=engine, measures=measures, default=default, note=note)
        return engine

    return add


def unregister_engine(terms: type[Terms], method: str) -> None:
    """Take an engine out again: for tests and notebooks."""
    _entries.pop((terms, method), None)


def entries_for(terms: type[Terms]) -> tuple[Entry, ...]:
    """Every engine of a type, the default first."""
    _load()
    return tuple(sorted((e for e in _entries.values() if e.terms is terms), key=lambda e: (not e.default, e.method)))


def find_engine(terms: type[Terms], method: str | None) -> Entry:
    """The engine of a type and method; None means the default.

    Raises:
        PricingError: there is none; the message lists what is registered.
    """
    candidates = entries_for(terms)
    for entry in candidates:
        if entry.method == method or (method is None and entry.default):
            return entry
    what = f"{terms.__name__} by method {method!r}" if method else terms.__name__
    raise PricingError(problem("no_engine", subject=terms.__name__, value=method or "", what=what, choices=[e.method for e in candidates]))


Simulator = Callable[[Task], "ContractRun"]
"""Rolls one contract over paths, on the ledger."""
_simulators: dict[type[Terms], Simulator] = {}


def register_simulator(terms: type[Terms]) -> Callable[[Simulator], Simulator]:
    """Decorator: how `simulate` puts a type of contract on the ledger. Raises InputError: the type has one already."""

    def add(simulator: Simulator) -> Simulator:
        if terms in _simulators:
            raise InputError(
                problem("broken_rule", subject=terms.__name__, rule="one simulator per contract type", remedy="unregister the other one")
            )
        _simulators[terms] = simulator
        return simulator

    return add


def simulator_for(terms: type[Terms]) -> Simulator | None:
    """The simulator of a contract type, or None where it is only priced."""
    _load()
    return _simulators.get(terms)


def _load() -> None:
    """Import our engines once; a second thread waits until they are all there, the importing one goes straight on."""
    global _loaded
    if _loaded or _importer == [get_ident()]:
        return
    with _lock:
        if _loaded:
            return
        _importer.append(get_ident())
        try:
            importlib.import_module("pricing.engines")  # numpy and the curves: only when an engine is asked for
            _loaded = True
        finally:
            _importer.clear()
