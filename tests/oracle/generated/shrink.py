"""Makes a world and a query on which the sides differ as small as they get, while they still differ in the same way."""

import dataclasses
import time

from generated.data import without_rows
from generated.queries import with_child

SECONDS = 60


def variants(node):
    """Smaller trees: of the node itself, then with one smaller descendant."""
    yield from node.smaller()
    children = node.children() if hasattr(node, "children") else dict(enumerate(node.args))
    for name, child in children.items():
        for smaller in variants(child):
            yield with_argument(node, name, smaller) if isinstance(name, int) else with_child(node, name, smaller)


def with_argument(term, place, argument):
    return dataclasses.replace(term, args=term.args[:place] + (argument,) + term.args[place + 1 :])


def shrink(world, query, differs):
    """`differs(world, query)`: do the sides still differ, as they did at first?"""
    end, again = time.monotonic() + SECONDS, True
    while again and time.monotonic() < end:
        again = False
        for candidates in (((world, q) for q in variants(query)), ((w, query) for w in without_rows(world))):
            for smaller in candidates:
                if time.monotonic() > end:
                    break
                if differs(*smaller):
                    (world, query), again = smaller, True
                    break
    return world, query
