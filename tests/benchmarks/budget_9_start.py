"""Budget 9: `import pricing` against importing numpy, polars and pydantic; and what `gpufin --help` imports.

Run: python -m tests.benchmarks.budget_9_start
"""

from __future__ import annotations

import json
import subprocess
import sys

from tests.benchmarks.pairing import median_ratio, options
from tests.house import ROOT

HEAVY = ("numpy", "polars", "pydantic", "QuantLib", "scipy", "numba", "hypothesis")


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def imported_by_help() -> list[str]:
    """The heavy packages that are loaded once `gpufin --help` has answered."""
    code = (
        "import io, json, sys, contextlib\n"
        "from pricing.cli.main import main\n"
        "with contextlib.redirect_stdout(io.StringIO()): assert main(['--help']) == 0\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    found: list[str] = json.loads(python(code))
    return found


def main(argv: list[str] | None = None) -> dict[str, float]:
    asked = options(__doc__ or "", argv)
    rival = "import numpy, polars, pydantic"
    ratios = {"our import / theirs": 1.0 / median_ratio(lambda: python("import pricing"), lambda: python(rival), asked.pairs)}
    if not asked.tiny:
        first_use = median_ratio(lambda: python("from pricing import price"), lambda: python(rival), asked.pairs)
        ratios["our import with price() / theirs"] = 1.0 / first_use
    for name, ratio in ratios.items():
        print(f"budget 9: {name}: {ratio:.2f}")
    print(f"budget 9: imported by --help: {imported_by_help() or 'nothing heavy'}")
    return ratios


if __name__ == "__main__":
    main()
