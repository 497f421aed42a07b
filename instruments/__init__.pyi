from .assets.fleet import Accounting as Accounting, Cohort as Cohort, GpuFleet as GpuFleet, Site as Site
from .conditions import (
    AllOf as AllOf,
    AnyOf as AnyOf,
    Close as Close,
    Custom as Custom,
    DateReached as DateReached,
    DaysOut as DaysOut,
    EventHappened as EventHappened,
    Mean as Mean,
    MilestoneReached as MilestoneReached,
    PriceTarget as PriceTarget,
    RatioTest as RatioTest,
    Sequence as Sequence,
    Touch as Touch,
)
from .contracts.covenants import (
    Covenant as Covenant,
    DscrTest as DscrTest,
    Holiday as Holiday,
    LiquidityTest as LiquidityTest,
    LoanToCostTest as LoanToCostTest,
    LoanToValueTest as LoanToValueTest,
    RealisationTest as RealisationTest,
    SweepBand as SweepBand,
    Waivers as Waivers,
)
from .contracts.guarantee import Guarantee as Guarantee
from .contracts.loan import Loan as Loan
from .contracts.loan_parts import (
    Amortisation as Amortisation,
    CashTrap as CashTrap,
    Depreciated as Depreciated,
    DrawTerms as DrawTerms,
    DscrCovenant as DscrCovenant,
    Enforcement as Enforcement,
    Fixed as Fixed,
    Floating as Floating,
    Hedge as Hedge,
    LoanPosition as LoanPosition,
    NegativeIncome as NegativeIncome,
    Pik as Pik,
    Reserves as Reserves,
)
from .contracts.offtake import Offtake as Offtake, Substitute as Substitute
from .contracts.warrant import Tranche as Tranche, Warrant as Warrant, WarrantPosition as WarrantPosition
from .deal import Deal as Deal, Milestone as Milestone, Party as Party, Position as Position
from .events import Delay as Delay, Event as Event
from .files.deals import deal_from_text as deal_from_text, load_deal as load_deal, schema_of as schema_of
from .files.webs import load_web as load_web, web_from_text as web_from_text
from .files.writing import dumps_json as dumps_json, dumps_toml as dumps_toml, save as save
from .ground.errors import (
    BatchError as BatchError,
    CalibrationError as CalibrationError,
    FileError as FileError,
    GpufinError as GpufinError,
    InputError as InputError,
    MarketError as MarketError,
    NetworkError as NetworkError,
    PricingError as PricingError,
    Problem as Problem,
    Reason as Reason,
)
from .ground.provenance import Basis as Basis, Provenance as Provenance, ProvenanceTable as ProvenanceTable
from .ground.units import allow_implausible as allow_implausible, bps as bps, pct as pct
from .variants import Variant as Variant, variants_of as variants_of
from .web import Web as Web
from .webparts import (
    Balance as Balance,
    Dependency as Dependency,
    Edge as Edge,
    Entity as Entity,
    Level as Level,
    Listed as Listed,
    Once as Once,
    Perimeter as Perimeter,
    Period as Period,
    Spread as Spread,
    TradedAsset as TradedAsset,
)
