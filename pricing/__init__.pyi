from . import formulas as formulas
from .api import price as price
from .conditions import Verdict as Verdict, Watch as Watch, register_condition as register_condition, verdicts as verdicts
from .measures import MEASURES as MEASURES, Measure as Measure
from .registry import Outcome as Outcome, Settings as Settings, Task as Task, register_engine as register_engine
from .results import Row as Row, Valuation as Valuation
from .simulation import Ledger as Ledger, Simulation as Simulation, simulate as simulate
