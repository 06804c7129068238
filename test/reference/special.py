"""
Special functions to the last bit of a double, in decimal arithmetic of as many digits as it takes.

Reads {"name": [x, ...]} from stdin and writes {"name": ["value", ...]}. Of an inverse, x is [argument, what is nearly right]; of a function of any order,
[order, argument].
"""

import json
import math
import sys
from decimal import Decimal as D
from decimal import getcontext
from fractions import Fraction

DIGITS = 90
MOST = 2100


def digits(count):
    getcontext().prec = count


def arctan_of_inverse(n):
    term = total = D(1) / n
    k = 1
    while term > D(10) ** -MOST:
        term /= n * n
        k += 2
        total += (-term if k % 4 == 3 else term) / k
    return total


digits(MOST + 20)
PI = 16 * arctan_of_inverse(5) - 4 * arctan_of_inverse(239)
digits(DIGITS)
EULER = D("0.57721566490153286060651209008240243104215933593992359880576723488486772677766467093694706329174674951463144724980708248096")


def with_room(x):
    """Digits for what is smaller than 1 by e^(-x²)."""
    digits(DIGITS + 20 + 2 * int(D(x) * D(x)))


def erf(x):
    x = D(x)
    term = total = x
    n = 0
    while abs(term) > D(10) ** (5 - getcontext().prec):
        n += 1
        term = -term * x * x / n
        total += term / (2 * n + 1)
    return 2 * total / PI.sqrt()


def rounded(value):
    digits(DIGITS)
    return +value


def erfc(x):
    with_room(x)
    return rounded(1 - erf(x))


def erfcx(x):
    with_room(x)
    return rounded((D(x) * D(x)).exp() * (1 - erf(x)))


def normcdf(x):
    with_room(x)
    return rounded((1 - erf(-D(x) / D(2).sqrt())) / 2)


def inverse(complement, argument, near):
    """Two of Newton's steps, each of which doubles the digits that are right."""
    x = D(near)
    with_room(x)
    sign = -1 if complement else 1
    for _ in range(2):
        value = 1 - erf(x) if complement else erf(x)
        x -= (value - D(argument)) / (sign * 2 / PI.sqrt() * (-x * x).exp())
    return rounded(x)


def erfcinv(pair):
    return inverse(True, *pair)


def erfinv(pair):
    return inverse(False, *pair)


def normcdfinv(pair):
    return -D(2).sqrt() * inverse(True, 2 * D(pair[0]), -pair[1] / math.sqrt(2))


def sin(x):
    x = D(x) % (2 * PI)
    digits(DIGITS + 20)
    term = total = x
    n = 1
    while abs(term) > D(10) ** -(DIGITS + 10):
        term = -term * x * x / ((n + 1) * (n + 2))
        total += term
        n += 2
    return rounded(total)


def sinpi(x):
    return sin(D(x) % 2 * PI)


def cospi(x):
    return sin(D(x) % 2 * PI + PI / 2)


def bernoulli(count):
    numbers = [Fraction(1)]
    for m in range(1, count):
        numbers.append(-sum(math.comb(m + 1, k) * numbers[k] for k in range(m)) / (m + 1))
    return numbers


BERNOULLI = bernoulli(60)


def log_of_gamma(x):
    product = D(1)
    while x < 60:
        product *= x
        x += 1
    total = (x - D("0.5")) * x.ln() - x + (2 * PI).ln() / 2
    for k in range(1, 30):
        number = BERNOULLI[2 * k]
        total += D(number.numerator) / number.denominator / (2 * k * (2 * k - 1) * x ** (2 * k - 1))
    return total - product.ln()


def lgamma(x):
    x = D(x)
    return log_of_gamma(x) if x > 0 else (PI / abs(x * sinpi(x))).ln() - log_of_gamma(-x)


def tgamma(x):
    x = D(x)
    return log_of_gamma(x).exp() if x > 0 else -PI / (x * sinpi(x)) * (-log_of_gamma(-x)).exp()


def series(order, x, sign, weight=lambda k, harmonic: 1):
    """Of (±1)^k (x/2)^(2k + order) / (k! (k + order)!) by weights of k and 1 + 1/2 + … + 1/k."""
    half = x / 2
    term = half if order else D(1)
    total = term * weight(0, D(0))
    harmonic = D(0)
    k = 0
    while abs(term) > D(10) ** -getcontext().prec * max(abs(total), 1) or k < x:
        k += 1
        harmonic += D(1) / k
        term = sign * term * half * half / (k * (k + order))
        total += term * weight(k, harmonic)
    return total


def bessel(compute):
    def of(x):
        digits(DIGITS + int(abs(x)))
        return rounded(compute(D(x)))

    return of


j0 = bessel(lambda x: series(0, x, -1))
j1 = bessel(lambda x: series(1, x, -1))
y0 = bessel(lambda x: 2 / PI * (((x / 2).ln() + EULER) * series(0, x, -1) - series(0, x, -1, lambda _, harmonic: harmonic)))
y1 = bessel(
    lambda x: 2 / PI * ((x / 2).ln() + EULER) * series(1, x, -1)
    - 2 / (PI * x)
    - series(1, x, -1, lambda k, harmonic: 2 * harmonic + D(1) / (k + 1)) / PI
)


def jn(pair):
    """Σ (−1)^k (x/2)^(2k + n) / (k! (k + n)!)"""
    n, x = pair
    digits(DIGITS + int(abs(x)) + n)
    half = D(x) / 2
    total = term = half**n / math.factorial(n)
    k = 0
    while abs(term) > D(10) ** -(DIGITS - 10) * abs(total) or k < abs(x):
        k += 1
        term = -term * half * half / (k * (k + n))
        total += term
    return rounded(total)


def yn(pair):
    """From the orders 0 and 1 upward, with digits to spare."""
    n, x = pair
    values = [y0(x), y1(x)]
    digits(DIGITS)
    while len(values) <= n:
        values.append(D(2 * (len(values) - 1)) / D(x) * values[-1] - values[-2])
    return values[n]


cylBesselI0 = bessel(lambda x: series(0, abs(x), 1))
cylBesselI1 = bessel(lambda x: series(1, abs(x), 1) * (1 if x > 0 else -1))

print(json.dumps({name: [repr(float(globals()[name](x))).replace("inf", "Infinity") for x in of] for name, of in json.load(sys.stdin).items()}))
