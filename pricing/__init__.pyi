from . import clearing as clearing, formulas as formulas, strategies as strategies
from .api import price as price, simulate_paths as simulate_paths, watch_paths as watch_paths
from .books.batch import BookRun as BookRun, run_book as run_book
from .books.cube import Cube as Cube, cube_of as cube_of
from .books.deltas import BookDeltas as BookDeltas, book_deltas as book_deltas
from .books.explain import BookExplained as BookExplained, explain_book as explain_book
from .books.kinds import book_columns as book_columns
from .books.pricer import BookResult as BookResult, price_book as price_book
from .conditions import Watch as Watch, register_condition as register_condition
from .diffing import Diff as Diff, diff as diff
from .laws.catalogue import LAWS as LAWS, PROJECT_LAWS as PROJECT_LAWS, WEB_LAWS as WEB_LAWS
from .laws.law import Law as Law, ProjectLaw as ProjectLaw, WebLaw as WebLaw
from .laws.search import LawResult as LawResult
from .limits import LimitResult as LimitResult
from .measures import MEASURES as MEASURES, Measure as Measure
from .paths.world import World as World
from .registry import (
    Outcome as Outcome,
    Settings as Settings,
    Task as Task,
    register_engine as register_engine,
    register_simulator as register_simulator,
)
from .results import Row as Row, Valuation as Valuation
from .reverse.report import ReverseResult as ReverseResult, reverse_stress as reverse_stress
from .risk.break_evens import BreakEven as BreakEven
from .risk.solving import solve_advance as solve_advance, solve_rent as solve_rent
from .risk.transfer.report import RiskTransfer as RiskTransfer, compare_financings as compare_financings
from .risk.transfer.rows import TransferRow as TransferRow
from .risk.transfer.stressed import stress_project as stress_project
from .scenario_library import named_scenarios as named_scenarios
from .simulation import ContractLedger as ContractLedger, Ledger as Ledger, Simulation as Simulation, simulate as simulate
from .stressing import StressReport as StressReport, stress as stress
from .verdict_table import Verdict as Verdict, turns as turns, verdicts as verdicts
from .web.report import analyse_web as analyse_web, knocked_out as knocked_out
from .web.rows import WebReport as WebReport, WebRow as WebRow
from .web.stressed import WebStressReport as WebStressReport, stress_web as stress_web
