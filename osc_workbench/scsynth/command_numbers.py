"""The numbers scsynth accepts in place of command addresses; sclang sends most of its messages with them.

Source: SuperCollider 3.13, Server Command Reference.
"""

COMMAND_NUMBERS = {
    1: "/notify",
    2: "/status",
    3: "/quit",
    4: "/cmd",
    5: "/d_recv",
    6: "/d_load",
    7: "/d_loadDir",
    8: "/d_freeAll",
    9: "/s_new",
    10: "/n_trace",
    11: "/n_free",
    12: "/n_run",
    13: "/n_cmd",
    14: "/n_map",
    15: "/n_set",
    16: "/n_setn",
    17: "/n_fill",
    18: "/n_before",
    19: "/n_after",
    20: "/u_cmd",
    21: "/g_new",
    22: "/g_head",
    23: "/g_tail",
    24: "/g_freeAll",
    25: "/c_set",
    26: "/c_setn",
    27: "/c_fill",
    28: "/b_alloc",
    29: "/b_allocRead",
    30: "/b_read",
    31: "/b_write",
    32: "/b_free",
    33: "/b_close",
    34: "/b_zero",
    35: "/b_set",
    36: "/b_setn",
    37: "/b_fill",
    38: "/b_gen",
    39: "/dumpOSC",
    40: "/c_get",
    41: "/c_getn",
    42: "/b_get",
    43: "/b_getn",
    44: "/s_get",
    45: "/s_getn",
    46: "/n_query",
    47: "/b_query",
    48: "/n_mapn",
    49: "/s_noid",
    50: "/g_deepFree",
    51: "/clearSched",
    52: "/sync",
    53: "/d_free",
    54: "/b_allocReadChannel",
    55: "/b_readChannel",
    56: "/g_dumpTree",
    57: "/g_queryTree",
    58: "/error",
    59: "/s_newargs",
    60: "/n_mapa",
    61: "/n_mapan",
    62: "/n_order",
    63: "/p_new",
    64: "/version",
    65: "/rtMemoryStatus",
    66: "/b_setSampleRate",
}


def command_name(number: int) -> str:
    """Return the address a command number stands for, "" for a number that stands for none."""
    return COMMAND_NUMBERS.get(number, "")


def address_names(address: str | int) -> tuple[str, ...]:
    """Return the texts by which an address is known: a command number also by its name."""
    if isinstance(address, str):
        return (address,)
    name = command_name(address)
    return (str(address), name) if name else (str(address),)
