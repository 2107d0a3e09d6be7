"""The address space: a tree of named nodes, which patterns are matched against.

It knows names and what its owner attaches to them, no messages and no sockets. Nothing here recurses, because an
address from the network can have 20,000 parts.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Generic, TypeVar

from osc_workbench.osc.pattern import AddressPattern, has_wildcards, pattern_of
from osc_workbench.osc.pattern_matcher import Matcher
from osc_workbench.osc.pattern_parts import LEVELS, Part, Wild
from osc_workbench.osc.space_match import LevelSteps, SiblingNames

T = TypeVar("T")

# Source: OSC 1.0 specification, "OSC Address Spaces and OSC Addresses". It allows printable ASCII only; letters beyond
# are in use and harm nobody.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f#*,/?\[\]{}]")
# Fewer names are quicker gone through anew each time than worth the memory.
_REMEMBERED_SIBLINGS = 8


class AddressNode(Generic[T]):
    """A container, a method or both. Its AddressSpace makes, renames and moves it.

    parent: the container it is in; None for the root and for what was removed.
    value: what the owner attached; None if this is no method.
    """

    __slots__ = ("_children", "_names", "name", "parent", "value")

    def __init__(self, name: str, parent: "AddressNode[T] | None") -> None:
        self.name = name
        self.parent = parent
        self.value: T | None = None
        self._children: dict[str, AddressNode[T]] = {}
        self._names: SiblingNames[AddressNode[T]] | None = None

    def __repr__(self) -> str:
        return f"<AddressNode {self.address!r:.80}>"

    @property
    def children(self) -> Mapping[str, "AddressNode[T]"]:
        """The nodes in this container by name, in order of creation; it follows changes."""
        return MappingProxyType(self._children)

    @property
    def is_method(self) -> bool:
        return self.value is not None

    @property
    def address(self) -> str:
        """The address in its space or, after a removal, in the branch that was removed; "/" for the root."""
        return "/" + "/".join(reversed([node.name for node in self._upwards() if node.name]))

    @property
    def depth(self) -> int:
        """How many parts the address has; 0 for the root."""
        return sum(1 for node in self._upwards() if node.name)

    def _upwards(self) -> Iterator["AddressNode[T]"]:
        node: AddressNode[T] | None = self
        while node is not None:
            yield node
            node = node.parent

    def _select(self, part: Part) -> list["AddressNode[T]"]:
        """Return the children that this part matches."""
        if part == (Wild.RUN,):
            return list(self._children.values())
        if len(part) == 1 and isinstance(part[0], str):
            child = self._children.get(part[0])
            return [] if child is None else [child]
        if not self._children:
            return []
        names = self._names or SiblingNames(self._children)
        if len(self._children) >= _REMEMBERED_SIBLINGS:
            self._names = names
        return names.select(part)


class AddressSpace(Mapping[str, AddressNode[T]]):
    """All nodes but the root by address, depth first, children in order of creation.

    It may change while `match` or `walk` go through it: they go on with the children as they were when they came by.
    """

    def __init__(self) -> None:
        self._root: AddressNode[T] = AddressNode("", None)
        self._count = 0

    def __getitem__(self, address: str) -> AddressNode[T]:
        node = self.find(address)
        if node is None or node is self._root:
            raise KeyError(address)
        return node

    def __contains__(self, address: object) -> bool:
        return isinstance(address, str) and address != "/" and self.find(address) is not None

    def __iter__(self) -> Iterator[str]:
        stack = [("", self._root)]
        while stack:
            address, node = stack.pop()
            if address:
                yield address
            stack.extend((f"{address}/{name}", child) for name, child in reversed(node._children.items()))

    def __len__(self) -> int:
        return self._count

    def create(self, address: str) -> AddressNode[T]:
        """Return the node of this address, made if need be, as are the containers above it; "/" is the root.

        Raises ValueError if this cannot be an address.
        """
        node = self._root
        for name in _names_of(address):
            child = node._children.get(name)
            if child is None:
                child = AddressNode(name, node)
                self._put(child, node)
                self._count += 1
            node = child
        return node

    def find(self, address: str) -> AddressNode[T] | None:
        """Return the node of this very address, or None; "/" is the root."""
        if address == "/":
            return self._root
        first, *names = address.split("/")
        if first or not names:
            return None
        node = self._root
        for name in names:
            child = node._children.get(name)
            if child is None:
                return None
            node = child
        return node

    def match(self, pattern: AddressPattern | str) -> Iterator[AddressNode[T]]:
        """Yield the nodes that the pattern matches, containers too, each once, in the order of the tree.

        The root comes only for "/", never for wildcards. A text is taken as a pattern of OSC 1.1.
        """
        if isinstance(pattern, str) and has_wildcards(pattern):
            pattern = pattern_of(pattern)
        if isinstance(pattern, AddressPattern) and not pattern.is_literal:
            return self._match_parts(pattern.parts)
        node = self.find(pattern if isinstance(pattern, str) else pattern.text)
        return iter(() if node is None else (node,))

    def walk(self, node: AddressNode[T] | None = None) -> Iterator[AddressNode[T]]:
        """Yield this node and all below it, or all nodes but the root, in the order of the tree."""
        stack = [self._root if node is None else node]
        while stack:
            current = stack.pop()
            if current is not self._root:
                yield current
            stack.extend(reversed(current._children.values()))

    def rename(self, node_or_address: AddressNode[T] | str, name: str) -> AddressNode[T]:
        """Give a node another name in the same place of the same container, and return it.

        Raises KeyError if there is no such node, ValueError if the name is taken or cannot be one.
        """
        node, parent = self._own(node_or_address)
        _check_name(name, name)
        if name == node.name:
            return node
        if name in parent._children:
            raise ValueError(f"{node.address!r:.80} cannot be renamed: its container has a {name!r:.80} already")
        children = [(name if child is node else other, child) for other, child in parent._children.items()]
        # In place, because there may be views of the children.
        parent._children.clear()
        parent._children.update(children)
        parent._names = None
        node.name = name
        return node

    def move(self, node_or_address: AddressNode[T] | str, new_address: str) -> AddressNode[T]:
        """Move a node with all below it to a new address, making containers as needed, and return it.

        Raises KeyError if there is no such node, ValueError if the new address is taken, in the node's own branch or
        no address; then nothing has changed.
        """
        node, parent = self._own(node_or_address)
        address = node.address
        _names_of(new_address)
        if new_address == address:
            return node
        if new_address.startswith(address + "/"):
            raise ValueError(f"{address!r:.80} cannot be moved into its own branch, to {new_address!r:.80}")
        if self.find(new_address) is not None:
            raise ValueError(f"{address!r:.80} cannot be moved: there is a node at {new_address!r:.80} already")
        containers, _, name = new_address.rpartition("/")
        container = self.create(containers or "/")
        self._take_out(node, parent)
        node.name = name
        self._put(node, container)
        return node

    def remove(self, node_or_address: AddressNode[T] | str) -> AddressNode[T]:
        """Take out a node with all below it and return it, a branch of its own. Raises KeyError if there is none."""
        node, parent = self._own(node_or_address)
        self._count -= sum(1 for _ in self.walk(node))
        self._take_out(node, parent)
        return node

    def _own(self, node_or_address: AddressNode[T] | str) -> tuple[AddressNode[T], AddressNode[T]]:
        """Return the node and its container."""
        node = self.find(node_or_address) if isinstance(node_or_address, str) else node_or_address
        if node is self._root:
            raise ValueError("the root of an address space cannot be renamed, moved or removed")
        if node is None or node.parent is None or self.find(node.address) is not node:
            raise KeyError(node_or_address if node is None else node.address)
        return node, node.parent

    def _put(self, node: AddressNode[T], container: AddressNode[T]) -> None:
        container._children[node.name] = node
        container._names = None
        node.parent = container

    def _take_out(self, node: AddressNode[T], container: AddressNode[T]) -> None:
        del container._children[node.name]
        container._names = None
        node.parent = None

    def _match_parts(self, parts: tuple[Part, ...]) -> Iterator[AddressNode[T]]:
        # The first part is for what stands before the first slash, which is nothing in our addresses.
        if len(parts) < 2 or not Matcher(parts[:1]).matches(""):
            return
        last = len(parts) - 1
        stack = [(self._root, 1)]
        while stack:
            container, index = stack.pop()
            if parts[index] == LEVELS:
                yield from _match_levels(container, parts[index:])
                continue
            found = container._select(parts[index])
            if index == last:
                yield from found
            else:
                stack.extend((node, index + 1) for node in reversed(found))


def _match_levels(container: AddressNode[T], parts: tuple[Part, ...]) -> Iterator[AddressNode[T]]:
    steps = LevelSteps(parts)
    stack = [(child, steps.start) for child in reversed(container._children.values())]
    while stack:
        node, state = stack.pop()
        state = steps.step(state, node.name)
        if state & steps.end:
            yield node
        # The first part is LEVELS, so no state is empty.
        stack.extend((child, state) for child in reversed(node._children.values()))


def _names_of(address: str) -> list[str]:
    """Return the names on the way to this address, none for "/". Raises ValueError if it cannot be an address."""
    first, *names = address.split("/")
    if first or not names:
        raise ValueError(f"{address!r:.80} cannot be an address: it does not start with a slash")
    if address == "/":
        return []
    for name in names:
        _check_name(name, address)
    return names


def _check_name(name: str, where: str) -> None:
    if not name:
        raise ValueError(f"{where!r:.80} cannot be an address: a part of it is empty")
    forbidden = _FORBIDDEN.search(name)
    if forbidden:
        raise ValueError(f"{where!r:.80} cannot be an address: no part of one may contain {forbidden[0]!r}")
