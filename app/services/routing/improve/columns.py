"""The names of the columns of the arrays that the machine code works on, and a few numbers that it takes as given.

An array's last axis holds unlike things where they are read together, so that they share a cache line.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]

NEVER = 2**50
"""Later than any time and longer than any limit; sums of a few of them still fit."""

MUST = 2**55
"""The cost of leaving behind what is aboard or under way: more than everything else together (less than 2**53)."""

STRICT, LOOSE, GATHERING = range(3)
"""How a search looks at requests that are left out. Strict: no plan that leaves out more than the one before. Loose: at
a price. Gathering: to leave out fewer counts more than any cost, and the first success ends it."""

WORD = 62
"""Bits used of each word of a set."""

TIME, WAY = range(2)
"""`legs`: seconds from the beginning of service at one node to the arrival at another; metres between them."""

OPEN, CLOSE, SERVICE, REQUEST, SPANS = range(5)
"""`nodes`: first opening, last closing, seconds of service, the request (-1 at depots), the number of windows."""

PICKUP, DROPOFF, ANCHOR, PENALTY, RIDE, INTRICATE, DETOUR, GROUP, DEMAND = range(9)
"""`requests`: node of the pickup (-1: aboard) and of the dropoff; the vehicle it cannot leave, where only its dropoff
may move (-1: none); cost of leaving it out; longest ride; whether its times need the exact evaluation; the least metres
that its dropoff adds anywhere; its group (-1: none). From DEMAND on: the demand, then the groups it avoids, as bits."""

START, END, SET_OUT, LEAVE_BY, BACK_BY, FIXED_COST, SECOND_COST, METRE_COST = range(8)
DURATION, DRIVING, FIXED, RESTS, KIND, BUSY, ROOM = range(8, 15)
"""`vehicles`: nodes of the start and of the end; setting out not before and not after; end of the shift; costs; longest
duration and driving; the number of first calls that stay; the number of breaks; vehicles of one kind are alike; whether
it is under way. From ROOM on: its capacity, then what is aboard at the start."""

FARNESS, PATIENCE, OPENING, CLOSING, SIZE = range(5)
"""`keys`, by which requests are put in order before they are placed again."""

DIMENSIONS, WORDS, BALANCE, VISITS, GROUPS = range(5)
"""`scalars`: the dimensions of demand, the words of a set of groups, `Goals.balance`, how many nodes are visits, how
many groups there are."""

BEGIN, LATEST, WORKED, SET_OUT_BY, AHEAD, BACK, GAP, LOAD = range(8)
"""`at`, of each place of a route: earliest beginning of service; latest for which the rest is in time; driving and
service before it; latest setting out for which all up to here is in time; driving and service from here to the end;
earliest end as far as openings from here on tell; metres to the next. From LOAD on: what is aboard, then its groups."""

LENGTH, IN_USE, COST, METRES, WORK, SERVED, LASTS, HARD = range(8)
"""`routes`: nodes with both depots; whether there are calls; cost; metres; driving and service; service; seconds from
setting out to the end; whether its times need the exact evaluation."""

TOTAL, BALANCED, DROPPED, ABSENT, USED = range(5)
"""`sums`: costs of the routes; of balance; penalties of what is absent; how many are; vehicles in use."""

MARK, KINDS, BLINK = range(3)
"""`dice`: the number of the iteration; of the search for a place; how many more places are looked at before a blink."""
