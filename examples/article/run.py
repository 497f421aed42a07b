"""The article, claim by claim: five plain answers on one screen, then the tables behind them and a row for every claim.

`python examples/article/run.py` prints them; `--format json` prints the rows as data, `--language zh` answers in Chinese; `--write` puts
the numbers into both pages.
"""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, the repository is not on the path

from examples.article import page, tables
from examples.article.claims import IDS, Claim, Inputs, all_claims, load_inputs, rows as claim_rows
from instruments import GpufinError

PATHS = 4096
WIDTH = 132
NAMED = 6
"""Assumed figures that a row lists."""
KINDS = {"interval": ", interval", "range": ", range", "none": ""}


def first_screen(found: dict[str, Claim], inputs: Inputs, language: str) -> str:
    """Five answers, how the verdicts fall, and which groups are not there."""
    lines = [("The article, claim by claim" if language == "en" else "逐條檢驗"), ""]
    for question, answer in page.answers(found, inputs, language):
        lines += [question, textwrap.indent(textwrap.fill(answer, WIDTH - 2), "  ") if language == "en" else f"  {answer}", ""]
    count = Counter(claim.verdict for claim in found.values())
    told = tables.words()["verdicts"] if language == "zh" else {}
    lines.append(", ".join(f"{told.get(verdict, verdict)}: {count[verdict]}" for verdict in tables.words()["verdicts"]))
    lines.append(f"{page.MARK} rests on an assumed or weak figure" if language == "en" else f"{page.MARK} 依賴假設或薄弱的數字")
    absent = [name for name in IDS if name not in found]
    if absent:
        lines.append(f"not answered here: {', '.join(absent)}")
    return "\n".join(lines)


def depth(found: dict[str, Claim], inputs: Inputs, language: str) -> str:
    shown = page.blocks(found, inputs, language)
    return "\n\n".join(f"{title}\n{shown[name]}" for name, title in tables.TITLES[language].items() if name in shown)


def rows(found: dict[str, Claim], inputs: Inputs) -> str:
    lines = []
    for claim in found.values():
        lines += [f"{claim.id:4}{claim.claim}: {claim.verdict}", f"    {page.number(claim)}{KINDS[claim.span]}: {claim.what}"]
        lines.append(textwrap.indent(textwrap.fill(claim.because, WIDTH - 4), "    "))
        lines += [f"    missing: {claim.missing}"] if claim.missing else []
        lines += [f"    would change it: {claim.would_change}", f"    model: {claim.model}"]
        own = f"python examples/article/run.py --only {claim.id}"
        lines.append(f"    $ {own}" + ("" if claim.command.startswith("python") else f"    the model behind it: {claim.command}"))
        marked = page.soft(claim, inputs)
        more = f" and {len(marked) - NAMED} more (--format json names all)" if len(marked) > NAMED else ""
        lines += [f"    {page.MARK} assumed or weak: {', '.join(marked[:NAMED])}{more}"] if marked else []
    return "\n".join(lines)


def main(argv: list[str] | None = None, ready: list[Claim] | None = None) -> None:
    """`ready` are claims already computed, for a caller that has them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument("--language", choices=tuple(page.LANGUAGES), default="en")
    parser.add_argument("--figures", type=Path, default=Path(__file__).parent, help="folder with figures.*.toml of your own")
    parser.add_argument("--only", metavar="IDS", help="rows alone, as in L3,N9")
    parser.add_argument("--paths", type=int, default=PATHS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="put the numbers into README.md and README.zh.md")
    asked = parser.parse_args(argv)
    try:
        inputs = load_inputs(asked.figures, paths=asked.paths, seed=asked.seed)
    except GpufinError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from error
    if asked.only:
        wanted = asked.only.split(",")
        unknown = [name for name in wanted if name not in claim_rows()]
        if unknown:
            parser.error(f"--only {unknown[0]}: no such row; the rows are {', '.join(claim_rows())}")
        print(rows({name: claim_rows()[name](inputs) for name in wanted}, inputs))
        return
    found = {claim.id: claim for claim in ready or all_claims(inputs)}
    if asked.write:
        page.write(found, inputs)
    if asked.format == "json":
        told = [{"question": question, "answer": answer} for question, answer in page.answers(found, inputs, asked.language)]
        results = [{**claim.as_row(), "assumed_or_weak": list(page.soft(claim, inputs))} for claim in found.values()]
        print(json.dumps({"answers": told, "results": results}, ensure_ascii=False, indent=1))
        return
    print(first_screen(found, inputs, asked.language), depth(found, inputs, asked.language), sep="\n\n", end="\n\n")
    print(rows(found, inputs))


if __name__ == "__main__":
    main()
