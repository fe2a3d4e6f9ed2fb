"""The rulebook under rulebook/, as the peers say it: `task.py ENGINE ITEMS OUT THREADS` reads Parquet, prices, writes Parquet.

Prints the CPU seconds of reading, pricing and writing as JSON; starting Python and importing are not counted.
Peers compute in floats (DuckDB also in DECIMAL), give no reasons and quarantine nothing.
"""

import json
import resource
import sys

# Category branch, margin: the narrower branch first, as the first that holds counts.
PLAN = [
    ("electronics/accessories", 0.28),
    ("electronics", 0.14),
    ("grocery/fresh", 0.30),
    ("grocery", 0.22),
    ("toys/games", 0.26),
    ("toys", 0.31),
    ("fashion", 0.48),
]
DEFAULT = 0.25


def sql(number: str, items: str) -> str:
    """The task in SQL, with money of the type `number`. Cents are integers."""
    branches = " ".join(
        f"when category = '{b}' or category like '{b}/%' then {m}" for b, m in PLAN
    )
    return f"""
    with facts as (
        select sku, category, price_kind,
            cost::{number} as cost, current_price::{number} as current, rrp::{number} as rrp,
            case vat_class when 'food' then 1.07 else 1.19 end as gross,
            case {branches} else {DEFAULT} end as margin,
            case when units_per_day > 0 then stock_units::double / units_per_day::double * 86400
                 when units_per_day = 0 then case when stock_units > 0 then 1e18 else 0 end end as cover
        from read_parquet('{items}')
    ), wanted as (
        select *, (cost * 1.006)::{number} as landed,
            case when cover > 56 * 86400 then 0.97 else 1 end * case when cover < 7 * 86400 then 1.04 else 1 end
                * case when category = 'toys' or category like 'toys/%' then 1.02 else 1 end as adjust,
            price_kind is distinct from 'promo' and price_kind is distinct from 'clearance' and current is not null as calm
        from facts
    ), bounds as (
        select *, (landed * gross / (1 - margin))::{number} * adjust as target,
            greatest((landed * gross / 0.97)::{number}, 0.19::{number}) as lowest,
            case when rrp > 0 then (rrp * 1.05)::{number} end as highest,
            case when calm then (current * 0.94)::{number} end as down,
            case when calm then (current * 1.06)::{number} end as up
        from wanted
    ), cents as (
        select *, ceil(round(lowest * 100, 4))::bigint as lowest_c, floor(round(highest * 100, 4))::bigint as highest_c,
            ceil(round(down * 100, 4))::bigint as down_c, floor(round(up * 100, 4))::bigint as up_c
        from bounds
    ), allowed as (
        select *,
            case when down_c is not null and down_c <= case when highest_c >= lowest_c then highest_c else 100000000 end
                then greatest(down_c, lowest_c) else lowest_c end as lo,
            case when up_c is not null and up_c >= lowest_c
                then least(up_c, case when highest_c >= lowest_c then highest_c else 100000000 end)
                else case when highest_c >= lowest_c then highest_c else 100000000 end end as hi,
            greatest(least(greatest(least(target, coalesce(up, target)), coalesce(down, -1)), coalesce(highest, 100000000)), lowest) as pulled
        from cents
    ), clamped as (
        select *, round(least(greatest(pulled * 100, lo), hi), 4) as t from allowed
    ), ending as (
        select *, case when t <= 999 then floor((t - 9) / 10)::bigint * 10 + 9 else floor((t - 49) / 50)::bigint * 50 + 49 end as below,
            case when t <= 999 then 10 else 50 end as step
        from clamped
    ), rounded as (
        select *, case
            when below >= lo and (below + step > hi or t - below <= below + step - t) then below
            when below + step <= hi and below < t then below + step
            else ceil(t - 0.5)::bigint end as cents
        from ending
    ), settled as (
        select *, case when calm and abs(cents - current * 100) < 0.005 * current * 100
                and current * 100 between lo and hi then round(current * 100)::bigint else cents end as final
        from rounded
    )
    select sku, final / 100.0 as price, current as previous_price, final / 100.0 / current - 1 as change,
        1 - landed * gross / (final / 100.0) as margin, lo / 100.0 as floor, hi / 100.0 as ceiling
    from settled
    """


def duckdb_engine(number):
    import duckdb

    def run(items, out, threads):
        duckdb.sql(f"set threads = {threads}")
        duckdb.sql(f"copy ({sql(number, items)}) to '{out}' (format parquet)")

    return run


