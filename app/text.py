"""The only door for text from outside: names, paths and command lines made safe to show.

Processes choose their own names, anyone may bind a unix path, and a terminal obeys ESC: so every text is made
printable here, once, where it enters the model.
"""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"  # invisible fillers
    "\u200b-\u200f\u2028-\u202f\u2060-\u206f"  # zero width, line ends, bidi embeddings and isolates
    "\ufe00-\ufe0f\ufeff\ufff0-\ufffb"
    "\ud800-\udfff"  # undecodable bytes
    "\U000e0000-\U000e0fff"
    "]"
)

_CARET = {code: f"^{chr(code ^ 0x40)}" for code in (*range(0x20), 0x7F)}


def printable(text: str) -> str:
    """Replace everything that could move the cursor, reorder or hide text by something one can see.

    Control characters become caret notation (`^[` for ESC), undecodable bytes `\\xNN`, other invisible
    characters `\\u{N}`. Markup characters stay: text is never parsed as markup anywhere.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(_visible, text)


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code in _CARET:
        return _CARET[code]
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:x}}}"
