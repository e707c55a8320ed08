"""No narrative and no secret gets out in what an ERP says, however it quotes them."""

import json

import pytest

from system_apis.connectors.http_json.redaction import Redactor

NARRATIVE = 'Takeover of "Northwind",\nphase 2: Größe des Büros & more'


@pytest.mark.parametrize(
    "said",
    [
        f"Bad text: {NARRATIVE}",
        f"Bad text: {NARRATIVE.upper()}",
        f"Bad text: {NARRATIVE[4:30]}...",
        "Bad text: Takeover of &quot;Northwind&quot;, phase 2: Gr&ouml;&szlig;e des B&uuml;ros",
        json.dumps({"error": {"message": f"Bad text: {NARRATIVE}"}}).encode(),
        json.dumps({"lines": [{NARRATIVE: "Bad text"}]}, ensure_ascii=False).encode(),
        f"<p>Bad text: {NARRATIVE}</p>".encode(),
        NARRATIVE.encode("latin-1") + b" Bad text",
    ],
)
def test_no_piece_of_a_narrative_is_shown(said: object) -> None:
    shown = Redactor([]).text(said, ["unrelated words", NARRATIVE])

    assert "Bad text" in shown
    for piece in ("takeover", "northwin", "phase 2", "größe", "des büro"):
        assert piece not in shown.lower()


def test_a_short_narrative_is_taken_out_as_a_whole_word() -> None:
    assert Redactor([]).text("merge failed: merger of lines", ["merge"]) == (
        "… failed: merger of lines"
    )


def test_secrets_are_taken_out_wherever_they_stand() -> None:
    said = b'{"headers": {"authorization": "Bearer s3cr3t-token"}, "hint": "xs3cr3t-tokenx"}'

    shown = Redactor(["s3cr3t-token"]).text(said, [])

    assert shown == '{"headers": {"authorization": "Bearer …"}, "hint": "x…x"}'


def test_what_is_shown_has_an_end_and_one_line() -> None:
    shown = Redactor([]).text("word \n\t" * 2000, [])

    assert len(shown) == 500
    assert "\n" not in shown


def test_other_words_stay() -> None:
    assert Redactor(["x-secret"]).text("Period 2026-06 is closed", ["Talks"]) == (
        "Period 2026-06 is closed"
    )