def polars_engine():
    import polars as pl

    def run(items, out, _threads):
        c = pl.col
        money = lambda name: c(name).cast(pl.Float64)
        branch = lambda b: (c("category") == b) | c("category").str.starts_with(b + "/")
        margin = pl.lit(DEFAULT)
        for b, m in reversed(PLAN):
            margin = pl.when(branch(b)).then(m).otherwise(margin)
        units, daily = money("stock_units"), money("units_per_day")
        cents = lambda e, up: ((e * 100).round(4).ceil() if up else (e * 100).round(4).floor())
        lazy = (
            pl.scan_parquet(items)
            .select(
                "sku", "category",
                landed=money("cost") * 1.006, current=money("current_price"), rrp=money("rrp"),
                gross=pl.when(c("vat_class") == "food").then(1.07).otherwise(1.19), margin=margin,
                calm=c("price_kind").ne_missing("promo") & c("price_kind").ne_missing("clearance") & c("current_price").is_not_null(),
                cover=pl.when(daily > 0).then(units / daily * 86400).when(daily == 0).then(pl.when(units > 0).then(1e18).otherwise(0.0)),
            )
            .with_columns(
                target=c("landed") * c("gross") / (1 - c("margin"))
                * pl.when(c("cover") > 56 * 86400).then(0.97).otherwise(1.0)
                * pl.when(c("cover") < 7 * 86400).then(1.04).otherwise(1.0)
                * pl.when(branch("toys")).then(1.02).otherwise(1.0),
                lowest=pl.max_horizontal(c("landed") * c("gross") / 0.97, pl.lit(0.19)),
                highest=pl.when(c("rrp") > 0).then(c("rrp") * 1.05),
                down=pl.when("calm").then(c("current") * 0.94), up=pl.when("calm").then(c("current") * 1.06),
            )
            .with_columns(
                lowest_c=cents(c("lowest"), True), highest_c=cents(c("highest"), False),
                down_c=cents(c("down"), True), up_c=cents(c("up"), False),
            )
            .with_columns(top=pl.when(c("highest_c") >= c("lowest_c")).then("highest_c").otherwise(1e8))
            .with_columns(
                lo=pl.when(c("down_c") <= c("top")).then(pl.max_horizontal("down_c", "lowest_c")).otherwise("lowest_c"),
                hi=pl.when(c("up_c") >= c("lowest_c")).then(pl.min_horizontal("up_c", "top")).otherwise("top"),
                pulled=pl.max_horizontal(
                    pl.min_horizontal(pl.max_horizontal(pl.min_horizontal("target", "up"), "down"), "highest"), "lowest"
                ),
            )
            .with_columns(t=pl.min_horizontal(pl.max_horizontal(c("pulled") * 100, "lo"), "hi").round(4))
            .with_columns(step=pl.when(c("t") <= 999).then(10.0).otherwise(50.0), offset=pl.when(c("t") <= 999).then(9.0).otherwise(49.0))
            .with_columns(below=((c("t") - c("offset")) / c("step")).floor() * c("step") + c("offset"))
            .with_columns(above=c("below") + c("step"))
            .with_columns(
                cents=pl.when((c("below") >= c("lo")) & ((c("above") > c("hi")) | (c("t") - c("below") <= c("above") - c("t"))))
                .then("below").when((c("above") <= c("hi")) & (c("below") < c("t"))).then("above").otherwise((c("t") - 0.5).ceil())
            )
            .with_columns(now=c("current") * 100)
            .with_columns(
                price=pl.when(c("calm") & ((c("cents") - c("now")).abs() < 0.005 * c("now")) & c("now").is_between("lo", "hi"))
                .then("current").otherwise(c("cents") / 100)
            )
            .select(
                "sku", "price", previous_price="current", change=c("price") / c("current") - 1,
                margin=1 - c("landed") * c("gross") / c("price"), floor=c("lo") / 100, ceiling=c("hi") / 100,
            )
        )
        lazy.sink_parquet(out, compression="snappy")

    return run


