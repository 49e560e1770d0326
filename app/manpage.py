"""The manual page, in the language of man(7), made of the options and keys as the program has them."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from sockscope.app.actions import ACTIONS
from sockscope.app.options import GROUPS, Option
from sockscope.app.usage import DIFFERENCES, EXAMPLES, EXITS, NOTES, SETTINGS, SUMMARY

_DATE = "2026-11-21"
"""When the text was last looked through, not when it was made: the same program gives the same page."""
_WIDTH = 66
"""Of lines, which grow when signs are escaped and should not exceed 80."""
_PHRASE = "netstat, live"
_ALSO = ("ip(8)", "netstat(8)", "nstat(8)", "ss(8)")


def page() -> str:
    """The whole page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield '.\\" Made from app/options.py and app/actions.py by `make generated`.'
    yield f'.TH SOCKSCOPE 1 "{_DATE}" "sockscope" "User Commands"'
    yield ".SH NAME"
    yield f"sockscope \\- {_PHRASE}"
    yield ".SH SYNOPSIS"
    yield ".B sockscope"
    yield "[\\fIOPTION\\fR...] [\\fIINTERVAL\\fR]"
    yield ".SH DESCRIPTION"
    yield from _text(SUMMARY)
    yield ".SH OPTIONS"
    for title, options in GROUPS:
        yield f".SS {_escaped(title)}"
        for option in options:
            yield ".TP"
            yield _names(option)
            yield from _text(option.help)
    yield ".SH KEYS"
    for group in dict.fromkeys(action.group for action in ACTIONS):
        yield f".SS {_escaped(group)}"
        for action in ACTIONS:
            if action.group == group:
                yield ".TP"
                yield f".B {_escaped(action.label)}"
                yield from _text(f"{action.help}{action.where}")
    yield ".SH DIFFERENCES FROM NETSTAT"
    for subject, there, here in DIFFERENCES:
        yield ".TP"
        yield f".B {_escaped(subject)}"
        yield from _text(f"netstat: {there}; sockscope: {here}" if there else here)
    yield ".SH NOTES"
    yield from _text(NOTES)
    yield ".SH EXIT STATUS"
    for status, meaning in EXITS:
        yield ".TP"
        yield f".B {status}"
        yield from _text(meaning)
    yield ".SH FILES"
    yield ".TP"
    yield ".I $XDG_CONFIG_HOME/sockscope/config.toml"
    yield from _text(f"Settings: {SETTINGS}. Without XDG_CONFIG_HOME it is looked for in ~/.config.")
    yield ".SH EXAMPLES"
    for command, what in EXAMPLES:
        yield ".TP"
        yield f".B {_escaped(command)}"
        yield from _text(what)
    yield ".SH SEE ALSO"
    for place, name in enumerate(_ALSO, 1):
        title, _, section = name.rstrip(")").partition("(")
        yield f".BR {title} ({section}){',' if place < len(_ALSO) else ''}"


def _names(option: Option) -> str:
    """The letter and every long name, in bold, the last with its argument."""
    names = [f"-{option.letter}"] if option.letter else []
    names += [f"--{name}" for name in option.names]
    text = ", ".join(f"\\fB{_escaped(name)}\\fR" for name in names)
    return f"{text} \\fI{_escaped(option.argument)}\\fR" if option.argument else text


def _text(text: str) -> Iterator[str]:
    """A paragraph; every sentence begins a line."""
    words = " ".join(text.split())
    for sentence in words.replace(". ", ".\n").split("\n"):
        for line in wrap(sentence, _WIDTH, break_long_words=False, break_on_hyphens=False):
            yield _escaped(line)


def _escaped(text: str) -> str:
    """Text that no character of which is taken for markup; what is not ASCII by its number."""
    marked = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("^", "\\(ha")
    marked = marked.replace("~", "\\(ti").replace('"', "\\(dq")
    plain = "".join(sign if sign.isascii() else f"\\[u{ord(sign):04X}]" for sign in marked)
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain
