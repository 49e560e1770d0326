"""What is found in all endpoints at once is what a look at every endpoint finds."""

from __future__ import annotations

import re
import socket

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sockscope.app.frames.table import Numbers
from sockscope.app.model.filters.match import Word
from sockscope.app.model.filters.regex import compile_regex
from sockscope.app.view.endsearch import in_endpoints
from sockscope.app.view.format import endpoint

V4 = st.tuples(st.just(socket.AF_INET), st.sampled_from([b"\0\0\0\0", b"\x0a\0\0\x05", b"\x7f\0\0\x01"]))
V6 = st.tuples(
    st.just(socket.AF_INET6),
    st.sampled_from(
        [b"\0" * 16, b"\0" * 15 + b"\1", bytes(range(16)), b"\0" * 10 + b"\xff\xff\x0a\0\0\x05",
         b"\xfe\x80" + b"\0" * 13 + b"\5"]
    ),
)  # fmt: skip
ENDS = st.lists(
    st.tuples(st.one_of(V4, V6), st.sampled_from([0, 1, 22, 53, 443, 4430, 5300, 65535])), max_size=12
)
WORDS = st.one_of(
    st.text("0123456789.:[]*f", min_size=1, max_size=5),
    st.sampled_from([":", ":443", "5:53", "1:22", "]:", ".5:4", "::1]:4430", ":*", "0.0.0.0:*", ":0", ":04"]),
)


def _columns(ends: list[tuple[tuple[int, bytes], int]]) -> tuple[list[str], tuple[Numbers, Numbers, Numbers]]:
    raw = b"".join(where.ljust(16, b"\0") for (_, where), _ in ends)
    columns = (
        np.array([family for (family, _), _ in ends], np.uint8),
        np.frombuffer(raw, np.uint8).reshape(len(ends), 16),
        np.array([port for _, port in ends], np.uint16),
    )
    return [endpoint(family, where.ljust(16, b"\0"), port) for (family, where), port in ends], columns


@given(ENDS, st.lists(WORDS, min_size=1, max_size=3))
def test_words_in_endpoints(ends: list[tuple[tuple[int, bytes], int]], words: list[str]) -> None:
    texts, columns = _columns(ends)
    for word in words:
        assert in_endpoints(*columns, Word(word)).tolist() == [word in text for text in texts]


@given(ENDS, st.sampled_from(["^10", ":443$", r"\*$", "[.]5:", "::1|:53"]))
def test_patterns_in_endpoints(ends: list[tuple[tuple[int, bytes], int]], pattern: str) -> None:
    texts, columns = _columns(ends)
    found = in_endpoints(*columns, compile_regex(pattern))
    assert found.tolist() == [re.search(pattern, text) is not None for text in texts]
