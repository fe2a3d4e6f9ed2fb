"""The regressions of issue "Elasticities that can be trusted" in pyfixest, numpy and pricer: see `benches/peers/estimate`.

Peer and pricer take turns, warm, on the same data in memory. What counts is CPU time: the peer's by its process clock, pricer's
by that of the bench program, which answers one task a line. Before any ratio is printed both must agree on estimate and error.
"""
import argparse
import os
import statistics
import subprocess
import sys
import time

arguments = argparse.ArgumentParser()
arguments.add_argument("--bench", required=True)
arguments.add_argument("--data", required=True)
arguments.add_argument("--threads", default="1")
arguments.add_argument("--rounds", type=int, default=7)
arguments.add_argument("--large", action="store_true", help="up to 10.4 million rows, for which pricer needs 3 GiB")
asked = arguments.parse_args()
for name in ("OMP", "OPENBLAS", "MKL", "NUMBA", "POLARS", "RAYON"):
    os.environ[f"{name}_NUM_THREADS"] = asked.threads

import warnings

import numpy as np
import pandas as pd
import pyfixest as pf

warnings.filterwarnings("ignore")


class Pricer:
    def __init__(self):
        environment = dict(os.environ, PRICER_BENCH_DATA=asked.data)
        self.process = subprocess.Popen(
            [asked.bench], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def ask(self, task):
        self.process.stdin.write(task + "\n")
        self.process.stdin.flush()
        return tuple(float(v) for v in self.process.stdout.readline().split())

    def cpu(self):
        # The clock of another process (man 3 clock_getcpuclockid).
        return time.clock_gettime((~self.process.pid << 3) | 2)


def spent(run, cpu):
    wall, before = time.perf_counter(), cpu()
    answer = run()
    return answer, cpu() - before, time.perf_counter() - wall


pricer = Pricer()
missed = []


def compare(what, goal, task, peer, tolerance):
    """`goal`: how many times less CPU than the peer. `tolerance`: of the estimate and of the error."""
    theirs, ours = peer(), pricer.ask(task)
    for a, b, slack in zip(ours, theirs, tolerance):
        if not abs(a - b) <= slack * abs(b):
            sys.exit(f"{what}: {ours} is not {theirs}")
    rounds = []
    for _ in range(asked.rounds):
        _, their_cpu, their_wall = spent(peer, time.process_time)
        _, our_cpu, our_wall = spent(lambda: pricer.ask(task), pricer.cpu)
        rounds.append((their_cpu, our_cpu, their_wall, our_wall))
    their_cpu, our_cpu, their_wall, our_wall = (statistics.median(column) for column in zip(*rounds))
    least = min(r[0] / r[1] for r in rounds)
    ratio = their_cpu / our_cpu
    verdict = "" if goal is None else "reached" if ratio >= goal else "MISSED"
    if verdict == "MISSED":
        missed.append(what)
    goal = "" if goal is None else f"{goal}x"
    print(f"{what:<46} {their_cpu:7.3f} {our_cpu:7.3f} {ratio:6.1f}x {least:6.1f}x {goal:>5} {verdict:<7}"
          f"   {their_wall:7.3f} {our_wall:7.3f} {their_wall / our_wall:6.1f}x", flush=True)


def main():
    print(f"\nthreads {asked.threads}, {asked.rounds} rounds; pyfixest {pf.__version__}, numpy {np.__version__}")
    print(f"{'':<46} {'peer':>7} {'pricer':>7} {'ratio':>7} {'least':>7} {'goal':>5} {'':<7}   {'peer':>7} {'pricer':>7} {'ratio':>7}")
    print(f"{'':<46} {'CPU seconds, medians':<39}    wall seconds")
    juice = pd.read_csv(f"{asked.data}/oj_yx_dev_63stores.csv")
    prices = juice[[f"price{b}" for b in range(1, 12)]].to_numpy()
    juice["own"] = prices[np.arange(len(juice)), juice["brand"].to_numpy() - 1]
    juice["move"] = np.exp(juice["logmove"])

    def fixest(fit, formula, data, cluster):
        def run():
            found = fit(formula, data, vcov={"CRV1": cluster})
            return found.coef().iloc[0], found.se().iloc[0]
        return run

    # pyfixest 0.60.0 counts the parameters of clustered errors its own way: a factor of 0.7 % at most.
    slack = (1e-5, 1e-2)
    x = "log(own) + deal + feat | brand^store + week"
    compare("OJ, 80,542 rows, brand x store + week, CRV1", 3, "juice",
            fixest(pf.feols, f"logmove ~ {x}", juice, "store"), slack)
    compare("the same, PPML", 3, "juice ppml", fixest(pf.fepois, f"move ~ {x}", juice, "store"), slack)

    panel = pd.read_parquet(f"{asked.data}/synth_10k_sku_x_104w.parquet").sort_values(["sku", "week"])
    panel["y"] = np.log1p(panel["units"])
    panel["lp"] = np.log(panel["price"])
    weeks = panel["week"].nunique()
    angle = 2 * np.pi * panel["week"].to_numpy() / 52
    columns = [np.ones(len(panel)), panel["lp"], panel["promo"], np.sin(angle), np.cos(angle)]
    X = np.column_stack(columns).reshape(-1, weeks, 5)
    y = panel["y"].to_numpy().reshape(-1, weeks)

    def batched():
        Xt = X.transpose(0, 2, 1)
        inverse = np.linalg.inv(Xt @ X)
        beta = (inverse @ (Xt @ y[..., None]))[..., 0]
        residual = y - (X @ beta[..., None])[..., 0]
        sigma2 = (residual**2).sum(1) / (weeks - 5)
        se = np.sqrt(sigma2[:, None] * np.diagonal(inverse, axis1=1, axis2=2))
        return beta[:, 1].mean(), se[:, 1].mean()

    exact = (1e-8, 1e-8)
    compare("10,000 SKUs x 104 weeks, numpy batched", 1, "skus in memory", batched, exact)
    # Beyond numpy's work: checks of the columns, p-values, intervals, flags and names of each group.
    compare("the same, all that the command tells", None, "skus", batched, exact)
    compare("1.04 million rows, SKU + week, CRV1", 4, "panel",
            fixest(pf.feols, "y ~ lp + promo | sku + week", panel, "sku"), slack)

    print("pricer alone, SKU + week, CRV1: CPU seconds for a million rows")
    for rows in [104_000, 1_040_000] + [4_160_000, 10_400_000] * asked.large:
        pricer.ask(str(rows))
        cpu = statistics.median(spent(lambda: pricer.ask(str(rows)), pricer.cpu)[1] for _ in range(3))
        print(f"  {rows:>10,} rows {cpu:7.3f} {cpu / rows * 1e6:7.3f}", flush=True)
    pricer.process.stdin.close()
    if missed:
        sys.exit(f"missed: {', '.join(missed)}")


main()
