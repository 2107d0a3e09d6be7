import time

import pytest

from osc_workbench.osc.pattern import AddressPattern
from osc_workbench.osc.space import AddressNode, AddressSpace

ADDRESSES = ["/synth/1/freq", "/synth/1/amp", "/synth/2/freq", "/master/amp", "/synth"]
TREE = ["/synth", "/synth/1", "/synth/1/freq", "/synth/1/amp", "/synth/2", "/synth/2/freq", "/master", "/master/amp"]


@pytest.fixture
def space() -> AddressSpace[str]:
    space: AddressSpace[str] = AddressSpace()
    for address in ADDRESSES:
        space.create(address).value = f"handler of {address}"
    return space


def matched(space: AddressSpace[str], pattern: AddressPattern | str) -> list[str]:
    return [node.address for node in space.match(pattern)]


def test_space_is_a_mapping_in_order_of_creation_depth_first(space: AddressSpace[str]) -> None:
    assert list(space) == TREE
    assert len(space) == len(TREE)
    assert [node.address for node in space.values()] == TREE
    assert space["/synth/1"].name == "1"
    assert space.get("/nothing") is None
    assert space.get("/nothing", 3) == 3
    assert "/synth/1" in space


@pytest.mark.parametrize("address", ["/nothing", "/synth/3", "/synth/1/freq/x", "/", "", "synth", "/synth/", "//synth"])
def test_space_has_no_key_for_what_is_no_node(space: AddressSpace[str], address: str) -> None:
    assert address not in space
    with pytest.raises(KeyError):
        space[address]


def test_space_contains_no_other_things(space: AddressSpace[str]) -> None:
    assert 5 not in space
    assert None not in space


def test_node_knows_its_place(space: AddressSpace[str]) -> None:
    node = space["/synth/1/freq"]
    assert (node.name, node.address, node.depth) == ("freq", "/synth/1/freq", 3)
    assert node.parent is space["/synth/1"]
    assert list(space["/synth"].children) == ["1", "2"]
    assert space["/synth"].children["1"] is node.parent


def test_method_is_a_node_with_a_value(space: AddressSpace[str]) -> None:
    assert [node.address for node in space.walk() if node.is_method] == [
        "/synth",
        "/synth/1/freq",
        "/synth/1/amp",
        "/synth/2/freq",
        "/master/amp",
    ]
    assert space["/synth/1"].value is None
    assert space["/master/amp"].value == "handler of /master/amp"


def test_create_returns_the_node_there_is(space: AddressSpace[str]) -> None:
    assert space.create("/synth/1") is space["/synth/1"]
    assert len(space) == len(TREE)
    assert space.create("/") is space.find("/")


def test_slash_alone_is_the_root(space: AddressSpace[str]) -> None:
    root = space.find("/")
    assert root is not None
    assert (root.address, root.depth, root.parent) == ("/", 0, None)
    assert list(root.children) == ["synth", "master"]
    assert list(space.match("/")) == [root]


def test_find_takes_wildcards_literally(space: AddressSpace[str]) -> None:
    assert space.find("/synth/*") is None
    assert space.find("/synth//freq") is None
    assert space.find("/synth/2") is space["/synth/2"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a/b",
        "//",
        "/a/",
        "//a",
        "/a//b",
        "/a b",
        "/#a",
        "/a*",
        "/a,b",
        "/a?",
        "/[a",
        "/a]",
        "/{a",
        "/a}",
        "/a\0",
        "/a\n",
        "/\x7f",
        "/\x9b",
    ],
)
def test_what_is_no_address_is_refused_with_the_address_and_the_reason(space: AddressSpace[str], address: str) -> None:
    with pytest.raises(ValueError, match="cannot be an address: ") as caught:
        space.create(address)
    assert repr(address) in str(caught.value)
    with pytest.raises(ValueError):
        space.move("/synth/1", address)
    assert list(space) == TREE


