"""Commands and their options. Only argparse is imported here, so that `gpufin --help` is instant."""

from __future__ import annotations

import argparse

EXIT_CODES = "exit codes: 0 done; 1 internal error; 2 input not usable; 3 a limit or law is broken; 4 some failed, the rest is there"

STARTERS = (
    "warrant", "loan", "lease", "offtake", "staged_equity", "margin_loan", "notes", "borrowing_base", "rent_swap",
    "market", "scenarios", "book", "project", "web",
)  # fmt: skip
"""Files that `new` writes."""
FILE_KINDS = ("book", "deal", "hits", "market", "project", "scenarios", "web")
"""Files that `check` and `schema` know: the names of `pricing.cli.file_kinds`."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gpufin", description="Prices and stress-tests compute hardware as collateral.", epilog=EXIT_CODES
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    price = commands.add_parser(
        "price", help="value every contract of a deal", description="Value every contract of a deal.", epilog=EXIT_CODES
    )
    _target(price)
    price.add_argument(
        "--method", help="engine: monte_carlo, closed_form, quantlib (default: each contract's own, with quantlib beside it)"
    )
    price.add_argument(
        "--measures", help="comma-separated measures, or groups such as sensitivities, to show (default: all that one run holds)"
    )
    _common(price, simulated=True)
    price.set_defaults(module="run_price")

    simulate = commands.add_parser(
        "simulate",
        help="roll a deal's facilities forward on paths, with their ledger; or a project under all its financings",
        description="Roll a deal's facilities forward on paths of rent and credit, with their double-entry ledger; or put a project "
        "(a folder with project.toml) under all its financings on the same paths.",
        epilog=EXIT_CODES,
    )
    _target(simulate)
    simulate.add_argument(
        "--measures",
        help="comma-separated measures or groups to show: tails, fans, yields, dependence, support, break_evens, sensitivities, "
        "loss_sensitivities, or any measure (default: all that one run holds)",
    )
    simulate.add_argument(
        "--method",
        default="simulation",
        help="where the default of a facility's vehicle comes from: simulation (its cash; the default), market (its curve) or "
        "endogenous_with_residual (its cash and what is left of its curve)",
    )
    simulate.add_argument("--path", type=_whole, metavar="N", help="show the ledger of one path in place of the mean, counted from 0")
    simulate.add_argument("--party", help="show the cash statement of one party")
    simulate.add_argument("--joint", action="store_true", help="also the joint loss of all contracts: wrong-way risk and its parts")
    _common(simulate, simulated=True)
    simulate.set_defaults(module="run_simulate")

    stress = commands.add_parser(
        "stress",
        help="scenario table and laws over a deal, or laws over a project or a web",
        description="Scenario table and laws over a deal; or laws over a project (a folder with project.toml), whatever moves its market, "
        "or over a web (web.toml), whatever hits its balance sheets.",
        epilog=EXIT_CODES,
    )
    _target(stress)
    stress.add_argument("--laws", help="comma-separated laws to check (default: all that apply)")
    stress.add_argument(
        "--scenarios",
        metavar="WHICH",
        help="library, standard or defaults, or a file of scenarios: .toml, .json, .csv or .parquet (default: standard and defaults); of a "
        "project or a web, the file of a counterexample: its laws are checked there and nowhere else",
    )
    stress.add_argument("--scenario", action="append", metavar="NAME", help="one entry of the library by its name, such as 'export ban'")
    stress.add_argument(
        "--limit", action="append", metavar="LIMIT", help="what must not be, at base and under every scenario (default: the deal's own)"
    )
    stress.add_argument(
        "--reverse", metavar="LIMIT", help="search the mildest shock that breaks a limit, such as 'lender.expected_loss_rate > 0.02'"
    )
    stress.add_argument("--factors", metavar="KEYS", help="comma-separated market keys that --reverse may move (default: all)")
    stress.add_argument(
        "--save",
        metavar="FILE",
        help="write the shock of --reverse and the smallest counterexample of every broken law to a file, which replays with --scenarios",
    )
    _common(stress, simulated=True)
    stress.set_defaults(module="run_stress")

    web = commands.add_parser(
        "web",
        help="circularity, ladder and value matrix of a web",
        description="Circularity, headline ladder and value matrix of a web.",
        epilog=EXIT_CODES,
    )
    web.add_argument("web", help="a web file, or a folder with web.toml")
    web.add_argument("--market", metavar="FILE", help="market that prices edges which are contracts (default: market.toml beside the web)")
    web.add_argument("--perimeter", action="append", metavar="NAME", help="consolidation choice, at least two (default: all)")
    web.add_argument("--paths", type=_whole, help="paths where a contract is simulated, rounded up to blocks of 4,096 (default: 32,768)")
    web.add_argument("--seed", type=_whole, default=0, help="seed of the search inside the bounds and of random webs (default: 0)")
    _common(web, simulated=False)
    web.set_defaults(module="run_web")

    batch = commands.add_parser(
        "batch",
        help="price a book: files of contracts, one a row, or a folder of deals",
        description="Price a book of contracts. With --output it is priced in parts: run the same command again after an interruption.",
        epilog=EXIT_CODES,
    )
    batch.add_argument(
        "book", help="a .parquet, .csv, .arrow, .arrows or .jsonl file, a book.toml, a folder of these or of deals; - reads an Arrow stream"
    )
    batch.add_argument("--market", metavar="FILE", help="market file (default: market.toml beside the book)")
    batch.add_argument("--scenarios", metavar="FILE", help="a JSON or TOML file of scenarios, priced after the base case")
    batch.add_argument("--output", "-o", metavar="FILE", help="write results to a .parquet, .csv, .jsonl or .arrow file")
    batch.add_argument(
        "--executor", metavar="WHO", help="serial (default), threads:N, processes:N or dask:ADDRESS; changes speed, never numbers"
    )
    batch.add_argument("--summary", metavar="FILE", help="write totals and problems by kind to an .xlsx file")
    batch.add_argument("--rows", type=_whole, metavar="N", help="most rows of a part of --output (default: 65,536)")
    _common(batch, simulated=True)
    batch.set_defaults(module="run_batch")

    report = commands.add_parser(
        "report",
        help="one self-contained HTML page of a deal, a project, a web or a book",
        description="Write one HTML page that needs no network: the answer in words, charts, tables, assumptions, sources, audit. "
        "Needs the extra: pip install plotly.",
        epilog=EXIT_CODES,
    )
    report.add_argument("target", help="a deal, project, web or book: a file, or a folder that holds one")
    report.add_argument("--output", "-o", metavar="FILE", required=True, help="the page to write: FILE.html")
    report.add_argument("--market", metavar="FILE", help="market file (default: market.toml beside the target)")
    report.add_argument(
        "--with",
        dest="extras",
        metavar="PARTS",
        help="comma-separated parts that take further runs; of a deal: sensitivities, scenarios, joint, yields, support, dependence, "
        "break_evens; of a project: assumptions (default: none)",
    )
    report.add_argument("--scenarios", metavar="FILE", help="a JSON or TOML file of scenarios for a deal or a book")
    report.add_argument(
        "--reverse", metavar="LIMIT", help="the mildest shock that breaks a limit, such as 'lender.expected_loss_rate > 0.02'"
    )
    _simulated(report)
    report.set_defaults(module="run_report")

    compare = commands.add_parser(
        "diff",
        help="what changed between two results or deals, and why",
        description="Compare two results (JSON of a command, or a batch's results beside their manifest), or two deals with their markets.",
        epilog=EXIT_CODES,
    )
    compare.add_argument("before", metavar="A", help="a result, a deal file or a deal's folder")
    compare.add_argument("after", metavar="B", help="the same kind of thing")
    _common(compare, simulated=True)
    compare.set_defaults(module="run_diff")

    check = commands.add_parser(
        "check",
        help="check files without pricing",
        description="Check files of any kind, line by line.",
        epilog=EXIT_CODES,
    )
    check.add_argument("files", nargs="+", help="deal, market, project, web, scenario or book files, or folders")
    check.add_argument("--kind", choices=FILE_KINDS, help="what the files are (default: by file name)")
    check.set_defaults(module="run_check")

    market = commands.add_parser(
        "market", help="curves, residuals, staleness and warnings of a market", description="Audit a market file.", epilog=EXIT_CODES
    )
    market.add_argument("file", help="a market file, or a folder with market.toml")
    _common(market, simulated=False)
    market.set_defaults(module="run_market")

    schema = commands.add_parser("schema", help="print a JSON Schema", description="Print the JSON Schema of a file kind.")
    schema.add_argument("kind", choices=(*FILE_KINDS, "all"))
    schema.add_argument("--output", "-o", metavar="FOLDER", help="write it there, with the editor's .taplo.toml (default: print it)")
    schema.set_defaults(module="run_schema")

    new = commands.add_parser("new", help="a commented file to start from", description="A commented file that prices as it stands.")
    new.add_argument("kind", choices=STARTERS)
    new.add_argument("--output", "-o", metavar="FOLDER", help="write it there, with its market beside it (default: print it)")
    new.set_defaults(module="run_new")

    explain = commands.add_parser(
        "explain", help="what a measure or a term means", description="Meaning, formula, unit and sign of measures; fields of terms."
    )
    explain.add_argument(
        "measure",
        nargs="*",
        metavar="NAME",
        help="measures, or terms such as loan, loan.covenants, market.credit.cds (default: list all measures)",
    )
    explain.set_defaults(module="run_explain")

    doctor = commands.add_parser("doctor", help="does this installation work?", description="Versions, known answers, optional parts.")
    doctor.set_defaults(module="run_doctor")
    return parser


def _target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("deal", help="a deal file, or a folder with deal.toml")
    parser.add_argument("--market", metavar="FILE", help="market file (default: market.toml beside the deal)")


def _common(parser: argparse.ArgumentParser, *, simulated: bool) -> None:
    parser.add_argument("--format", choices=("table", "json"), default="table", help="what to print (default: table)")
    if simulated:
        _simulated(parser)


def _simulated(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--paths", type=_whole, help="paths of a simulation, rounded up to blocks of 4,096 (default: 32,768)")
    parser.add_argument("--seed", type=_whole, default=0, help="seed of the random streams (default: 0)")
    parser.add_argument("--threads", type=_whole, help="threads (default: one per processor); changes speed, never numbers")


def _whole(text: str) -> int:
    try:
        return int(text.replace("_", "").replace(",", ""))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def parse(argv: list[str]) -> argparse.Namespace | int:
    """The arguments of a command, or the exit code where nothing is left to run."""
    parser = _parser()
    try:
        arguments = parser.parse_args(argv)
    except SystemExit as stop:  # argparse has printed help (0) or what is wrong (2)
        return int(stop.code or 0)
    if arguments.version:
        from importlib.metadata import version

        print(f"gpufin {version('gpufin')}")
        return 0
    if "module" not in arguments:
        parser.print_help()
        return 2
    return arguments
