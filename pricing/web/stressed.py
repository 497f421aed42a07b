"""`stress_web`: laws of webs searched for a state of the balance sheets that breaks them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from instruments.hits import WebState
from instruments.web import Web
from pricing.api import fingerprint, versions
from pricing.laws.catalogue import chosen_web_laws
from pricing.laws.search import LawResult, search_web_law
from pricing.paths.streams import check_seed
from pricing.results import document_json


@dataclass(frozen=True)
class WebStressReport:
    """What `stress_web` returns: a result per law."""

    laws: tuple[LawResult, ...]
    audit: dict[str, Any] = field(default_factory=dict)

    @property
    def broken(self) -> tuple[LawResult, ...]:
        """Laws that do not hold."""
        return tuple(result for result in self.laws if result.status == "broken")

    def to_json(self) -> str:
        """The JSON of the command line: one object per law; `hits` is what was multiplied where it broke."""
        rows = [
            {
                "measure": "law",
                "law": found.law,
                "status": found.status,
                "sentence": found.sentence,
                "domain": found.domain,
                "states_tried": found.tried,
                "why": found.why or None,
                "hits": [hit.model_dump(mode="json") for hit in found.hits],
            }
            for found in self.laws
        ]
        return document_json(audit=self.audit, results=rows)


def stress_web(
    web: Web, *, laws: Iterable[str] | None = None, scenarios: Iterable[WebState] | None = None, seed: int = 0
) -> WebStressReport:
    """Search for states of a web's balance sheets that break a law.

    Args:
        web: the terms; laws look at entities with balance sheets, and debts, stakes and guarantees between them.
        laws: names from `pricing.laws.catalogue.WEB_LAWS`; None takes every law that applies.
        scenarios: states to check the laws on, and nothing else: what `load_hits` reads back of a counterexample. None searches.
        seed: the same seed tries the same states: cash, business, traded assets and outside debts of some firms, multiplied.

    Raises:
        InputError: a law has no such name, the seed is below 0, or a state hits what the web does not have.

    Example:
        >>> import datetime as dt
        >>> from instruments.web import Entity, Period, Web
        >>> year = Period(start=dt.date(2026, 1, 1), end=dt.date(2027, 1, 1))
        >>> idle = Web(id="idle", as_of=year.start, period=year, entities={"a": Entity()})
        >>> {found.status for found in stress_web(idle).laws}
        {'not_applicable'}
    """
    start = check_seed(seed)
    only = None if scenarios is None else tuple(scenarios)
    found = tuple(search_web_law(law, web, start=start, only=only) for law in chosen_web_laws(None if laws is None else tuple(laws)))
    states: dict[str, list[str]] = {} if only is None else {"states": [fingerprint(state) for state in only]}
    return WebStressReport(found, {"versions": versions(), "web": fingerprint(web), "seed": start} | states)
