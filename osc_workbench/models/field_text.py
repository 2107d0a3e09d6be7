"""What the packet detail says about one field: its name, its type and its value."""

from osc_workbench.osc.arguments import ARGUMENT_TYPES
from osc_workbench.osc.dissection import PacketField
from osc_workbench.osc.notation import format_address, format_argument
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.scsynth.command_numbers import command_name
from osc_workbench.traffic.time_text import duration, rfc3339

_VALUE_LIMIT = 2_000


def describe_field(field: PacketField, unix_ns: int, number: int) -> tuple[str, str, str]:
    """Return (name, type, value) as text.

    unix_ns: when the packet was seen, to which time tags are compared. number: which argument it is, from 1.
    """
    if field.kind == "argument":
        label = ARGUMENT_TYPES[field.type_tag].label
        if field.type_tag == "t":
            return f"Argument {number}", f"t  {label}", describe_time_tag(field.value, unix_ns)
        return f"Argument {number}", f"{field.type_tag}  {label}", _cut(format_argument(field.type_tag, field.value))
    if field.kind == "array":
        return f"Argument {number}", "[ ]  array", f"{len(field.value)} items"
    if field.kind == "bundle":
        elements = sum(child.kind in ("message", "bundle") for child in field.children)
        return (
            "Bundle",
            "",
            f"{elements} element{'' if elements == 1 else 's'}, {describe_time_tag(field.value, unix_ns)}",
        )
    if field.kind in ("message", "address"):
        return field.kind.capitalize(), "", describe_address(field.value)
    if field.kind == "time tag":
        return "Time tag", "t  time tag", describe_time_tag(field.value, unix_ns)
    if field.kind == "type tags":
        return "Type tags", "", _cut("," + field.value)
    if field.kind == "excess":
        return "Not decoded", "", _cut(field.value.hex(" "))
    return field.kind.capitalize(), "i  int32", str(field.value)


def describe_address(address: str | int) -> str:
    if isinstance(address, int):
        return f"{address}, command {command_name(address)} of scsynth" if command_name(address) else str(address)
    return _cut(format_address(address))


def describe_time_tag(time_tag: TimeTag, unix_ns: int) -> str:
    """Return what a time tag means, how it lies to `unix_ns`, and its exact value."""
    if time_tag.is_immediate:
        return f"immediately ({time_tag})"
    if time_tag.value == 0:
        return f"zero, which is no time ({time_tag})"
    time_ns = time_tag.to_unix_ns(unix_ns)
    return f"{rfc3339(time_ns)}, {duration(time_ns - unix_ns)} s from arrival ({time_tag})"


def _cut(text: str) -> str:
    return text if len(text) <= _VALUE_LIMIT else text[:_VALUE_LIMIT] + "…"
