"""The columns of the message log: which there are, and what they are called."""

import enum


class Column(enum.IntEnum):
    """What a column of the log shows."""

    NUMBER = 0
    TIME = 1
    DIRECTION = 2
    ENDPOINT = 3
    PEER = 4
    ADDRESS = 5
    TYPE_TAGS = 6
    ARGUMENTS = 7
    SIZE = 8
    DELTA = 9
    TIME_TAG = 10
    COUNT = 11
    COMMENT = 12


TIMES = "\N{MULTIPLICATION SIGN}"

TITLES = {
    Column.NUMBER: "#",
    Column.TIME: "Time",
    Column.DIRECTION: "Dir",
    Column.ENDPOINT: "Endpoint",
    Column.PEER: "Peer",
    Column.ADDRESS: "Address",
    Column.TYPE_TAGS: "Types",
    Column.ARGUMENTS: "Arguments",
    Column.SIZE: "Size",
    Column.DELTA: "Δ",
    Column.TIME_TAG: "Time tag",
    Column.COUNT: TIMES,
    Column.COMMENT: "Comment",
}

# What to call the columns where a sign would not be understood: in menus and by screen readers.
NAMES = {**TITLES, Column.NUMBER: "Number", Column.DELTA: "Delta", Column.COUNT: "Count"}

TIPS = {
    Column.NUMBER: "Number of the message since the start of the session",
    Column.TIME: "Time of arrival, as the kernel stamped it, or of sending",
    Column.DIRECTION: "← received, → sent",
    Column.ENDPOINT: "The endpoint of this program; UDP where nothing else is said",
    Column.PEER: "The other side",
    Column.ADDRESS: "OSC address; a command number of scsynth is shown with its name",
    Column.TYPE_TAGS: "OSC type tags",
    Column.ARGUMENTS: "The arguments, or why the packet could not be decoded",
    Column.SIZE: "Bytes of the message",
    Column.DELTA: "Seconds since the message shown above",
    Column.TIME_TAG: "What the time tag of the bundle says against the time of arrival",
    Column.COUNT: "How many messages the row stands for",
    Column.COMMENT: "What you have written about the message",
}

RIGHT_ALIGNED = (Column.NUMBER, Column.SIZE, Column.DELTA, Column.COUNT)
