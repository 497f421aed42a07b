from ._quantlib.calendars import business_days as business_days, business_times as business_times
from .compute import (
    LaunchMixture as LaunchMixture,
    LaunchModel as LaunchModel,
    RentCurve as RentCurve,
    RentSeries as RentSeries,
    TermRates as TermRates,
    TwoFactor as TwoFactor,
    TwoFactorEstimate as TwoFactorEstimate,
    estimate_two_factor as estimate_two_factor,
    forward_from_term_rate as forward_from_term_rate,
    month_average as month_average,
    rent_curve as rent_curve,
    rent_paths as rent_paths,
)
from .compute_quotes import PowerQuotes as PowerQuotes, RentQuotes as RentQuotes, ResaleQuotes as ResaleQuotes
from .credit import (
    CdsSchedule as CdsSchedule,
    SurvivalCurve as SurvivalCurve,
    bootstrap_hazard as bootstrap_hazard,
    cds_maturity as cds_maturity,
    cds_schedule as cds_schedule,
    par_spreads as par_spreads,
    survival_curve as survival_curve,
)
from .credit_quotes import CdsQuotes as CdsQuotes, FlatHazard as FlatHazard, ProxyCredit as ProxyCredit
from .disclosure import (
    LocatedQuote as LocatedQuote,
    all_quotes as all_quotes,
    market_warnings as market_warnings,
    soft_quotes as soft_quotes,
)
from .editing import with_quote as with_quote
from .equity import (
    EquityInputs as EquityInputs,
    correlation_between as correlation_between,
    correlation_matrix as correlation_matrix,
    equity_inputs as equity_inputs,
)
from .equity_quotes import EquityQuotes as EquityQuotes
from .files import load_market as load_market, market_from_text as market_from_text, schema_of as schema_of
from .lookup import default_rates_key as default_rates_key, market_keys as market_keys
from .market import Market as Market
from .quotes import MilestoneQuotes as MilestoneQuotes, Quote as Quote, RealWorld as RealWorld
from .rate_quotes import FlatRate as FlatRate, OisQuotes as OisQuotes, TreasuryQuotes as TreasuryQuotes
from .rates import (
    Compounded as Compounded,
    DiscountCurve as DiscountCurve,
    SwapSchedule as SwapSchedule,
    bootstrap_treasury as bootstrap_treasury,
    compounded_from_market as compounded_from_market,
    compounded_rate as compounded_rate,
    discount_curve as discount_curve,
    discount_jacobian as discount_jacobian,
    discounts_from_par as discounts_from_par,
    par_from_discounts as par_from_discounts,
    par_swap_rates as par_swap_rates,
    par_yield as par_yield,
    simple_forward as simple_forward,
    swap_quotes as swap_quotes,
    swap_schedule as swap_schedule,
    term_sofr as term_sofr,
    treasury_coupon as treasury_coupon,
)
from .rent_quotes import Launch as Launch, TwoFactorRent as TwoFactorRent
from .scenarios import Move as Move, Scenario as Scenario, standard_scenarios as standard_scenarios
from .tenors import add_tenor as add_tenor, years_between as years_between
