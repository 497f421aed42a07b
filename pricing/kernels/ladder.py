"""The compiled step of a warrant ladder: share, plan clock and buyer's credit, all tranches in one pass.

The numpy statement is `pricing.paths.world` with `pricing.conditions`; both see the same draws and give the same vesting days.
"""

from __future__ import annotations

from math import factorial

import numba
import numpy as np

LATCHED, SIMULTANEOUS, AT_DATE = 0, 1, 2
"""How the price leg meets the milestone leg; AT_DATE + 1 is the milestone leg tested on the price leg's day."""
MILESTONE_AT_DATE = 3
COARSE = 8
"""Days between looks at the control: its mean is exact for any number, more days cost less time and a little correlation."""
MIDDLE = 40.0 / 128.0
C = tuple(float(np.exp(-MIDDLE)) / factorial(n) for n in range(11))
"""Half of the range of x / 64 in `watch_few`, and Taylor coefficients of e^y around minus it."""
FEW = 12
"""Targets up to which looking at all of them is cheaper than looking for those in reach."""
LOST = np.int32(2**31 - 1)
"""Vesting day of a tranche whose single test has failed."""


@numba.njit(cache=True, nogil=True)
def crossing_odds(gap_before, gap_after, room):
    """Odds that a Brownian bridge with variance `room` closes a gap between two points: e^{-2 g h / room}, 1 where one is closed."""
    if gap_before <= 0.0 or gap_after <= 0.0:
        return 1.0
    if room <= 0.0 or 2.0 * gap_before * gap_after > 40.0 * room:
        return 0.0
    return np.exp(-2.0 * gap_before * gap_after / room)


@numba.njit(cache=True, nogil=True)
def watch_many(log_price, shift_before, shift_after, room, log_target, watched, touched, untouched_odds):
    """Multiply in the odds that the control has touched no target since it was last looked at; `watched` is ln of the share then.

    Target by target on each path, from the first that is not touched to the first out of reach.
    """
    tranches = log_target.shape[0]
    for p in range(log_price.shape[0]):
        before, after = watched[p] + shift_before, log_price[p] + shift_after
        watched[p] = log_price[p]
        for k in range(touched[p], tranches):
            odds = crossing_odds(log_target[k] - before, log_target[k] - after, room)
            if odds <= 0.0:
                break
            untouched_odds[k, p] *= 1.0 - odds
            touched[p] = k + 1 if odds >= 1.0 else touched[p]


@numba.njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def watch_few(log_price, shift_before, shift_after, room, log_target, watched, untouched_odds):
    """The same for few targets, all of them on every path, without branches: the processor takes several paths at a time.

    e^x for x in [-40, 0] is a Taylor polynomial of e^{x/64} around the middle, squared six times (relative error below 1e-11; the
    control's mean is exact beside it).
    """
    per_room = -2.0 / (64.0 * room) if room > 0.0 else -1e300
    for k in range(log_target.shape[0]):
        target, row = log_target[k], untouched_odds[k]
        for p in range(log_price.shape[0]):
            before, after = target - (watched[p] + shift_before), target - (log_price[p] + shift_after)
            before = before if before > 0.0 else 0.0
            after = after if after > 0.0 else 0.0
            y = per_room * (before * after)
            y = MIDDLE + (y if y > 2.0 * -MIDDLE else 2.0 * -MIDDLE)
            e = C[10]
            e = C[9] + y * e
            e = C[8] + y * e
            e = C[7] + y * e
            e = C[6] + y * e
            e = C[5] + y * e
            e = C[4] + y * e
            e = C[3] + y * e
            e = C[2] + y * e
            e = C[1] + y * e
            e = C[0] + y * e
            e = e * e
            e = e * e
            e = e * e
            e = e * e
            e = e * e
            e = e * e
            row[p] *= 1.0 - e
    for p in range(log_price.shape[0]):
        watched[p] = log_price[p]


