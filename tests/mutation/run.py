"""Mutation testing: small changes of the code of a room, one at a time, and whether its tests notice.

    python -m tests.mutation.run waterfall --sample 60 --seed 0 --minutes 10

The tests of a room run once as they are, then in a forked copy of the process for each change (so nothing is imported twice and no
file is touched). A change is killed by a failing test, an error or a run that takes three times as long as the first. Printed: the
score, the sample, and every change that survived. Some changes are no faults (a bound that cannot bind): survivors are read, and what
cannot matter goes on the list of `tests.mutation.equivalents` with its reason, and is not drawn. The compiled loops of
`pricing.kernels` are not changed; the tests that hold them equal to the numpy statement are among those that notice. Needs `os.fork`.
"""

from __future__ import annotations

import argparse
import importlib
import os
import random
import signal
import sys
import time
from dataclasses import dataclass

import pytest

from tests.house import ROOT
from tests.mutation.equivalents import is_known
from tests.mutation.sites import Site, changed, sites_of


@dataclass(frozen=True)
class Room:
    """What is changed, and what should notice."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


ROOMS = {
    "waterfall": Room(
        ("pricing.mechanics.waterfall", "pricing.priority.interpreter"),
        (
            "unit/facility/test_payment_steps.py", "unit/facility/test_fees_and_advances.py", "unit/facility/test_facility_limits.py",
            "unit/facility/test_prepaid_facility.py",
            "unit/pricing/test_priority.py", "unit/pricing/test_notes.py", "property/facility/test_facility_laws.py",
        ),
    ),
    "covenants": Room(
        ("pricing.mechanics.covenants", "pricing.schedules.covenants"),
        ("unit/facility/test_covenants.py", "unit/facility/test_cross_default.py", "property/facility/test_facility_laws.py"),
    ),
    "conditions": Room(
        ("pricing.conditions", "pricing.verdict_table"),
        (
            "unit/pricing/test_conditions.py", "unit/pricing/test_price_legs.py", "unit/pricing/test_seasoned.py",
            "property/pricing/test_warrant_laws.py",
        ),
    ),
    "clearing": Room(
        (
            "pricing.clearing.debts", "pricing.clearing.solvers", "pricing.clearing.guarantees", "pricing.clearing.holdings",
            "pricing.clearing.secured", "pricing.clearing.sales", "pricing.clearing.certificate",
        ),
        (
            "unit/test_clearing_edges.py", "unit/test_clearing_debts.py", "unit/test_clearing_claims.py", "unit/test_clearing_holdings.py",
            "unit/test_clearing_markets.py", "property/test_clearing_laws.py", "oracle/test_clearing_tournament.py",
        ),
    ),
}  # fmt: skip
SLOWER = 3.0
"""A run that takes so many times as long as the first is stopped."""
LEAST_SECONDS = 30.0


def _tested(room: Room) -> int:
    """Exit code of the room's tests in this process, quiet."""
    options = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--no-header", "--no-summary", "--rootdir", str(ROOT)]
    quiet = os.open(os.devnull, os.O_WRONLY)
    kept = os.dup(1), os.dup(2)
    try:
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        return int(pytest.main([*options, *(str(ROOT / "tests" / test) for test in room.tests)]))
    finally:
        sys.stdout.flush()
        for number, copy in zip((1, 2), kept, strict=True):
            os.dup2(copy, number)


def _put(site: Site) -> None:
    """Bind the changed function wherever the original is bound, and forget what was remembered."""
    module = importlib.import_module(site.module)
    new = changed(module, site)
    *owners, name = site.function.split(".")
    if owners:
        setattr(getattr(module, owners[0]), name, new)
    original = None if owners else getattr(module, name)
    for each in [each for key, each in list(sys.modules.items()) if key.split(".")[0] in ("pricing", "tests", "test")]:
        for bound, value in list(vars(each).items()):
            if original is not None and value is original:
                setattr(each, bound, new)
            elif hasattr(value, "cache_clear"):
                value.cache_clear()


def killed(site: Site, room: Room, seconds: float) -> bool:
    """Whether the tests notice a change, in a forked process."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(int(seconds) + 5)  # ends it even if nobody waits any more
            _put(site)
            code = _tested(room)
        finally:
            os._exit(0 if code == 0 else 1)
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status != 0
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def main(argv: list[str] | None = None) -> int:
    """Print the score of a room."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("room", choices=ROOMS)
    parser.add_argument("--sample", type=int, default=60, help="changes tried at most (default: 60)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (default: 0)")
    parser.add_argument("--minutes", type=float, default=10.0, help="begin no change after (default: 10)")
    arguments = parser.parse_args(argv)
    room = ROOMS[arguments.room]
    os.environ["GPUFIN_HYPOTHESIS"] = "unshrunk"  # a failing example is enough
    start = time.monotonic()
    if _tested(room) != 0:
        print("the tests of the room fail as they are", file=sys.stderr)
        return 2
    took = time.monotonic() - start
    every = [site for module in room.modules for site in sites_of(importlib.import_module(module))]
    sites = [site for site in every if not is_known(site)]
    chosen = random.Random(arguments.seed).sample(sites, min(arguments.sample, len(sites)))
    survivors: list[Site] = []
    tried = 0
    for site in chosen:
        if time.monotonic() - start > 60.0 * arguments.minutes:
            break
        tried += 1
        if not killed(site, room, max(LEAST_SECONDS, SLOWER * took)):
            survivors.append(site)
            print(f"survived  {site}", flush=True)
    seconds = time.monotonic() - start
    share = (tried - len(survivors)) / max(tried, 1)
    score = f"{tried - len(survivors)} of {tried} changes killed ({share:.0%})"
    known = len(every) - len(sites)
    print(f"{arguments.room}: {score}, drawn from {len(sites)}, seed {arguments.seed}; {known} more are known to make no difference")
    print(f"{seconds:.0f} s; the tests as they are take {took:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
