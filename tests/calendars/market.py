"""What generate.py and compare.py share: one exchange's sessions, as the table should have them."""

import json
import pathlib

import exchange_calendars as xc
import pandas as pd

HERE = pathlib.Path(__file__).parent
MARKETS = json.loads((HERE / "markets.json").read_text())
TABLE = HERE.parent.parent / "src/calendar/built_in/table.json"


def names():
    return sorted(MARKETS["calendars"])


def last_day(mic):
    announced = MARKETS["announced"]
    return announced["to"] if mic in announced["calendars"] else MARKETS["to"]


def sessions(mic):
    """The zone, and for each day its regular parts as (open, close) in UTC; exceptions applied."""
    market = MARKETS["calendars"][mic]
    calendar = xc.get_calendar(market.get("name", mic), start=MARKETS["from"], end=last_day(mic))
    days = {}
    for label, row in calendar.schedule.iterrows():
        close = excepted(market, calendar.tz, row["close"])
        if pd.isna(row["break_start"]):
            parts = [(row["open"], close)]
        else:
            parts = [(row["open"], row["break_start"]), (row["break_end"], close)]
        days[label.date()] = parts
    return str(calendar.tz), days


def excepted(market, zone, close):
    local = close.tz_convert(zone)
    other = market.get("close", {}).get(local.strftime("%H:%M"))
    if other is None:
        return close
    hour, minute = map(int, other.split(":"))
    wall = local.tz_localize(None).replace(hour=hour, minute=minute)
    return wall.tz_localize(zone).tz_convert("UTC")
