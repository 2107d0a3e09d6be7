from collections.abc import Iterator

from osc_workbench.osc.codec import encode_packet
from osc_workbench.osc.dissection import PacketField, dissect_packet
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from tests.osc.samples import EVERY_TAG, NESTED_BUNDLE, REAL_PACKETS


def leaves(field: PacketField) -> Iterator[PacketField]:
    if not field.children and field.kind not in ("array", "bundle", "message"):
        yield field
    for child in field.children:
        yield from leaves(child)


def test_fields_of_a_message_carry_their_places_and_values() -> None:
    root = dissect_packet(encode_packet(OscMessage("/a/b", "isb", (7, "hello", b"abc")))).root
    assert root is not None
    assert [(field.kind, field.offset, field.size, field.value, field.type_tag) for field in root.children] == [
        ("address", 0, 8, "/a/b", ""),
        ("type tags", 8, 8, "isb", ""),
        ("argument", 16, 4, 7, "i"),
        ("argument", 20, 8, "hello", "s"),
        ("argument", 28, 8, b"abc", "b"),
    ]


def test_the_leaves_cover_every_byte_of_a_well_formed_packet() -> None:
    for packet in REAL_PACKETS:
        data = encode_packet(packet)
        root = dissect_packet(data).root
        assert root is not None
        covered = 8 if isinstance(packet, OscBundle) else 0
        for field in leaves(root):
            # The mark of a bundle inside has no field of its own.
            assert field.offset - covered in (0, 8)
            covered = field.offset + field.size
        assert covered == len(data)


def test_arrays_are_fields_with_children() -> None:
    root = dissect_packet(encode_packet(OscMessage("/a", "i[i[s]]f", (1, (2, ("x",)), 0.5)))).root
    assert root is not None
    array = root.children[3]
    assert (array.kind, array.offset, array.size, array.value) == ("array", 20, 8, (2, ("x",)))
    assert [child.kind for child in array.children] == ["argument", "array"]


def test_what_was_read_before_a_failure_is_shown() -> None:
    dissection = dissect_packet(encode_packet(OscMessage("/a", "ii", (1, 2)))[:-2])
    assert dissection.packet is None
    assert dissection.error is not None
    assert (dissection.error.code, dissection.error.offset) == ("truncated", 12)
    assert dissection.root is not None
    assert [field.kind for field in dissection.root.children] == ["address", "type tags", "argument"]


def test_siblings_before_a_broken_element_are_shown() -> None:
    data = encode_packet(OscBundle(TimeTag(5), [OscMessage("/a"), OscMessage("/b")]))[:-1]
    dissection = dissect_packet(data)
    assert [message.address for message, *_ in dissection.messages] == ["/a"]
    assert dissection.root is not None
    assert [field.kind for field in dissection.root.children] == ["time tag", "element size", "message"]


def test_messages_come_with_the_places_of_their_arguments() -> None:
    data = encode_packet(NESTED_BUNDLE)
    dissection = dissect_packet(data)
    assert [message.address for message, *_ in dissection.messages] == ["/every/tag", "/x", 9, "/old", "/unknown"]
    for message, start, arguments, size in dissection.messages:
        again = dissect_packet(data[start : start + size])
        assert again.packet == message
        assert again.messages == ((message, 0, arguments - start, size),)


def test_a_well_formed_packet_has_no_issues() -> None:
    assert dissect_packet(encode_packet(EVERY_TAG)).issues == ()


def test_every_issue_and_every_error_has_a_sentence() -> None:
    dissection = dissect_packet(b"#bundle\0" + bytes(8) + b"\0\0\0\7x\0\0\0,?\0")
    assert [issue.code for issue in dissection.issues] == [
        "unaligned-size",
        "zero-time-tag",
        "unaligned-size",
        "no-slash",
        "unknown-type-tag",
        "short-padding",
    ]
    assert all(issue.reason for issue in dissection.issues)
    error = dissect_packet(b"").error
    assert str(error) == "the packet is empty (at byte 0)"
