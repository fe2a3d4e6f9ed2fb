"""20 rules and a price, one item a call: pricer's service is not asked, its file run is; GoRules ZEN and json-rules-engine in process.

`rules.py --pricer BIN --node FOLDER`, where FOLDER has json-rules-engine of package.json installed. A rule gives a category and a
brand (the last one anything) a margin; the price is cost × 1.006 × 1.19 ÷ (1 − margin). pricer's figure is the CPU time of
a whole file run, start, reading, exact rounding to cents and writing included; the others' that of the calls alone, in floats, unrounded.
"""

import argparse
import csv
import json
import os
import resource
import subprocess
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import zen

HERE = Path(__file__).parent
RULES = [{"category": f"c{at % 5}", "brand": f"b{at // 5}", "margin": 10 + at} for at in range(19)]
RULES.append({"category": "", "brand": "", "margin": 25})
ITEMS = [{"category": f"c{at % 7}", "brand": f"b{at // 7 % 5}", "cost": 1 + at % 997} for at in range(20_000)]
MANY = 300_000

BOOK = """edition = "2026"
name = "rules"
layers = ["base"]
[market.DE]
currency = "EUR"
timezone = "UTC"
vat = { standard = "19%" }
landed = { freight = "0.6%" }
[channel.own]
[feed.items]
currency = "EUR"
"""
SCHEMA = """[attr]
sku = { type = "id" }
category = { type = "text" }
brand = { type = "text" }
cost = { type = "money", basis = "net" }
"""
RULE = """[rule.plan]
layer = "base"
owner = "bench"
why = "bench"
table = "tables/plan.csv"
"""


def children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def pricer(binary, folder):
    for name, text in [("rulebook.toml", BOOK), ("schema.toml", SCHEMA), ("rules/plan.toml", RULE)]:
        path = folder / "book" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "book/tables").mkdir(exist_ok=True)
    rows = [f"{r['category'] or '-'},{r['brand'] or '-'},{r['margin']}%,plan" for r in RULES]
    (folder / "book/tables/plan.csv").write_text("category,brand,set price.cost-plus.margin,why\n" + "\n".join(rows) + "\n")
    items = folder / "items.csv"
    with items.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["sku", "category", "brand", "cost"])
        for at in range(MANY):
            item = ITEMS[at % len(ITEMS)]
            out.writerow([f"S{at:06}", item["category"], item["brand"], item["cost"]])
    command = [binary, "reprice", "--rulebook", folder / "book", "--items", items, "--out", folder / "out.csv", "--threads", "1", "--format", "json"]
    before = children()
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    used = (children() - before) / MANY * 1e6
    with (folder / "out.csv").open() as file:
        prices = [float(row["price"]) for row, _ in zip(csv.DictReader(file), ITEMS)]
    return used, prices


def zen_prices():
    table = {
        "hitPolicy": "first",
        "inputs": [{"id": "c", "name": "category", "field": "category"}, {"id": "b", "name": "brand", "field": "brand"}],
        "outputs": [{"id": "m", "name": "margin", "field": "margin"}],
        "rules": [
            {"_id": str(at), "c": f"'{r['category']}'" if r["category"] else "", "b": f"'{r['brand']}'" if r["brand"] else "", "m": str(r["margin"])}
            for at, r in enumerate(RULES)
        ],
        "passThrough": True,
    }
    node = lambda id, kind, content=None: {"id": id, "name": id, "type": kind, "position": {"x": 0, "y": 0}} | ({"content": content} if content else {})
    edge = lambda a, b: {"id": a + b, "sourceId": a, "targetId": b, "type": "edge"}
    price = {"expressions": [{"id": "p", "key": "price", "value": "cost * 1.006 * 1.19 / (1 - margin / 100)"}], "passThrough": True}
    nodes = [node("in", "inputNode"), node("plan", "decisionTableNode", table), node("price", "expressionNode", price), node("out", "outputNode")]
    graph = {"nodes": nodes, "edges": [edge("in", "plan"), edge("plan", "price"), edge("price", "out")]}
    decision = zen.ZenEngine().create_decision(zen.ZenDecisionContent(json.dumps(graph)))
    for item in ITEMS[:500]:
        decision.evaluate(item)
    start = time.process_time()
    prices = [float(decision.evaluate(item)["result"]["price"]) for item in ITEMS]
    return (time.process_time() - start) / len(ITEMS) * 1e6, prices


def node_prices(node, folder):
    (folder / "items.json").write_text(json.dumps(ITEMS))
    (folder / "rules.json").write_text(json.dumps(RULES))
    engine = Path(node) / "engine.mjs"
    engine.write_text((HERE / "engine.mjs").read_text())
    done = subprocess.run(["node", engine, folder / "items.json", folder / "rules.json"], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    return found["micros"], found["prices"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pricer", required=True)
    arguments.add_argument("--node", required=True)
    arguments.add_argument("--rounds", type=int, default=5)
    a = arguments.parse_args()
    ratios = {"zen": [], "node": []}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for _ in range(a.rounds):
            (own, mine), (zen_cpu, zens), (node_cpu, nodes) = pricer(a.pricer, folder), zen_prices(), node_prices(a.node, folder)
            for cents, one, other in zip(mine, zens, nodes):
                # Half a cent, and what floats leave.
                assert abs(cents - one) < 0.005001 and abs(cents - other) < 0.005001, (cents, one, other)
            ratios["zen"].append((zen_cpu / own, zen_cpu, own))
            ratios["node"].append((node_cpu / own, node_cpu, own))
    for name, what in [("zen", f"GoRules ZEN {version('zen-engine')}, Python binding"), ("node", "json-rules-engine 7.3.1, Node")]:
        ratio, theirs, own = sorted(ratios[name])[a.rounds // 2]
        print(f"{what}: {theirs:.1f} µs an evaluation, pricer {own:.2f} µs a row of a CSV file run: {ratio:.0f}, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
