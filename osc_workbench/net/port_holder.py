"""Which program holds a port, where the system tells (Linux, for programs of the same user or for root)."""

import os
from pathlib import Path

_PROC = Path("/proc")
# Source: Linux include/net/tcp_states.h.
_TCP_LISTEN = "0A"


def find_port_holder(port: int, scheme: str = "udp", proc: Path = _PROC) -> str:
    """Return "NAME (process ID)" of a program that holds this port, "" if the system does not tell.

    scheme: "udp", or "tcp" for programs that listen.
    """
    inodes = _inodes_of_port(port, scheme, proc)
    if not inodes:
        return ""
    links = {f"socket:[{inode}]" for inode in inodes}
    for process in proc.iterdir():
        if process.name.isdigit() and _holds(process, links):
            try:
                # The kernel cuts names after 15 bytes, which can be in the middle of a character.
                name = (process / "comm").read_text("utf-8", "replace")
                return f"{' '.join(name.split())} (process {process.name})"
            except OSError:
                # It ended between the two looks; then the port is free again, too.
                return ""
    return ""


def _inodes_of_port(port: int, scheme: str, proc: Path) -> set[str]:
    inodes = set()
    for table in (scheme, scheme + "6"):
        try:
            lines = (proc / "net" / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in (line.split() for line in lines):
            is_listening = scheme == "udp" or fields[3] == _TCP_LISTEN
            if is_listening and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(fields[9])
    return inodes


def _holds(process: Path, links: set[str]) -> bool:
    try:
        return any(os.readlink(descriptor) in links for descriptor in (process / "fd").iterdir())
    except OSError:
        # Another user's process, or one that has just ended.
        return False