@pytest.mark.parametrize("address", ["/größe", "/音量", "/a.b-c_d!e", "/\udcff", "/a:b@c"])
def test_letters_beyond_ascii_are_allowed(space: AddressSpace[str], address: str) -> None:
    assert space.create(address).address == address
    assert matched(space, address[:-1] + "?") == [address]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("/synth", ["/synth"]),
        ("/synth/2/freq", ["/synth/2/freq"]),
        ("/nothing", []),
        ("/*", ["/synth", "/master"]),
        ("/*/amp", ["/master/amp"]),
        ("/s*/[12]", ["/synth/1", "/synth/2"]),
        ("/synth/?/*", ["/synth/1/freq", "/synth/1/amp", "/synth/2/freq"]),
        ("/synth/{1,2}/{amp,gain}", ["/synth/1/amp"]),
        ("//amp", ["/synth/1/amp", "/master/amp"]),
        ("//*", TREE),
        ("/synth//freq", ["/synth/1/freq", "/synth/2/freq"]),
        ("/s*//?//f*", ["/synth/1/freq", "/synth/2/freq"]),
        ("//synth", ["/synth"]),
        ("//", []),
        ("/synth//", []),
        ("*/synth/*", ["/synth/1", "/synth/2"]),
        ("synth", []),
        ("*", []),
        ("synth/*", []),
        ("/[a", []),
        ("", []),
        ("/synth/", []),
    ],
)
def test_match_yields_containers_too_in_the_order_of_the_tree(
    space: AddressSpace[str], pattern: str, expected: list[str]
) -> None:
    assert matched(space, pattern) == expected
    assert matched(space, AddressPattern(pattern)) == expected


def test_version_1_0_pattern_has_no_levels(space: AddressSpace[str]) -> None:
    assert matched(space, AddressPattern("//amp", "1.0")) == []
    assert matched(space, AddressPattern("/*//*", "1.0")) == []


def test_each_node_comes_once_where_levels_overlap() -> None:
    space: AddressSpace[str] = AddressSpace()
    space.create("/a" * 8)
    assert matched(space, "//a//a//*//a") == ["/a" * length for length in range(4, 9)]


def test_match_sees_every_change_of_the_siblings() -> None:
    space: AddressSpace[str] = AddressSpace()
    for number in range(20):
        space.create(f"/value{number}")
    assert matched(space, "/v*7") == ["/value7", "/value17"]
    space.create("/volume7")
    space.rename("/value17", "value18a")
    assert matched(space, "/v*7") == ["/value7", "/volume7"]
    space.move("/value7", "/x/value7")
    space.move("/value8", "/vault7")
    space.remove("/volume7")
    assert matched(space, "/v*7") == ["/vault7"]


def test_space_may_change_while_it_is_matched_and_walked(space: AddressSpace[str]) -> None:
    for node in space.match("//freq"):
        space.create(node.address + "/more")
        space.create("/new/freq")
    for node in space.walk():
        if node.name == "synth":
            space.remove(node)
    assert list(space) == ["/master", "/master/amp", "/new", "/new/freq"]


def test_walk_of_a_node_starts_with_it(space: AddressSpace[str]) -> None:
    assert [node.address for node in space.walk(space["/synth/1"])] == TREE[1:4]
    assert [node.address for node in space.walk()] == TREE


def test_rename_keeps_place_and_branch(space: AddressSpace[str]) -> None:
    children = space["/synth"].children
    node = space.rename("/synth/1", "one")
    assert node is space["/synth/one"]
    assert list(children) == ["one", "2"]
    assert list(space)[:4] == ["/synth", "/synth/one", "/synth/one/freq", "/synth/one/amp"]
    assert "/synth/1" not in space
    assert space.rename(node, "one") is node


def test_move_takes_the_branch_along_and_makes_containers(space: AddressSpace[str]) -> None:
    node = space.move("/synth/1", "/racks/left/lead")
    assert node is space["/racks/left/lead"]
    assert node.parent is space["/racks/left"]
    assert list(space["/racks/left/lead"].children) == ["freq", "amp"]
    assert space["/racks/left/lead/freq"].value == "handler of /synth/1/freq"
    assert "/synth/1" not in space
    assert len(space) == len(list(space)) == len(TREE) + 2
    assert space.move(node, "/racks/left/lead") is node


