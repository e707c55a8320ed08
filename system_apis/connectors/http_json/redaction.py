"""Takes narratives and secrets out of what an ERP said. Pure.

An ERP that refuses a line likes to quote it, whole or in part, in its own quotation marks and
escapes. So not the narrative as a whole is looked for but every piece of it of eight characters.
The price is that common words of a narrative may be missing from the ERP's text as well.
"""

import html
import json
import re
from collections.abc import Iterable
from typing import Any

LONGEST_TEXT = 500
_PIECE = 8
_MARK = "…"
_LONGEST_SEARCHED = 4000


class Redactor:
    """Redacts texts of one ERP.

    :param secrets: taken out wherever they stand.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted({each for each in secrets if each}, key=len, reverse=True)

    def text(self, said: Any, confidential: Iterable[str], longest: int = LONGEST_TEXT) -> str:
        """What was said, as one line that may be shown.

        :param said: a text, or a document, or bytes that may be either.
        :param confidential: narratives that were sent.
        """
        narratives = [_plain(each) for each in confidential if each.strip()]
        shown = self._redacted(_readable(said), narratives)
        as_text = shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False)
        return as_text if len(as_text) <= longest else as_text[: longest - 1] + _MARK

    def _redacted(self, said: Any, narratives: list[str]) -> Any:
        if isinstance(said, dict):
            return {
                str(self._redacted(str(key), narratives)): self._redacted(value, narratives)
                for key, value in said.items()
            }
        if isinstance(said, list):
            return [self._redacted(each, narratives) for each in said]
        if not isinstance(said, str):
            return said
        text = html.unescape(said)[:_LONGEST_SEARCHED]
        for secret in self._secrets:
            text = text.replace(secret, _MARK)
        text = " ".join(text.split())
        for narrative in narratives:
            text = _without(text, narrative)
        return text


def _readable(said: Any) -> Any:
    if not isinstance(said, bytes):
        return said
    text = said.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


def _plain(narrative: str) -> str:
    return " ".join(narrative.split())


def _without(text: str, narrative: str) -> str:
    """The text without any piece of the narrative; letter case does not matter."""
    if len(narrative) < _PIECE:
        found = re.escape(narrative)
        return re.sub(rf"(?<!\w){found}(?!\w)", _MARK, text, flags=re.IGNORECASE)
    lowered, wanted = _lower(text), _lower(narrative)
    hidden = bytearray(len(text))
    for start in range(len(text) - _PIECE + 1):
        if lowered[start : start + _PIECE] in wanted:
            hidden[start : start + _PIECE] = b"\x01" * _PIECE
    if not any(hidden):
        return text
    kept = [_MARK if hidden[at] else letter for at, letter in enumerate(text)]
    return re.sub(f"{_MARK}+", _MARK, "".join(kept))


def _lower(text: str) -> str:
    """Lower case of the same length: some letters become two."""
    return "".join(low if len(low := each.lower()) == 1 else each for each in text)
