"""A product of a vector and a matrix, eight columns at a time, their sums held in registers: what the compiler makes of no plain loop."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

EIGHT = ir.VectorType(ir.DoubleType(), 8)


def _add_products(typing, target, at, weights, low, high, matrix, of, stride):
    """Add to target[at : at + 8] the sum over n in [low, high) of weights[n] x matrix[of + n stride : of + n stride + 8]; flat arrays."""

    def build(context, builder, signature, arguments):
        def spot(argument, index):
            return builder.gep(context.make_array(signature.args[argument])(context, builder, arguments[argument]).data, [index])

        where, low, high, of, stride = (arguments[k] for k in (1, 3, 4, 6, 7))
        into = builder.bitcast(spot(0, where), EIGHT.as_pointer())
        total = cgutils.alloca_once(builder, EIGHT)
        builder.store(builder.load(into, align=8), total)
        nothing, first = ir.Constant(EIGHT, ir.Undefined), ir.Constant(ir.IntType(32), 0)
        to_all = ir.Constant(ir.VectorType(ir.IntType(32), 8), [0] * 8)
        with cgutils.for_range(builder, high, start=low) as loop:
            weight = builder.insert_element(nothing, builder.load(spot(2, loop.index)), first)
            place = builder.add(of, builder.mul(loop.index, stride))
            row = builder.load(builder.bitcast(spot(5, place), EIGHT.as_pointer()), align=8)
            product = builder.fmul(builder.shuffle_vector(weight, nothing, to_all), row, flags=("contract",))
            builder.store(builder.fadd(builder.load(total), product, flags=("contract",)), total)
        builder.store(builder.load(total), into, align=8)
        return context.get_dummy_value()

    whole = types.int64
    return types.void(target, whole, weights, whole, whole, matrix, whole, whole), build


add_products: Any = intrinsic(_add_products)
