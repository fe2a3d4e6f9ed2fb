#!/usr/bin/env python3
"""Writes src/rulebook/holidays.csv, the calendars built into pricer.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install holidays==0.109
    /tmp/venv/bin/python src/rulebook/holidays.py            # writes the file
    /tmp/venv/bin/python src/rulebook/holidays.py --check    # fails if the file differs

The dates come from the Python package `holidays` (MIT). See src/rulebook/holidays.README.md.
"""

import re
import sys
import unicodedata
from datetime import date, timedelta
from pathlib import Path

# This file has the name of the package: without its folder on the path, `import` finds the package.
sys.path = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).resolve().parent]

import holidays  # noqa: E402
from dateutil.easter import EASTER_ORTHODOX, EASTER_WESTERN, easter  # noqa: E402

TARGET = Path(__file__).resolve().parent / "holidays.csv"
YEARS = range(2020, 2036)
COUNTRIES = "AT AU BE BR CA CH CN CZ DE ES FR GB IE IN IT JP KZ NL PL SE TR UA US".split()

# Ukraine turned its holidays into working days in 2022. Shoppers keep them, so we do.
CATEGORIES = {"UA": ("public", "workday")}

# A word a country's own analysts use, where it differs from the package's English.
SLUGS = {("KZ", "nowruz-holiday"): "nauryz"}

ONE_DAY = timedelta(days=1)


def slug(name):
    """`Saint Stephen's Day` is `saint-stephens-day`; what stands in parentheses is dropped."""
    name = re.sub(r"\([^)]*\)", "", name)
    name = re.sub(r"['’ʻ`.]", "", name)
    name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def country_days(country):
    """All (holiday, day) of one country, without days moved to a working day."""
    categories = CATEGORIES.get(country, ("public",))
    days = holidays.country_holidays(
        country, years=YEARS, language="en_US", observed=False, categories=categories
    )
    for day, names in days.items():
        # A year's calendar may reach into its neighbors.
        if day.year not in YEARS:
            continue
        for name in names.split("; "):
            # China swaps working days: a day off on Friday for work on Sunday.
            if not name.startswith("Day off"):
                yield SLUGS.get((country, slug(name)), slug(name)), day


def western_days():
    for year in YEARS:
        sunday = easter(year, EASTER_WESTERN)
        yield "good-friday", sunday - 2 * ONE_DAY
        yield "easter", sunday
        yield "pentecost", sunday + 49 * ONE_DAY
        yield "christmas", date(year, 12, 25)


def orthodox_days():
    for year in YEARS:
        yield "easter", easter(year, EASTER_ORTHODOX)


def spans(days):
    """Merges consecutive days of one holiday into (holiday, first, last)."""
    merged = []
    for holiday, day in sorted(set(days)):
        if merged and merged[-1][0] == holiday and merged[-1][2] + ONE_DAY == day:
            merged[-1][2] = day
        else:
            merged.append([holiday, day, day])
    return sorted(merged, key=lambda span: (span[1], span[0]))


def table():
    calendars = {country: list(country_days(country)) for country in COUNTRIES}
    calendars["orthodox"] = list(orthodox_days())
    calendars["western"] = list(western_days())
    lines = ["calendar,holiday,first,last"]
    for calendar, days in calendars.items():
        lines += [f"{calendar},{holiday},{first},{last}" for holiday, first, last in spans(days)]
    return "\n".join(lines) + "\n"


def main():
    text = table()
    if "--check" in sys.argv[1:]:
        if TARGET.read_text(encoding="ascii") != text:
            sys.exit(f"{TARGET} differs from what holidays {holidays.__version__} says")
        return
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(text, encoding="ascii", newline="\n")
    print(f"{TARGET}: {text.count(chr(10)) - 1} rows, holidays {holidays.__version__}")


if __name__ == "__main__":
    main()