def test_move_to_a_longer_name_beside_is_no_move_into_the_own_branch(space: AddressSpace[str]) -> None:
    assert space.move("/synth", "/synthesizer").address == "/synthesizer"
    assert "/synthesizer/1/freq" in space


def test_remove_returns_the_whole_branch(space: AddressSpace[str]) -> None:
    node = space.remove("/synth")
    assert list(space) == ["/master", "/master/amp"]
    assert len(space) == 2
    assert node.parent is None
    assert node.address == "/synth"
    assert node.children["1"].children["freq"].address == "/synth/1/freq"
    with pytest.raises(KeyError):
        space.remove(node)
    with pytest.raises(KeyError):
        space.rename(node.children["1"], "x")


def test_clash_is_refused_with_address_and_reason(space: AddressSpace[str]) -> None:
    with pytest.raises(ValueError, match=r"'/synth/1' cannot be renamed: its container has a '2' already"):
        space.rename("/synth/1", "2")
    with pytest.raises(ValueError, match=r"'/synth/1' cannot be moved: there is a node at '/master/amp' already"):
        space.move("/synth/1", "/master/amp")
    with pytest.raises(ValueError, match=r"there is a node at '/' already"):
        space.move("/synth/1", "/")
    with pytest.raises(ValueError, match=r"'/synth' cannot be moved into its own branch, to '/synth/1/x'"):
        space.move("/synth", "/synth/1/x")
    with pytest.raises(ValueError, match=r"'a/b' cannot be an address: .* '/'"):
        space.rename("/synth", "a/b")
    with pytest.raises(ValueError, match="a part of it is empty"):
        space.rename("/synth", "")
    assert list(space) == TREE


@pytest.mark.parametrize("root", ["/", None])
def test_root_stays_what_it_is(space: AddressSpace[str], root: str | None) -> None:
    node = root or space.find("/")
    assert node is not None
    with pytest.raises(ValueError, match="the root of an address space"):
        space.rename(node, "x")
    with pytest.raises(ValueError, match="the root of an address space"):
        space.move(node, "/x")
    with pytest.raises(ValueError, match="the root of an address space"):
        space.remove(node)


def test_unknown_address_is_a_key_error(space: AddressSpace[str]) -> None:
    with pytest.raises(KeyError, match="/nothing"):
        space.remove("/nothing")
    with pytest.raises(KeyError, match="/nothing"):
        space.move("/nothing", "/x")


def test_node_of_another_space_is_refused(space: AddressSpace[str]) -> None:
    other: AddressSpace[str] = AddressSpace()
    with pytest.raises(KeyError):
        space.remove(other.create("/synth/1"))


def test_children_cannot_be_changed_from_outside(space: AddressSpace[str]) -> None:
    with pytest.raises(TypeError):
        space["/synth"].children["3"] = AddressNode("3", None)  # type: ignore[index]  # the point of the test


def test_address_of_20_000_parts_works() -> None:
    start = time.perf_counter()
    space: AddressSpace[str] = AddressSpace()
    deep = space.create("/a" * 20_000)
    assert (deep.depth, len(space)) == (20_000, 20_000)
    assert space.find(deep.address) is deep
    assert sum(1 for _ in space.walk()) == 20_000
    assert sum(1 for _ in space.match("//a" * 15_000)) == 5_001
    assert list(space.match("//*b//a" * 9_000)) == []
    assert sum(1 for _ in space.match("//*//?//[a]//a" * 4_000)) == 4_001
    assert list(space.match("/a" * 19_999 + "/?")) == [deep]
    space.rename("/a/a", "b")
    space.move("/a/b", "/c")
    assert deep.depth == 19_999
    space.remove("/c")
    assert list(space) == ["/a"]
    assert time.perf_counter() - start < 20


def test_100_000_nodes_are_no_strain() -> None:
    start = time.perf_counter()
    space: AddressSpace[str] = AddressSpace()
    for group in range(1_000):
        for number in range(99):
            space.create(f"/group{group}/value{number}")
    assert len(space) == 100_000
    assert sum(1 for _ in space.match("/*/value?5")) == 9_000
    assert sum(1 for _ in space.match("//value7")) == 1_000
    assert sum(1 for _ in space) == 100_000
    assert time.perf_counter() - start < 20
