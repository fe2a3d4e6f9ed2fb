"""Compares out.parquet with out.csv of one run: `readers.py FOLDER`. See `.ci/readers`."""

import sys
from decimal import Decimal

import duckdb
import polars as pl

folder = sys.argv[1]
parquet, text = f"{folder}/out.parquet", f"{folder}/out.csv"
MONEY = ["price", "previous_price", "contribution", "target", "adjusted", "floor", "ceiling", "reference_price"]
RATIOS = ["change", "margin"]

frame = pl.read_parquet(parquet)
columns = frame.columns
types = {name: str(kind) for name, kind, *_ in duckdb.sql(f"describe select * from '{parquet}'").fetchall()}
for name in MONEY + RATIOS:
    scale = 6 if name in MONEY else 9
    assert types[name] == f"DECIMAL(18,{scale})", (name, types[name])
    assert frame.schema[name] == pl.Decimal(18, scale), (name, frame.schema[name])
assert types["row"] == "BIGINT" and frame.schema["row"] == pl.Int64

# DuckDB, both ways; everything in the CSV is a text, an empty one is missing.
def casted(name):
    if name in MONEY + RATIOS:
        return f"nullif({name}, '')::decimal(18,{6 if name in MONEY else 9})"
    return f"{name}::bigint" if name == "row" else f"nullif({name}, '')"

said = "select " + ", ".join(f"{casted(name)} as {name}" for name in columns)
said += f" from read_csv('{text}', all_varchar = true, header = true, nullstr = '\\x00')"
read = "select " + ", ".join(f"{name}::{'varchar' if types[name] not in ('BIGINT',) and 'DECIMAL' not in types[name] else types[name]} as {name}" for name in columns)
read += f" from '{parquet}'"
for one, other in [(said, read), (read, said)]:
    differing = duckdb.sql(f"({one}) except all ({other}) limit 3").fetchall()
    assert not differing, differing

# polars, cell by cell in the order of the rows.
rows = duckdb.sql(said).fetchall()
texts = frame.with_columns(pl.col(pl.Categorical).cast(pl.String)) if pl.Categorical in frame.dtypes else frame
assert texts.height == len(rows)
for wanted, row in zip(rows, texts.iter_rows()):
    for name, one, other in zip(columns, wanted, row):
        same = one == other if not isinstance(one, Decimal) else other is not None and one == Decimal(other)
        assert same, (name, wanted, row)

# A filter that a reader answers from the statistics of the row groups.
highest = duckdb.sql(f"select max(price), max(sku) from '{parquet}'").fetchall()[0]
found = duckdb.sql(f"select count(*) from '{parquet}' where price = {highest[0]} or sku = '{highest[1]}'").fetchall()[0][0]
assert found >= 1
# The same answers in folders: both find the columns that only the folders' names say.
pattern = f"{folder}/parts/**/*.parquet"
ordered = ", ".join(columns)
parts = f"select {ordered} from read_parquet('{pattern}', hive_partitioning = true)"
for one, other in [(f"select * from '{parquet}'", parts), (parts, f"select * from '{parquet}'")]:
    differing = duckdb.sql(f"({one}) except all ({other}) limit 3").fetchall()
    assert not differing, differing
places = frame.select("market", "channel").unique().height
found = pl.read_parquet(f"{folder}/parts", hive_partitioning=True)
assert sorted(found.columns) == sorted(columns) and found.height == frame.height
assert found.select("market", "channel").unique().height == places == len(duckdb.sql(f"select * from glob('{pattern}')").fetchall())
print(f"DuckDB {duckdb.__version__} and polars {pl.__version__} read {len(rows):,} rows of {len(columns)} columns as the CSV says")
