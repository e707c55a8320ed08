"""Lists that come in pages; and how to notice an ERP that ignores being asked for the next one.

A page that is shorter than asked for is not taken for the last one: ERPs cap page sizes without
a word. So pages are read until one is empty, or until the ERP says that there is no next.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from system_apis.connectors.http_json.expressions import Expression
from system_apis.connectors.http_json.mapping import Unreadable, elements
from system_apis.connectors.http_json.platform_models import Answer
from system_apis.connectors.http_json.sections import Paging

_MOST_PAGES = 100


@dataclass(frozen=True)
class Place:
    """Where a list goes on.

    :param digest: of the page before; an equal page means that our question was ignored.
    """

    at: str
    size: int
    digest: str = ""

    def cursor(self) -> str:
        """As a text that a caller may keep."""
        return json.dumps([self.at, self.size, self.digest])


def place_of(cursor: str | None, paging: Paging, limit: int) -> Place:
    """The place of a cursor, or the start.

    :raises Unreadable: the cursor is none of ours.
    """
    if cursor is None:
        start = {"page": str(paging.first), "offset": "0", "cursor": ""}
        return Place(start[paging.style], min(limit, paging.size))
    try:
        at, size, digest = json.loads(cursor)
        return Place(str(at), int(size), str(digest))
    except (ValueError, TypeError) as error:
        raise Unreadable("the cursor is none of ours") from error


def query_of(place: Place, paging: Paging) -> dict[str, str]:
    """Query parameters that ask for the page at a place."""
    query = {paging.parameter: place.at} if place.at else {}
    if paging.size_parameter:
        query[paging.size_parameter] = str(place.size)
    return query


def next_place(place: Place, paging: Paging, body: Any, found: list[Any]) -> Place | None:
    """Where the list goes on after a page; None after the last one.

    :raises Unreadable: the page is the one before once more.
    """
    if not found:
        return None
    digest = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:16]
    if digest == place.digest:
        raise Unreadable(f"it ignores the parameter {paging.parameter!r} and repeats a page")
    if paging.style == "cursor":
        following = paging.following(body) if paging.following else None
        at = "" if following is None else str(following)
    elif paging.style == "offset":
        at = str(int(place.at) + len(found))
    else:
        at = str(int(place.at) + 1)
    return Place(at, place.size, digest) if at else None


async def whole_list(
    page: Callable[[dict[str, str]], Awaitable[Answer | None]],
    items: Expression | None,
    paging: Paging | None,
) -> list[Any]:
    """All elements of a short list, such as the lines with one key.

    :param page: asks for a page with these query parameters; None if there is no such thing.
    :raises Unreadable: it is no list, or has no end.
    """
    if paging is None:
        answer = await page({})
        return [] if answer is None else elements(items, answer.body)
    place: Place | None = place_of(None, paging, paging.size)
    everything: list[Any] = []
    for _ in range(_MOST_PAGES):
        if place is None:
            return everything
        answer = await page(query_of(place, paging))
        if answer is None:
            return everything
        found = elements(items, answer.body)
        everything += found
        place = next_place(place, paging, answer.body, found)
    raise Unreadable(f"it has more than {_MOST_PAGES} pages")
