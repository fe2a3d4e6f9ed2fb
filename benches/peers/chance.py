"""How many groups of `pricer simulate` end worse off by chance alone? The constant world and its rule in a few lines of numpy, with
estimates whose mean is the truth: what is left is the luck of estimation. `python benches/peers/chance.py` needs numpy only.

It leaves out endings, seasons, shrinkage and the fits that follow the first, so its figures are rounder than those of the game.
"""
import numpy as np

GROUPS, ITEMS, SEEDS, PERIODS, WEEKS = 20, 10, 300, 13, 104
QUANTILES = {75: 0.674490, 90: 1.281552, 97.5: 1.959964}


def play(confidence, lean, scale):
    """`lean`: what estimates are off at 25 units a week, more for fewer; `scale`: times the error of estimation."""
    chance = np.random.default_rng(7)
    z, shape = QUANTILES[confidence], (GROUPS, ITEMS)
    worse, groups, shares, total = 0, 0, [], np.zeros(3)
    for _ in range(SEEDS):
        markup = 1.5 + 0.6 * chance.random((GROUPS, 1))
        goods = np.clip(8 * np.exp(0.8 * chance.standard_normal(shape) - 0.32), 0.2, None)
        today = goods * markup * 1.19 * np.exp(0.05 * chance.standard_normal(shape))
        keep, cost = 1 / 1.19 - 0.014, goods + 0.2
        wrong = 0.10 * chance.standard_normal((GROUPS, 1)) + 0.12 * chance.standard_normal(shape)
        margin = today * np.exp(wrong) - cost / keep
        best = today * np.exp(wrong)
        truth = np.where(margin > 0, np.clip(-best / np.where(margin > 0, margin, 1), -6, -1.4), -6)
        level = 25 * np.exp(0.7 * chance.standard_normal(shape) - 0.245)
        error = scale * np.sqrt((1 / level + 0.2**2) / (WEEKS * 0.08**2))
        found = truth + lean * 20 / level + error * chance.standard_normal(shape)

        def optimum(e):
            return np.where(e < -1.02, cost / keep * e / (1 + e), 1e9)

        low, high = optimum(found - z * error), optimum(found + z * error)
        wish = np.where(low > today, low, np.where(high < today, high, today))
        told = (-1 - found > QUANTILES[90] * error) & (abs(wish / today - 1) >= 0.01)
        wish = np.where(told, wish, today)
        ruled, known, earned = today.copy(), today.copy(), np.zeros((3, GROUPS))
        for _ in range(PERIODS):
            ruled = np.clip(wish, ruled * 0.9, ruled * 1.1)
            known = np.clip(optimum(truth), known * 0.9, known * 1.1)
            earned += [(level * (p / today) ** truth * (keep * p - cost)).sum(1) for p in (today, ruled, known)]
        worse, groups = worse + (earned[1] < earned[0] * (1 - 1e-9)).sum(), groups + GROUPS
        shares += list((earned[1] - earned[0]) / (earned[2] - earned[0]))
        total += earned.sum(1)
    print(f"confidence {confidence:>4} %, lean {lean:+.2f}, error {np.median(error):.2f}: worse off {100 * worse / groups:4.1f} of 100, "
          f"captured {100 * (total[1] - total[0]) / (total[2] - total[0]):3.0f} %, worst decile {100 * np.quantile(shares, 0.1):3.0f} %")


for lean in (0, -0.12):
    for confidence in QUANTILES:
        play(confidence, lean, 1.0)
play(75, 0, 0.5)
