#!/usr/bin/env python3
"""Writes src/calendar/built_in/table.json from exchange_calendars (Apache-2.0) and markets.json.

    python3 -m venv venv && venv/bin/pip install -r tests/calendars/requirements.txt
    venv/bin/python tests/calendars/generate.py
"""

import collections
import datetime
import json
import sys

import exchange_calendars as xc

sys.dont_write_bytecode = True

from market import MARKETS, TABLE, last_day, names, sessions

WEEK = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def clock(zone, day, instant):
    """The wall clock of an instant, as hours of a day: 17:00 of the day before is 17:00 too."""
    local = instant.tz_convert(zone)
    after = (local.date() - day).days
    assert after in (-1, 0), (day, instant)
    return local.strftime("%H:%M:%S" if local.second else "%H:%M")


def hours(zone, day, parts):
    return ", ".join(f"{clock(zone, day, a)}-{clock(zone, day, b)}" for a, b in parts)


def extended(market, regular, usual):
    """Trading before and after the regular hours of a day."""
    found = {}
    if "pre" in market:
        begin, end = market["pre"].split("-")
        opens = regular.split("-")[0]
        found["pre"] = f"{begin}-{opens}" if end == usual.split("-")[0] else market["pre"]
    if "post" in market:
        post = market["post"]
        closes, ordinary = regular.split("-")[-1], usual.split("-")[-1]
        until = post["until"] if closes == ordinary else post.get("early")
        if until:
            found["post"] = f"{closes}-{until}"
    return found


def generate(mic):
    market = MARKETS["calendars"][mic]
    zone, days = sessions(mic)
    texts = {day: hours(zone, day, parts) for day, parts in days.items()}
    counts = collections.Counter(texts.values())
    usual = counts.most_common(1)[0][0]
    weekdays = [i for i in range(7) if any(d.weekday() == i and t == usual for d, t in texts.items())]
    assert weekdays == [0, 1, 2, 3, 4], (mic, weekdays)
    first = datetime.date.fromisoformat(MARKETS["from"])
    last = datetime.date.fromisoformat(last_day(mic))
    holidays, others = [], []
    for offset in range((last - first).days + 1):
        day = first + datetime.timedelta(days=offset)
        text = texts.get(day)
        if text is None and day.weekday() in weekdays:
            holidays.append(str(day))
        elif text is not None and (text != usual or day.weekday() not in weekdays):
            others.append({"date": str(day), "regular": text} | extended(market, text, usual))
    source = f"exchange_calendars {xc.__version__}"
    for note in ("exception", "extendedSource"):
        if note in market:
            source += f"; {market[note]}"
    return {
        "zone": zone,
        "validFrom": str(first),
        "validTo": str(last),
        "source": source,
        "generatedAt": sys.argv[1] if len(sys.argv) > 1 else str(datetime.date.today()),
        "week": [{"days": "Mon-Fri", "regular": usual} | extended(market, usual, usual)],
        "holidays": holidays,
        "days": others,
    }


def lines(table):
    """One line a field, so that a diff shows what changed, and holidays a line a year."""
    out = ["{"]
    for mic, calendar in table.items():
        fields = []
        for key, value in calendar.items():
            if key == "holidays":
                years = collections.defaultdict(list)
                for day in value:
                    years[day[:4]].append(json.dumps(day))
                text = "[\n    " + ",\n    ".join(", ".join(year) for year in years.values()) + "\n  ]"
            elif key == "days" and value:
                text = "[\n    " + ",\n    ".join(json.dumps(day) for day in value) + "\n  ]"
            else:
                text = json.dumps(value)
            fields.append(f"  {json.dumps(key)}: {text}")
        out.append(f"{json.dumps(mic)}: {{\n" + ",\n".join(fields) + "\n},")
    out[-1] = out[-1].rstrip(",")
    return "\n".join(out + ["}", ""])


if __name__ == "__main__":
    TABLE.write_text(lines({mic: generate(mic) for mic in names()}))
