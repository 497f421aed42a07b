"""The article, claim by claim: five plain answers, then a row for every claim.

`python examples/article/run.py` prints both; `--format json` prints the rows as data.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, the repository is not on the path

from examples.article.claims import IDS, Claim, Inputs, all_claims, load_inputs

PATHS = 4096


def table(claims: list[Claim], inputs: Inputs) -> str:
    lines = []
    for claim in claims:
        marked = ", ".join(inputs.soft(claim.rests_on))
        lines += [f"{claim.id:4}{claim.verdict:18} {claim.claim}", f"    {claim.because}"]
        lines += [f"    assumed or weak: {marked}"] if marked else []
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument("--paths", type=int, default=PATHS)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(argv)
    inputs = load_inputs(paths=asked.paths, seed=asked.seed)
    found = all_claims(inputs)
    if asked.format == "json":
        print(json.dumps({"results": [claim.as_row() for claim in found]}, ensure_ascii=False, indent=1))
        return
    print(table(found, inputs))
    absent = [name for name in IDS if name not in {claim.id for claim in found}]
    if absent:
        print(f"\nwithout an answer here: {', '.join(absent)}")


if __name__ == "__main__":
    main()
