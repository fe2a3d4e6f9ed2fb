"""Runs pricer and the peers in turns over the same rows, compares their answers, and prints a table of ratios.

Called by `benches/peers/run`, which installs the peers and builds pricer. Ratios within a round count: the machine's speed changes between rounds.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import duckdb

HERE = Path(__file__).parent
AT = "2026-11-18T12:00:00Z"
PEERS = {
    "polars": "streaming, floats",
    "duckdb": "SQL, DOUBLE",
    "duckdb-decimal": "SQL, DECIMAL(18,6)",
    "pandas": "numpy, floats",
}
ZEN_ROWS = 20_000


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def ours(pricer, items, out, threads):
    """CPU seconds of the whole process, start and rulebook included, and what it said."""
    before, start = children_cpu(), time.monotonic()
    command = [pricer, "reprice", "--rulebook", HERE / "rulebook", "--items", items, "--out", out]
    done = subprocess.run([*command, "--at", AT, "--threads", str(threads), "--format", "json"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"pricer ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return children_cpu() - before, time.monotonic() - start, json.loads(done.stdout)


def peer(name, items, out, threads):
    environment = os.environ | {"POLARS_MAX_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    command = [sys.executable, HERE / "task.py", name, items, out, str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode != 0:
        sys.exit(f"{name} ended with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)


def differences(mine, theirs):
    """Rows of both, and prices that differ."""
    query = f"select count(*), count(*) filter (where abs(o.price::double - p.price::double) > 0.0005) from '{mine}' o join '{theirs}' p using (sku)"
    return duckdb.sql(query).fetchall()[0]


def prepare(pricer, rows, folder):
    """Items with the twelve columns that the task needs."""
    every, items = folder / "gen.parquet", folder / f"items-{rows}.parquet"
    if not items.exists():
        subprocess.run([pricer, "gen", "items", "--rulebook", HERE / "rulebook", "--rows", str(rows), "--out", every, "--at", AT], check=True, capture_output=True)
        columns = "sku, name, market, category, vat_class, cost, current_price, price_kind, rrp, stock_units, units_per_day"
        duckdb.sql(f"copy (select {columns} from '{every}') to '{items}' (format parquet, row_group_size 131072)")
        every.unlink()
    return items


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f} – {max(values):.2f})"


def cpu_name():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pricer", required=True)
    arguments.add_argument("--folder", type=Path, required=True)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--out", type=Path, help="a Markdown file for the table")
    a = arguments.parse_args()
    a.folder.mkdir(parents=True, exist_ok=True)
    items = prepare(a.pricer, a.rows, a.folder)
    mine = a.folder / "ours.parquet"

    own, ratios, memory, answers = [], {name: [] for name in PEERS}, {}, {}
    for turn in range(a.rounds + 1):
        print(f"round {turn} of {a.rounds}, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
        cpu, _, summary = ours(a.pricer, items, mine, a.threads)
        for name in PEERS:
            out = a.folder / f"{name}.parquet"
            theirs = peer(name, items, out, a.threads)
            memory[name] = theirs["rss_mib"]
            if turn == 0:
                answers[name] = differences(mine, out)
                if answers[name][0] != a.rows:
                    sys.exit(f"{name} priced {answers[name][0]} of {a.rows} rows")
            else:
                ratios[name].append(theirs["cpu"] / cpu)
        if turn > 0:
            own.append(cpu)
    zen = peer("zen", items, a.folder / "zen.parquet", a.threads)["cpu"] / ZEN_ROWS * 1e6
    per_row = statistics.median(own) / a.rows * 1e6

    lines = [
        f"{a.rows:,} rows, {a.threads} thread(s), Parquet to Parquet, CPU time (user + system), {a.rounds} rounds in turns after a warm one, load {os.getloadavg()[0]:.1f}.",
        f"{cpu_name()}, {os.cpu_count()} cores, {platform.system()}. pricer: {per_row:.2f} µs of CPU a row, digest `{summary.get('digest', '')[:16]}`.",
        "",
        "| peer | how | its CPU ÷ pricer's: median (range) | prices that differ |",
        "|---|---|---|---|",
    ]
    for name, how in PEERS.items():
        package = name.split("-")[0]
        lines.append(f"| {package} {version(package)} | {how} | {spread(ratios[name])} | {answers[name][1]} of {answers[name][0]:,} |")
    lines.append(f"| GoRules ZEN {version('zen-engine')} | plan table and target alone, one item a call, {ZEN_ROWS:,} items | {zen / per_row:.0f} | targets equal to 10⁻⁶ |")
    table = "\n".join(lines) + "\n"
    print(table)
    if a.out:
        a.out.write_text(table)


if __name__ == "__main__":
    main()
