"""The grammar: precedence, ss's words, what is wrong and where, and that the tree reads back as itself."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.model.filters.errors import FilterError
from sockscope.app.model.filters.evaluate import reading
from sockscope.app.model.filters.syntax import All, Any, Compared, Node, Not, Pattern, Text, parse
from sockscope.app.model.filters.words import LONGEST

FIELDS = ("state", "dport", "sport", "src", "dst", "proc", "rtt", "recvq")


def bare(node: Node) -> Node:
    """The same tree without places."""
    match node:
        case Compared():
            return replace(node, at=0, field_at=0)
        case Pattern():
            return replace(node, at=0)
        case Not(part):
            return Not(bare(part))
        case All(parts):
            return All(tuple(map(bare, parts)))
        case Any(parts):
            return Any(tuple(map(bare, parts)))
        case _:
            return node


@pytest.mark.parametrize(
    ("expression", "understood"),
    [
        ("", ""),
        ("nginx", '"nginx"'),
        ("nginx 443", '"nginx" and "443"'),
        ("dport = :443", "dport = :443"),
        ("dport=:443", "dport = :443"),
        ("dport :443", "dport = :443"),
        ("dport eq 443 or sport geq 1024", "dport = 443 or sport >= 1024"),
        ("dport == 1 | dport == 2 & sport != 3", "dport = 1 or (dport = 2 and sport != 3)"),
        ("dport 1 or dport 2 sport 3", "dport = 1 or (dport = 2 and sport = 3)"),
        ("( dport 1 or dport 2 ) sport 3", "(dport = 1 or dport = 2) and sport = 3"),
        ("not dport 1 and sport 2", "not dport = 1 and sport = 2"),
        ("! ( dport 1 && sport 2 )", "not (dport = 1 and sport = 2)"),
        ("!nginx", 'not "nginx"'),
        ("state time-wait", "state = time-wait"),
        (
            "state time-wait state close-wait dport :1",
            "(state = time-wait or state = close-wait) and dport = :1",
        ),
        ("exclude time-wait excl listening", "state != time-wait and state != listening"),
        ("state connected exclude time-wait", "state = connected and state != time-wait"),
        ("state established and rtt > 20ms", "state = established and rtt > 20ms"),
        ("state syn-recv or recvq > 0", "state = syn-recv or recvq > 0"),
        ("state = time-wait or state = syn-recv", "state = time-wait or state = syn-recv"),
        ("dport 1 state time-wait", "dport = 1 and state = time-wait"),
        ("not state time-wait", "not state = time-wait"),
        ("~ ^10\\.", "~ ^10\\."),
        ("!~ 'a (b|c)'", 'not ~ "a (b|c)"'),
        ('"dport" x', '"dport" and "x"'),
        ('proc = "two words"', 'proc = "two words"'),
        ("proc ~ ng|pg", "proc ~ ng|pg"),
        ("proc!~x", "proc !~ x"),
        ("src [2001:db8::]/32:443", "src = [2001:db8::]/32:443"),
        ("/run/a=b", '"/run/a=b"'),
        ("10.0.0.5:443", '"10.0.0.5:443"'),
        ("DPORT 1 AND NOT SPORT 2", "dport = 1 and not sport = 2"),
    ],
)
def test_reads_as_understood(expression: str, understood: str) -> None:
    assert reading(parse(expression, FIELDS)) == understood


@pytest.mark.parametrize(
    ("expression", "words", "at"),
    [
        ("dport", "a value is expected for dport", 5),
        ("dport =", "a value is expected for dport", 7),
        ("dport > and", "a value is expected for dport", 8),
        ("dprt = 3", "no field 'dprt' here; dport?", 0),
        ("= 3", "a field is expected before =", 0),
        ("nginx and", "expected after 'and'", 9),
        ("state time-wait and", "expected after 'and'", 19),
        ("nginx or", "expected after 'or'", 8),
        ("not", "expected after 'not'", 3),
        ("( nginx", ") is expected", 0),
        ("nginx )", "closes nothing", 6),
        ("( )", "expected after '('", 2),
        ('proc = "x', '" is never closed', 7),
        ("~", "a regular expression is expected", 1),
        ("~ (a|b)", "in quotes", 2),
        ("(" * 1000 + "x" + ")" * 1000, "inside each other", 64),
        ("not " * 1000 + "x", "inside each other", 256),
        ("x" * 10_000, "characters at the most", LONGEST),
    ],
)
def test_what_is_wrong_is_told_with_its_place(expression: str, words: str, at: int) -> None:
    with pytest.raises(FilterError, match=re.escape(words)) as told:
        parse(expression, FIELDS)
    assert told.value.at == at


VALUES = st.text(alphabet="ab1 .:/-()\"'\\|~=", min_size=1, max_size=6)
LEAVES: st.SearchStrategy[Node] = st.one_of(
    st.builds(
        Compared,
        st.sampled_from([name for name in FIELDS if name != "state"]),
        st.sampled_from(["=", "!=", ">", "<", ">=", "<=", "~", "!~"]),
        VALUES,
        st.just(0),
        st.just(0),
    ),
    st.builds(Text, VALUES),
    st.builds(Pattern, VALUES, st.just(0)),
)


def _joined(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        several.filter(lambda found: not any(isinstance(part, All) for part in found)).map(All),
        several.filter(lambda found: not any(isinstance(part, Any) for part in found)).map(Any),
        parts.map(Not),
    )


TREES = st.recursive(LEAVES, _joined, max_leaves=10)


@given(TREES)
def test_what_is_written_out_reads_back_as_the_same_tree(tree: Node) -> None:
    assert bare(parse(reading(tree), FIELDS)) == tree


@given(st.text(max_size=80))
def test_any_text_is_understood_or_refused_in_words(expression: str) -> None:
    try:
        tree = parse(expression, FIELDS)
    except FilterError as error:
        refused = error
    else:
        assert bare(parse(reading(tree), FIELDS)) == bare(tree)
        return
    assert refused.why
    assert 0 <= refused.at <= len(expression)
