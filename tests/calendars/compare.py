"""Prints what exchange_calendars says about every session of the table, exceptions applied.

One JSON line a calendar: its zone, its first and last day, and for each session the parts between
breaks, as seconds of Unix time.
"""

import json
import sys

# A test leaves nothing in the source tree.
sys.dont_write_bytecode = True

from market import MARKETS, last_day, names, sessions


def seconds(instant):
    return int(instant.timestamp())


for mic in names():
    zone, days = sessions(mic)
    parts = [[[seconds(a), seconds(b)] for a, b in parts] for parts in days.values()]
    print(json.dumps({
        "mic": mic,
        "zone": zone,
        "from": MARKETS["from"],
        "to": last_day(mic),
        "sessions": parts,
    }))
