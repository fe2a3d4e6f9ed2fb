#!/usr/bin/env python3
"""From the start of `pricer serve` to its first price, CPU and memory, for catalogs of Orda: `benches/serving/start.py [ITEMS] [PRICER]`.

Each catalog is served three times. CPU is that of the whole process until it serves; memory is what is resident then, and at most on the way.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ITEMS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
PRICER = sys.argv[2] if len(sys.argv) > 2 else ROOT / "target/release/pricer"
ORDA = ROOT / "models/orda"
AT = "2026-11-18T10:00:00+01:00"


def make(folder, feed, rows, name, *more):
    out = folder / name
    command = [PRICER, "gen", feed, "--rulebook", ORDA, "--rows", str(rows), "--at", AT, "--out", out, *more]
    subprocess.run(command, check=True, capture_output=True)
    return out


def serve(**feeds):
    command = [PRICER, "serve", "--rulebook", ORDA, "--listen", "127.0.0.1:0", "--metrics", "off", "--at", AT]
    for feed, path in feeds.items():
        command += [f"--{feed}", path]
    begin = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    # It says `try` when the first release is served.
    for line in child.stdout:
        if line.startswith("listening"):
            break
    wall = time.monotonic() - begin
    ticks = Path(f"/proc/{child.pid}/stat").read_text().rsplit(") ", 1)[1].split()[11:13]
    status = dict(line.split(":", 1) for line in Path(f"/proc/{child.pid}/status").read_text().splitlines())
    mib = [int(status[key].split()[0]) / 1024 for key in ("VmRSS", "VmHWM")]
    child.kill()
    child.wait()
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"), wall, *mib


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        one = make(folder, "items", ITEMS, "items.parquet", "--market", "DE")
        catalogs = {
            "nothing": {},
            f"{ITEMS:,} items in one market, Parquet": {"items": one},
            f"{ITEMS:,} items in one market, CSV": {"items": make(folder, "items", ITEMS, "items.csv", "--market", "DE")},
            f"the same with {5 * ITEMS:,} offers": {
                "items": one,
                "offers": make(folder, "offers", 5 * ITEMS, "offers.parquet", "--market", "DE"),
            },
            f"{ITEMS:,} items in two markets": {"items": make(folder, "items", 2 * ITEMS, "both.parquet")},
        }
        print(f"load average {os.getloadavg()}\n")
        print("| catalog | CPU | until it serves | memory | at most | bytes an item |")
        print("|---|---|---|---|---|---|")
        empty = None
        for name, feeds in catalogs.items():
            runs = [serve(**feeds) for _ in range(3)]
            cpu, wall, resident, most = (statistics.median(run[at] for run in runs) for at in range(4))
            empty = resident if empty is None else empty
            each = (resident - empty) * 2**20 / ITEMS
            print(f"| {name} | {cpu:.2f} s | {wall:.2f} s | {resident:.0f} MiB | {most:.0f} MiB | {each:.0f} |", flush=True)


main()
