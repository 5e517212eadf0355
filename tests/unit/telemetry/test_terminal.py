from __future__ import annotations

import unicodedata

from telemetry.terminal import printable


def test_every_control_character_is_written_out():
    controls = [
        chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) in {"Cc", "Cs", "Zl", "Zp"}
    ]
    bidi = [
        chr(code)
        for code in range(0x110000)
        if unicodedata.bidirectional(chr(code))
        in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    ]
    assert len(bidi) == 9
    for character in (*controls, *bidi):
        written = printable(character)
        assert written.isascii()
        assert written.isprintable()


def test_other_text_stays():
    for text in ("", "trial 3: 1.5", "ünï · 日本語 − ≥ 👩", r"C:\new"):
        assert printable(text) == text


def test_line_feeds_stay_where_lines_are_wanted():
    assert printable("a\nb\r\n", lines=True) == "a\nb\\r\n"
    assert printable("a\nb") == r"a\nb"
