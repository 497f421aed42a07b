"""Means of a loss over all paths, over those of one event, and over the worst ones of the project, each with its standard error.

The events are the same for all designs, so that what holders lose in them adds up, design by design.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pricing.schedules.types import Bools, Floats

TAIL = 0.05
"""Share of the paths that are the tail: those on which the project as a whole loses most."""
SHORTFALL_LEVEL = 0.975
"""Level of the expected shortfall of one holder alone."""
NEAR = 0.1
"""The paths nearest to the edge of the tail, as a share of it on either side: what a loss is worth there."""
VIEWS = ("mean", "on_default", "in_tail")

Estimate = tuple[float, float | None]
"""A number and its standard error."""


@dataclass(frozen=True)
class Views:
    """The events of one set of paths."""

    tenant_default: Bools
    """[path]"""
    tail: Bools
    """[path]"""
    edge: Bools
    """Paths near the edge of the tail [path]."""

    @classmethod
    def of(cls, tenant_default: Floats, project_loss: Floats) -> Views:
        """Events from the customer's default and the loss of the project under nobody's financing [path]."""
        count = project_loss.size
        order = np.argsort(-project_loss, kind="stable")
        size, near = max(1, round(TAIL * count)), max(1, round(NEAR * TAIL * count))
        tail, edge = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
        tail[order[:size]] = True
        edge[order[max(size - near, 0) : size + near]] = True
        return cls(tenant_default > 0.0, tail, edge)

    def mean(self, loss: Floats) -> Estimate:
        """Over all paths."""
        return float(loss.mean()), float(loss.std(ddof=1) / np.sqrt(loss.size))

    def on_default(self, loss: Floats) -> Estimate:
        """Given that the customer fails; nothing where it never does."""
        found = loss[self.tenant_default]
        if found.size == 0:
            return 0.0, None
        return float(found.mean()), float(found.std(ddof=1) / np.sqrt(found.size)) if found.size > 1 else None

    def in_tail(self, loss: Floats) -> Estimate:
        """On the worst paths of the project; the error holds that of the tail's edge."""
        share = float(self.tail.mean())
        influence = np.where(self.tail, loss - float(loss[self.edge].mean()), 0.0) / share
        return float(loss[self.tail].mean()), float(influence.std(ddof=1) / np.sqrt(loss.size))

    def all(self, loss: Floats) -> dict[str, Estimate]:
        """The three, by name."""
        return {"mean": self.mean(loss), "on_default": self.on_default(loss), "in_tail": self.in_tail(loss)}


def expected_shortfall(loss: Floats, level: float = SHORTFALL_LEVEL) -> Estimate:
    """Mean of the worst losses of one holder beyond its own quantile: it does not add up over holders."""
    size = max(1, round((1.0 - level) * loss.size))
    worst = np.sort(loss)[-size:]
    above = np.maximum(loss - worst[0], 0.0) * (loss.size / size)
    return float(worst.mean()), float(above.std(ddof=1) / np.sqrt(loss.size))


def correlation(one: Floats, other: Floats) -> float | None:
    """Correlation over paths; None where one of the two does not move."""
    a, b = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((a * a).mean() * (b * b).mean()))
    return float((a * b).mean()) / scale if scale > 0.0 else None
