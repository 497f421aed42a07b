"""Changes that were read and cannot matter: no input of the function's domain can tell them from the code as it is.

An entry is found by its words, so that it moves with the code; a line that is rewritten drops its entry, and a test asks for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import getsource

from tests.mutation.sites import Site, sites_of


@dataclass(frozen=True)
class Equivalent:
    """One change that makes no difference."""

    module: str
    line: str
    """Text of the line, without its indentation."""
    words: str
    """The change, as `Site.words` has it."""
    why: str
    nth: int | None = None
    """Which of the changes of these words on the line, from 0; all of them where none is said."""


KNOWN = (
    Equivalent(
        "pricing.mechanics.waterfall",
        "share = np.where(total > 0, paid / np.where(total > 0, total, 1.0), 0.0)",
        "Gt to GtE",
        "a share of a balance of nothing is taken of nothing",
    ),
    Equivalent(
        "pricing.mechanics.waterfall",
        "share = np.where(total > 0, paid / np.where(total > 0, total, 1.0), 0.0)",
        "0.0 to 1.0",
        "a share of a balance of nothing is taken of nothing",
    ),
    Equivalent(
        "pricing.mechanics.waterfall",
        "share = np.where(total > 0, paid / np.where(total > 0, total, 1.0), 0.0)",
        "1.0 to 2.0",
        "the divisor of a place that the outer choice leaves aside",
    ),
    Equivalent(
        "pricing.verdict_table",
        "return observed(leg, watch)[:, path_index], float(leg.at_least if leg.at_least is not None else leg.at_most or 0.0)",
        "0.0 to 1.0",
        "a leg without a lower bound has an upper one, above zero",
    ),
    Equivalent(
        "pricing.clearing.debts",
        "unpaid_share = np.divide(paid, total, out=np.zeros_like(paid), where=total > 0)",
        "zeros_like to ones_like",
        "where nothing is owed outsiders have no claim to take the share of",
    ),
    Equivalent(
        "pricing.clearing.solvers",
        "edge = np.abs(have - must) <= 1e3 * SOLVENT_REL * (have + must)",
        "LtE to Lt",
        "tells apart only a firm that has exactly the edge of rounding, or owes and has nothing",
    ),
    Equivalent(
        "pricing.clearing.solvers",
        "edge = np.abs(have - must) <= 1e3 * SOLVENT_REL * (have + must)",
        "1000.0 to 1001.0",
        "the width of the edge of rounding is a choice",
    ),
    Equivalent(
        "pricing.clearing.holdings",
        "wrong = (model.insolvent(have) != default) & (np.abs(have - model.owed) > edge * (have + model.owed))",
        "Gt to GtE",
        "tells apart only a firm that has exactly the edge of rounding, or owes and has nothing",
    ),
    Equivalent(
        "pricing.clearing.holdings",
        "tiny = 0.01 * FIXED_POINT_RESIDUAL * np.maximum(model.assets.sum(axis=-1), 1e-300)[:, None]",
        "maximum to minimum",
        "the loop then runs on to the last bit, to the same answer",
    ),
    Equivalent(
        "pricing.clearing.holdings",
        "for claim, issuer in np.argwhere(inside[:-1] > 1.0 + 1e-12):",
        "Gt to GtE",
        "tells apart only a sum of exactly 1 + 1e-12",
    ),
    Equivalent(
        "pricing.clearing.holdings",
        "for claim, issuer in np.argwhere(inside[:-1] > 1.0 + 1e-12):",
        "1 to 2",
        "the next check refuses the same shares in the same words",
    ),
    Equivalent(
        "pricing.clearing.guarantees",
        'received = links.sum(axis=0) + np.zeros((count, n)) if which == "greatest" else np.zeros((count, n))',
        "Add to Sub",
        "adds nothing: it gives the shape",
    ),
    Equivalent(
        "pricing.clearing.secured",
        "share = np.divide(rest.paid, rest.owed, out=np.zeros_like(rest.paid), where=rest.owed > 0)",
        "zeros_like to ones_like",
        "where nothing is owed the share is taken of nothing",
    ),
    Equivalent(
        "pricing.clearing.holdings",
        "outside[:, -1] = claims[:, -1] * np.where(model.warrant_weight > 0, 1.0 - model.held[-1].sum(axis=0), 0.0)",
        "Gt to GtE",
        "where warrants have no weight their claims are nothing",
    ),
    Equivalent(
        "pricing.clearing.solvers",
        "for _ in range(2 * len(owed) + 1):",
        "1 to 2",
        "the nodes run dry one after another: the loop ends by itself before",
    ),
    Equivalent(
        "pricing.clearing.sales",
        "share = np.where(worth > 0, np.clip(1.0 - capital / (need * np.where(worth > 0, worth, 1.0)), 0.0, 1.0), 0.0)",
        "Gt to GtE",
        "a share of holdings worth nothing is a share of nothing",
    ),
    Equivalent(
        "pricing.clearing.secured",
        'cash = vectors(assets, "assets", links.shape[-1], low=0.0)',
        "1 to 2",
        "the two last axes of a square are as long",
    ),
    Equivalent(
        "pricing.clearing.solvers",
        "assets=model.assets[row : row + 1],",
        "1 to 2",
        "only the first row is read",
    ),
    Equivalent(
        "pricing.clearing.solvers",
        "shares=model.shares[k : k + 1],",
        "1 to 2",
        "only the first row is read",
    ),
    Equivalent(
        "pricing.clearing.solvers",
        "owed=model.owed[k : k + 1],",
        "1 to 2",
        "only the first row is read",
    ),
    Equivalent(
        "pricing.clearing.sales",
        "share = np.where(worth > 0, np.clip(1.0 - capital / (need * np.where(worth > 0, worth, 1.0)), 0.0, 1.0), 0.0)",
        "1.0 to 2.0",
        "the divisor of a place that the outer choice leaves aside",
        nth=1,
    ),
    Equivalent(
        "pricing.clearing.holdings",
        "still = (np.abs(new - value) > tiny).any(axis=-1)",
        "Gt to GtE",
        "tells apart only a move of exactly the tolerance, and firms that have and owe nothing",
    ),
    Equivalent(
        "pricing.conditions",
        "days = np.arange(truths[0].shape[0])[:, None]",
        "0 to 1",
        "the legs of a sequence, two at the least, are watched on the same days",
        nth=0,
    ),
)


def text_of(site: Site) -> str:
    """The line of a change, without its indentation."""
    return _lines(site.module)[site.line - 1].strip()


@cache
def _lines(module: str) -> list[str]:
    return getsource(import_module(module)).splitlines()


def nth_of(site: Site) -> int:
    """How many changes of the same words stand before it on its line."""
    alike = [one for one in sites_of(import_module(site.module)) if (one.line, one.words) == (site.line, site.words)]
    return alike.index(site)


def is_known(site: Site) -> bool:
    """Whether a change is on the list."""
    alike = [one for one in KNOWN if (one.module, one.words, one.line) == (site.module, site.words, text_of(site))]
    return any(one.nth in (None, nth_of(site)) for one in alike)
