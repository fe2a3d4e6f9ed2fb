"""The work of `cargo bench --bench estimate` in pyfixest and numpy, and in pricer's own command, in one run.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install pyfixest==0.60.0 numpy==2.4.6 pandas==3.1.1 pyarrow==26.0.1
    /tmp/peers/bin/python benches/peers/estimate.py DATA [THREADS]

DATA is the folder of `oj_yx_dev_63stores.csv` and `synth_10k_sku_x_104w.parquet`. Each figure is the median of five warm
runs: seconds of wall clock, and of CPU. THREADS (default 1) holds for every library.
"""
import os
import sys

THREADS = sys.argv[2] if len(sys.argv) > 2 else "1"
for name in ("OMP", "OPENBLAS", "MKL", "NUMBA", "POLARS", "RAYON"):
    os.environ[f"{name}_NUM_THREADS"] = THREADS

import statistics
import time
import warnings

import numpy as np
import pandas as pd
import pyfixest as pf

warnings.filterwarnings("ignore")


def timed(what, run):
    run()
    walls, cpus = [], []
    for _ in range(5):
        wall, cpu = time.perf_counter(), time.process_time()
        answer = run()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    print(f"{what:<44} wall {statistics.median(walls):8.3f}  cpu {statistics.median(cpus):8.3f}  {answer}", flush=True)


def main(data):
    print(f"threads {THREADS}, pyfixest {pf.__version__}, numpy {np.__version__}")
    oj = pd.read_csv(f"{data}/oj_yx_dev_63stores.csv")
    prices = oj[[f"price{b}" for b in range(1, 12)]].to_numpy()
    oj["own"] = prices[np.arange(len(oj)), oj["brand"].to_numpy() - 1]
    oj["move"] = np.exp(oj["logmove"])
    oj["bs"] = oj["brand"] * 1000 + oj["store"]
    x = "log(own) + deal + feat | bs + week"
    vcov = {"CRV1": "store"}
    timed("OJ, brand x store + week, CRV1: feols",
          lambda: pf.feols(f"logmove ~ {x}", oj, vcov=vcov).coef().iloc[0])
    timed("OJ, the same: fepois", lambda: pf.fepois(f"move ~ {x}", oj, vcov=vcov).coef().iloc[0])

    synth = pd.read_parquet(f"{data}/synth_10k_sku_x_104w.parquet").sort_values(["sku", "week"])
    synth["y"] = np.log1p(synth["units"])
    synth["lp"] = np.log(synth["price"])
    weeks = synth["week"].nunique()
    angle = 2 * np.pi * synth["week"].to_numpy() / 52
    columns = [np.ones(len(synth)), synth["lp"], synth["promo"], np.sin(angle), np.cos(angle)]
    X = np.column_stack(columns).reshape(-1, weeks, 5)
    y = synth["y"].to_numpy().reshape(-1, weeks)

    def batched():
        Xt = X.transpose(0, 2, 1)
        gram = Xt @ X
        inverse = np.linalg.inv(gram)
        beta = (inverse @ (Xt @ y[..., None]))[..., 0]
        residual = y - (X @ beta[..., None])[..., 0]
        sigma2 = (residual**2).sum(1) / (weeks - 5)
        se = np.sqrt(sigma2[:, None] * np.diagonal(inverse, axis1=1, axis2=2))
        return beta[:, 1].mean(), se[:, 1].mean()

    timed("10,000 SKUs x 104 weeks: numpy, batched", batched)
    timed("1.04 M rows, sku + week, CRV1: feols",
          lambda: pf.feols("y ~ lp + promo | sku + week", synth, vcov={"CRV1": "sku"}).coef().iloc[0])


main(sys.argv[1])