@numba.njit(cache=True, nogil=True)
def step_ladder(
    first_day,
    normals,
    bridge_clock,
    bridge_credit,
    factor,
    has_clock,
    has_credit,
    with_controls,
    share_drift,
    share_vol,
    control_shift,
    clock_drift,
    clock_vol,
    credit_drift,
    credit_vol,
    planned,
    needed_level,
    log_target,
    target,
    meet,
    window,
    history,
    log_price,
    watched,
    clock,
    free_clock,
    credit,
    stop,
    level,
    free_level,
    touched,
    untouched_odds,
    best,
    window_sum,
    window_ring,
    next_tranche,
    next_target,
    vest,
    vest_log_price,
):
    """Walk one chunk of days forward; every array after `history` is state and is changed in place.

    Args:
        first_day: index of the chunk's first day.
        normals: [driver, day, path] independent standard normals, drivers share, clock, credit as present.
        bridge_clock, bridge_credit: [day, path] uniforms in [0, 1); unused ones may be empty.
        factor: lower triangular correlation factor [driver, driver].
        share_drift, share_vol, ... credit_vol: [all days] drift and standard deviation over each step; control_shift: [all days] ln of
            the control, whose drift is constant, less ln of the share.
        planned: [level] planned times; needed_level: [tranche] index into it, -1 for none.
        log_target: [tranche] ln of the price target, rising, -inf for none; target: [tranche] what is compared: the target itself for a
            mean, its ln for the close.
        meet: how the legs meet. window: days of the mean, 1 for the close; history: how many closes before the first day
            `window_ring` holds already; until the window is full the mean meets no target.
        untouched_odds: [tranche, path] odds given the path's closes that the control has not touched a target between them.
        next_tranche: [path] first tranche that has not vested (for rising ladders); next_target: [path] its target, inf after the last.
        watched: [path] ln of the share when the control was last looked at.
        vest: [tranche, path] day of vesting, number of days where never.
    """
    days, paths = normals.shape[1], normals.shape[2]
    tranches, levels = log_target.shape[0], planned.shape[0]
    never = share_drift.shape[0]
    clock_row = 1
    credit_row = 2 if has_clock else 1
    for i in range(days):
        day = first_day + i
        slot = day % window
        full = day + 1 + history >= window
        drift_s, vol_s = share_drift[day], share_vol[day]
        drift_c = vol_c = room_c = drift_d = vol_d = room_d = 0.0
        if has_clock:
            drift_c, vol_c = clock_drift[day], clock_vol[day]
            room_c = vol_c * vol_c
        if has_credit:
            drift_d, vol_d = credit_drift[day], credit_vol[day]
            room_d = vol_d * vol_d
        own, scale = normals[0, i], factor[0, 0]
        for p in range(paths):
            z_share = scale * own[p]
            # deliveries before defaults: what arrives on the day of default still counts
            arrived = -1
            if has_clock:
                z_clock = factor[clock_row, 0] * normals[0, i, p] + factor[clock_row, 1] * normals[1, i, p]
                before = clock[p]
                after = before + drift_c + vol_c * z_clock
                clock[p] = after
                u = bridge_clock[i, p]
                while level[p] < levels:
                    if u >= crossing_odds(planned[level[p]] - before, planned[level[p]] - after, room_c):
                        break
                    if day > stop[p]:
                        break
                    arrived = level[p]
                    level[p] += 1
                if with_controls:
                    before = free_clock[p]
                    after = before + drift_c + vol_c * normals[1, i, p]
                    free_clock[p] = after
                    while free_level[p] < levels:
                        if u >= crossing_odds(planned[free_level[p]] - before, planned[free_level[p]] - after, room_c):
                            break
                        free_level[p] += 1
            if has_credit and stop[p] > day:
                z_credit = 0.0
                for j in range(credit_row + 1):
                    z_credit += factor[credit_row, j] * normals[j, i, p]
                before = credit[p]
                after = before + drift_d + vol_d * z_credit
                credit[p] = after
                stop[p] = day if bridge_credit[i, p] < crossing_odds(before, after, room_d) else stop[p]
            end = log_price[p] + drift_s + vol_s * z_share
            log_price[p] = end
            if window == 1:
                seen = end
            else:
                price = np.exp(end)
                window_sum[p] += price - window_ring[slot, p]
                window_ring[slot, p] = price
                seen = window_sum[p] / window if full else -np.inf
            top = max(best[p], seen)
            best[p] = top
            if meet <= SIMULTANEOUS:
                test = top if meet == LATCHED else seen
                if test >= next_target[p]:
                    k = next_tranche[p]
                    while k < tranches and needed_level[k] < level[p] and test >= target[k]:
                        vest[k, p] = day
                        vest_log_price[k, p] = end
                        k += 1
                    next_tranche[p] = k
                    next_target[p] = target[k] if k < tranches else np.inf
            elif meet == AT_DATE:
                if arrived >= 0:
                    for k in range(tranches):
                        if vest[k, p] == never and needed_level[k] < level[p]:
                            if seen >= target[k]:
                                vest[k, p] = day
                                vest_log_price[k, p] = end
                            else:
                                vest[k, p] = LOST
            else:
                for k in range(tranches):
                    if vest[k, p] == never and seen >= target[k]:
                        if needed_level[k] < level[p]:
                            vest[k, p] = day
                            vest_log_price[k, p] = end
                        else:
                            vest[k, p] = LOST
        if with_controls and (day % COARSE == COARSE - 1 or day == never - 1):
            since = day - day % COARSE
            room = 0.0
            for j in range(since, day + 1):
                room += share_vol[j] * share_vol[j]
            shift_before = control_shift[since - 1] if since > 0 else 0.0
            if tranches <= FEW:
                watch_few(log_price, shift_before, control_shift[day], room, log_target, watched, untouched_odds)
            else:
                watch_many(log_price, shift_before, control_shift[day], room, log_target, watched, touched, untouched_odds)
