"""One gigawatt under twelve financings, the dial, and what the sentence hangs on."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from curves import Market, load_market
from instruments import Project, load_project
from pricing import compare_financings
from pricing.cli.run_project import text_of
from pricing.risk.transfer.sensitivity import SMALLEST, Sensitivity, sensitivity

FOLDER = Path(__file__).parent
PATHS = 8192


def main(paths: int = PATHS, case_paths: int = 1024) -> None:
    project, market = load_project(FOLDER), load_market(FOLDER)
    start = time.perf_counter()
    found = compare_financings(project, market, paths=paths)
    print(text_of(project, found))
    print(f"compared in {time.perf_counter() - start:.0f} s", file=sys.stderr)
    print("\n" + told(project, market, sensitivity(project, market, paths=case_paths)))
    print(f"all of it in {time.perf_counter() - start:.0f} s", file=sys.stderr)


def told(project: Project, market: Market, found: Sensitivity) -> str:
    """What the headlines of the last design of the dial hang on."""
    answered = len(found.answered)
    lines = [f"Every assumed term at its ends, the others at base: {answered} cases with an answer of {len(found.cases)}."]
    lines += [f"  no answer with {case.path} at {case.label}: {case.problem.allowed}" for case in found.cases if case.problem]
    lines.append(f"\nHeadlines of '{project.designs[project.dial[-1]].title}', per 100 USD of hardware: base, range, what moves it most")
    told = {name: value for name, value in found.base.headlines.items() if abs(value) >= SMALLEST}
    for headline, value in told.items():
        low, high = found.span(headline)
        movers = ", ".join(dict.fromkeys(f"{case.path} {case.label}" for case in found.largest(headline, 2)))
        lines.append(f"  {headline:36} {value:8.2f}  [{low:8.2f}, {high:8.2f}]  {movers}")
    lines.append("\nWhere a sign turns within a range")
    for flip in found.flips:
        at = f"{flip.value:.4g}" if isinstance(flip.value, float) else f"the alternative '{flip.value}'"
        lines.append(f"  {flip.headline}: {flip.path} at {at}")
    turned = {flip.headline for flip in found.flips}
    for headline in told:
        if headline not in turned:
            lines.append(f"  {headline}: not within the ranges")
    order = ", ".join(f"{name} {found.base.kept[name]:.1f}" for name in found.base.order)
    lines.append(f"\nTail loss that the owners keep: {order}")
    lines.append(f"The order holds in {found.order_holds:.0%} of the cases.")
    for case in found.cases:
        if case.answer is not None and case.answer.order != found.base.order:
            lines.append(f"  not with {case.path} at {case.label}: {', '.join(case.answer.order)}")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paths", type=int, default=PATHS)
    parser.add_argument("--case-paths", type=int, default=1024)
    asked = parser.parse_args()
    main(asked.paths, asked.case_paths)
