"""Distributions. Source: Trino documentation, "Mathematical functions and operators", section
"Probability and random functions"; the incomplete beta function by its continued fraction.
"""

import math
from statistics import NormalDist

TINY = 1e-300
PRECISE = 1e-16


def normal_cdf(mean: float, deviation: float, value: float) -> float | None:
    """None when the standard deviation is not positive."""
    if deviation <= 0:
        return None
    return 0.5 * math.erfc((mean - value) / (deviation * math.sqrt(2)))


def inverse_normal_cdf(mean: float, deviation: float, probability: float) -> float | None:
    if not 0 < probability < 1 or deviation <= 0:
        return None
    return mean + deviation * NormalDist().inv_cdf(probability)


def _beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    logarithm = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(logarithm + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > TINY else TINY)
    result = d
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for step in (even, odd):
            d = 1 + step * d
            d = 1 / (d if abs(d) > TINY else TINY)
            c = 1 + step / c
            c = c if abs(c) > TINY else TINY
            result *= d * c
        if abs(d * c - 1) < PRECISE:
            break
    return result


def beta_cdf(a: float, b: float, value: float) -> float | None:
    if a <= 0 or b <= 0 or not 0 <= value <= 1:
        return None
    return _beta(a, b, value)


def inverse_beta_cdf(a: float, b: float, probability: float) -> float | None:
    """By bisection, to the last bit that the function tells apart."""
    if a <= 0 or b <= 0 or not 0 <= probability <= 1:
        return None
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        if _beta(a, b, middle) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def t_pdf(value: float, freedom: float) -> float | None:
    if freedom <= 0:
        return None
    logarithm = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)
    logarithm -= (math.log(math.pi) + math.log(freedom)) / 2
    return math.exp(logarithm - (freedom + 1) / 2 * math.log1p(value * value / freedom))


def t_cdf(value: float, freedom: float) -> float | None:
    if freedom <= 0:
        return None
    if value == 0:
        return 0.5
    tail = 0.5 * _beta(freedom / 2, 0.5, freedom / (freedom + value * value))
    return tail if value < 0 else 1 - tail
