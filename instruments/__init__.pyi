from .assets.fleet import Accounting as Accounting, Cohort as Cohort, GpuFleet as GpuFleet, Site as Site
from .conditions import (
    AllOf as AllOf,
    AnyOf as AnyOf,
    Custom as Custom,
    DateReached as DateReached,
    EventHappened as EventHappened,
    MarketCap as MarketCap,
    MilestoneReached as MilestoneReached,
    PriceTarget as PriceTarget,
    RatioTest as RatioTest,
    RelativePerformance as RelativePerformance,
    Sequence as Sequence,
)
from .contracts.borrowing_base import (
    BaseAsset as BaseAsset,
    BaseClass as BaseClass,
    BaseEnforcement as BaseEnforcement,
    BorrowingBase as BorrowingBase,
    ConcentrationLimit as ConcentrationLimit,
)
from .contracts.compute_derivatives import RentFuture as RentFuture, RentOption as RentOption, RentSwap as RentSwap
from .contracts.coupons import FixedCoupon as FixedCoupon, FloatingCoupon as FloatingCoupon
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
from .contracts.lease import Lease as Lease
from .contracts.lease_parts import (
    Cheaper as Cheaper,
    EarlyTermination as EarlyTermination,
    EscalatingRent as EscalatingRent,
    LeasedFleet as LeasedFleet,
    LeasedSite as LeasedSite,
    LevelRent as LevelRent,
    Odds as Odds,
    Phase as Phase,
    PurchaseOption as PurchaseOption,
    Remarketing as Remarketing,
    Renewal as Renewal,
    ResidualRule as ResidualRule,
    ReturnConditions as ReturnConditions,
    SteppedRent as SteppedRent,
)
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
from .contracts.margin_loan import (
    LtvTriggers as LtvTriggers,
    MarginLoan as MarginLoan,
    Marking as Marking,
    ShareSale as ShareSale,
    TopUp as TopUp,
)
from .contracts.notes import (
    NoteAccount as NoteAccount,
    NoteClass as NoteClass,
    NoteFee as NoteFee,
    Notes as Notes,
    PoolAsset as PoolAsset,
    PoolHardware as PoolHardware,
)
from .contracts.offtake import Offtake as Offtake, Substitute as Substitute
from .contracts.offtake_parts import (
    AfterDefault as AfterDefault,
    Cancellation as Cancellation,
    Prepayment as Prepayment,
    Rollover as Rollover,
    ServiceLevel as ServiceLevel,
    StepIn as StepIn,
    Termination as Termination,
)
from .contracts.staged import StagedEquity as StagedEquity
from .contracts.staged_parts import (
    FixedAmount as FixedAmount,
    FixedPrice as FixedPrice,
    FixedValuation as FixedValuation,
    MarketPrice as MarketPrice,
    NextRoundPrice as NextRoundPrice,
    ShareOfPrice as ShareOfPrice,
    StagedLadder as StagedLadder,
    StagedPosition as StagedPosition,
    StagedTranche as StagedTranche,
    StopRight as StopRight,
    UnitsAmount as UnitsAmount,
    UsdPerUnit as UsdPerUnit,
)
from .contracts.support import (
    CapacityBackstop as CapacityBackstop,
    Escrow as Escrow,
    FirstLoss as FirstLoss,
    LeaseBackstop as LeaseBackstop,
    LeaseGuarantee as LeaseGuarantee,
    PaymentCover as PaymentCover,
    Residual as Residual,
    ThresholdCover as ThresholdCover,
)
from .contracts.warrant import (
    Forfeiture as Forfeiture,
    Repeat as Repeat,
    Tranche as Tranche,
    ValueFloor as ValueFloor,
    Warrant as Warrant,
    WarrantPosition as WarrantPosition,
)
from .contracts.warrant_adjustments import after_special_dividend as after_special_dividend, after_split as after_split
from .deal import Deal as Deal, Milestone as Milestone, Party as Party, Position as Position
from .events import Delay as Delay, Event as Event
from .files.deals import deal_from_text as deal_from_text, load_deal as load_deal, schema_of as schema_of
from .files.hits import load_hits as load_hits, save_hits as save_hits
from .files.projects import load_project as load_project, project_from_text as project_from_text
from .files.webs import load_web as load_web, web_from_text as web_from_text
from .files.writing import dumps_json as dumps_json, dumps_toml as dumps_toml, save as save
from .financing import (
    DebtGuarantee as DebtGuarantee,
    DebtTranche as DebtTranche,
    Design as Design,
    Funding as Funding,
    InvestorCohort as InvestorCohort,
    LeaseFinancing as LeaseFinancing,
    PrepaidOfftake as PrepaidOfftake,
    ShareMarginLoan as ShareMarginLoan,
    VendorWarrants as VendorWarrants,
    WarrantStep as WarrantStep,
)
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
from .hits import Hit as Hit, HitsFile as HitsFile, WebState as WebState
from .limits import Limit as Limit, parse_limit as parse_limit
from .observations import Close as Close, DaysOut as DaysOut, Mean as Mean, Touch as Touch, Vwap as Vwap
from .priority import (
    CleanUpCall as CleanUpCall,
    CoverageTest as CoverageTest,
    FillReserve as FillReserve,
    PayFees as PayFees,
    PayInterest as PayInterest,
    PayPrincipal as PayPrincipal,
    Release as Release,
    TrapCash as TrapCash,
    Turbo as Turbo,
)
from .project import ForcedSale as ForcedSale, Plant as Plant, Project as Project
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