def pandas_engine():
    import numpy as np
    import pandas as pd

    def run(items, out, _threads):
        columns = ["sku", "category", "vat_class", "cost", "current_price", "price_kind", "rrp", "stock_units", "units_per_day"]
        frame = pd.read_parquet(items, columns=columns)
        number = lambda name: frame[name].astype("float64").to_numpy()
        category = frame["category"]
        branch = lambda b: ((category == b) | category.str.startswith(b + "/")).to_numpy(dtype=bool)
        margin = np.select([branch(b) for b, _ in PLAN], [m for _, m in PLAN], DEFAULT)
        gross = np.where(frame["vat_class"] == "food", 1.07, 1.19)
        landed, current, rrp = number("cost") * 1.006, number("current_price"), number("rrp")
        units, daily = number("stock_units"), number("units_per_day")
        with np.errstate(all="ignore"):
            cover = np.where(daily > 0, units / daily * 86400, np.where(daily == 0, np.where(units > 0, 1e18, 0.0), np.nan))
            calm = ~frame["price_kind"].isin(["promo", "clearance"]).to_numpy() & ~np.isnan(current)
            target = landed * gross / (1 - margin) * np.where(cover > 56 * 86400, 0.97, 1.0)
            target *= np.where(cover < 7 * 86400, 1.04, 1.0) * np.where(branch("toys"), 1.02, 1.0)
            lowest = np.fmax(landed * gross / 0.97, 0.19)
            highest = np.where(rrp > 0, rrp * 1.05, np.nan)
            down, up = np.where(calm, current * 0.94, np.nan), np.where(calm, current * 1.06, np.nan)
            ceil, floor = lambda x: np.ceil(np.round(x * 100, 4)), lambda x: np.floor(np.round(x * 100, 4))
            lowest_c, highest_c, down_c, up_c = ceil(lowest), floor(highest), ceil(down), floor(up)
            top = np.where(highest_c >= lowest_c, highest_c, 1e8)
            lo = np.where(down_c <= top, np.fmax(down_c, lowest_c), lowest_c)
            hi = np.where(up_c >= lowest_c, np.fmin(up_c, top), top)
            pulled = np.fmax(np.fmin(np.fmax(np.fmin(target, up), down), highest), lowest)
            t = np.round(np.fmin(np.fmax(pulled * 100, lo), hi), 4)
            step, offset = np.where(t <= 999, 10.0, 50.0), np.where(t <= 999, 9.0, 49.0)
            below = np.floor((t - offset) / step) * step + offset
            above = below + step
            cents = np.where(
                (below >= lo) & ((above > hi) | (t - below <= above - t)), below,
                np.where((above <= hi) & (below < t), above, np.ceil(t - 0.5)),
            )
            now = current * 100
            keep = calm & (np.abs(cents - now) < 0.005 * now) & (now >= lo) & (now <= hi)
            price = np.where(keep, current, cents / 100)
            pd.DataFrame({
                "sku": frame["sku"], "price": price, "previous_price": current, "change": price / current - 1,
                "margin": 1 - landed * gross / price, "floor": lo / 100, "ceiling": hi / 100,
            }).to_parquet(out, compression="snappy")

    return run


def zen_engine():
    """GoRules ZEN evaluates one item at a time: the plan as a decision table, the target as an expression. No guards, no endings."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    import zen

    rules = [
        {"_id": str(i), "c": f"startsWith(category, '{b}/') or category == '{b}'", "m": str(m)} for i, (b, m) in enumerate(PLAN)
    ] + [{"_id": "default", "c": "", "m": str(DEFAULT)}]
    table = {
        "hitPolicy": "first",
        "inputs": [{"id": "c", "name": "category", "field": ""}],
        "outputs": [{"id": "m", "name": "margin", "field": "margin"}],
        "rules": rules,
        "passThrough": True,
    }
    node = lambda id, kind, content=None: {"id": id, "name": id, "type": kind, "position": {"x": 0, "y": 0}} | (
        {"content": content} if content else {}
    )
    edge = lambda a, b: {"id": a + b, "sourceId": a, "targetId": b, "type": "edge"}
    target = {"expressions": [{"id": "t", "key": "target", "value": "cost * 1.006 * gross / (1 - margin)"}], "passThrough": True}
    graph = {
        "nodes": [node("in", "inputNode"), node("plan", "decisionTableNode", table), node("price", "expressionNode", target), node("out", "outputNode")],
        "edges": [edge("in", "plan"), edge("plan", "price"), edge("price", "out")],
    }
    decision = zen.ZenEngine().create_decision(zen.ZenDecisionContent(json.dumps(graph)))

    def run(items, out, _threads):
        rows = pq.read_table(items, columns=["sku", "category", "vat_class", "cost"]).slice(0, 20_000).to_pylist()
        targets = [
            decision.evaluate({"category": r["category"], "cost": float(r["cost"]), "gross": 1.07 if r["vat_class"] == "food" else 1.19})
            ["result"]["target"]
            for r in rows
        ]
        pq.write_table(pa.table({"sku": [r["sku"] for r in rows], "target": [float(t) for t in targets]}), out)

    return run


ENGINES = {
    "duckdb": lambda: duckdb_engine("double"),
    "duckdb-decimal": lambda: duckdb_engine("decimal(18,6)"),
    "polars": polars_engine,
    "pandas": pandas_engine,
    "zen": zen_engine,
}

if __name__ == "__main__":
    name, items, out, threads = sys.argv[1:]
    run = ENGINES[name]()
    before = resource.getrusage(resource.RUSAGE_SELF)
    run(items, out, threads)
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"cpu": cpu, "rss_mib": after.ru_maxrss / 1024}))
