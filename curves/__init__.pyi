from ._quantlib.calendars import (
    add_business_days as add_business_days,
    business_days as business_days,
    business_times as business_times,
    days_of_month as days_of_month,
)
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
    mean_mixture as mean_mixture,
    month_average as month_average,
    rent_curve as rent_curve,
    rent_paths as rent_paths,
)
from .compute_quotes import PowerQuotes as PowerQuotes, RentQuotes as RentQuotes, ResaleQuotes as ResaleQuotes
from .credit import (
    CdsSchedule as CdsSchedule,
    SurvivalCurve as SurvivalCurve,
    bootstrap_debt as bootstrap_debt,
    bootstrap_hazard as bootstrap_hazard,
    bootstrap_upfronts as bootstrap_upfronts,
    cds_maturity as cds_maturity,
    cds_schedule as cds_schedule,
    note_values as note_values,
    par_spreads as par_spreads,
    survival_curve as survival_curve,
    upfronts as upfronts,
)
from .credit_quotes import (
    CdsQuotes as CdsQuotes,
    CdsUpfrontQuotes as CdsUpfrontQuotes,
    DebtSpreadQuotes as DebtSpreadQuotes,
    FlatHazard as FlatHazard,
    ProxyCredit as ProxyCredit,
    RatingCredit as RatingCredit,
)
from .disclosure import (
    LocatedQuote as LocatedQuote,
    all_quotes as all_quotes,
    market_warnings as market_warnings,
    soft_quotes as soft_quotes,
)
from .editing import with_quote as with_quote
from .equity import (
    BeliefJump as BeliefJump,
    EquityInputs as EquityInputs,
    VolatilitySurface as VolatilitySurface,
    belief_jump as belief_jump,
    belief_split as belief_split,
    correlation_between as correlation_between,
    correlation_matrix as correlation_matrix,
    correlation_repair as correlation_repair,
    equity_drift as equity_drift,
    equity_forward as equity_forward,
    equity_inputs as equity_inputs,
    nearest_correlation as nearest_correlation,
    volatility_surface as volatility_surface,
)
from .equity_quotes import BeliefQuotes as BeliefQuotes, EquityQuotes as EquityQuotes
from .files import (
    load_market as load_market,
    load_scenarios as load_scenarios,
    market_from_text as market_from_text,
    save_scenarios as save_scenarios,
    schema_of as schema_of,
)
from .hardware import (
    FailureRate as FailureRate,
    IncomeValue as IncomeValue,
    LotSale as LotSale,
    PowerCurve as PowerCurve,
    ResaleCurve as ResaleCurve,
    RunningCost as RunningCost,
    declining_balance as declining_balance,
    even_lots as even_lots,
    failure_rate as failure_rate,
    income_value as income_value,
    job_mttf_hours as job_mttf_hours,
    lender_choice as lender_choice,
    lot_sale as lot_sale,
    macrs as macrs,
    parity_value as parity_value,
    power_curve as power_curve,
    resale_curve as resale_curve,
    running_cost as running_cost,
    spares_needed as spares_needed,
    straight_line as straight_line,
    sum_of_years as sum_of_years,
    units_in_service as units_in_service,
    units_of_use as units_of_use,
)
from .hardware_quotes import PowerForwards as PowerForwards, ResaleByAge as ResaleByAge
from .lookup import default_rates_key as default_rates_key, market_keys as market_keys
from .market import Market as Market
from .quotes import EventQuotes as EventQuotes, MilestoneQuotes as MilestoneQuotes, Quote as Quote, RealWorld as RealWorld
from .rate_quotes import FlatRate as FlatRate, OisQuotes as OisQuotes, TreasuryQuotes as TreasuryQuotes
from .rates import (
    Compounded as Compounded,
    DiscountCurve as DiscountCurve,
    ShortRate as ShortRate,
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
    short_rate as short_rate,
    simple_forward as simple_forward,
    swap_quotes as swap_quotes,
    swap_schedule as swap_schedule,
    term_sofr as term_sofr,
    treasury_coupon as treasury_coupon,
)
from .rent_quotes import Launch as Launch, TwoFactorRent as TwoFactorRent
from .scenarios import (
    Move as Move,
    PathPoint as PathPoint,
    Scenario as Scenario,
    Step as Step,
    scenario_table as scenario_table,
    scenarios_from_table as scenarios_from_table,
    standard_scenarios as standard_scenarios,
)
from .tenors import add_tenor as add_tenor, years_between as years_between
