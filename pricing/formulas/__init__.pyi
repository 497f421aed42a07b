from .averages import (
    average_option_odds as average_option_odds,
    average_option_value as average_option_value,
    minimum_variance_hedge as minimum_variance_hedge,
)
from .hurdle import (
    daily_watch as daily_watch,
    delivery_probability as delivery_probability,
    passage_probability as passage_probability,
    share_or_nothing_touch as share_or_nothing_touch,
    touch_call_value as touch_call_value,
    touch_probability as touch_probability,
)
from .lending import (
    backstopped_rent as backstopped_rent,
    sculpted_debt as sculpted_debt,
)
from .mixtures import (
    forward_option_value as forward_option_value,
    jump_call_value as jump_call_value,
    margin_value as margin_value,
    mixture_option_value as mixture_option_value,
)
from .offtakes import capacity_put_value as capacity_put_value, leaving_value as leaving_value
from .pool_counts import (
    loans_loss_odds as loans_loss_odds,
    loans_tranche_loss as loans_tranche_loss,
    pool_default_odds as pool_default_odds,
    pool_tranche_loss as pool_tranche_loss,
)
from .pools import (
    large_pool_loss_density as large_pool_loss_density,
    large_pool_loss_probability as large_pool_loss_probability,
    large_pool_loss_quantile as large_pool_loss_quantile,
    large_pool_tranche_loss as large_pool_tranche_loss,
    recovery_given_factor as recovery_given_factor,
)
from .staged import gap_claim_odds as gap_claim_odds, gap_claim_value as gap_claim_value
from .support import (
    black_put as black_put,
    capacity_backstop_value as capacity_backstop_value,
    lease_backstop_payment as lease_backstop_payment,
    residual_guarantee_value as residual_guarantee_value,
    residual_payment as residual_payment,
)
from .vanilla import call_value as call_value, put_value as put_value, share_digital as share_digital
