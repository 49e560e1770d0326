"""Themes: dark, light, and one of the terminal's own colours. Every tone is a theme variable."""

from __future__ import annotations

from textual.theme import Theme

_DARK = {
    "tone-dim": "#8a919c",
    "tone-good": "#8fbf7f",
    "tone-warn": "#e0af5c",
    "tone-alarm": "#ff6b5e",
    "tone-link": "#7fb4e0",
    "state-established": "#8fbf7f",
    "state-listen": "#6cc7c7",
    "state-timewait": "#7aa2e8",
    "state-passing": "#dcc06a",
    "state-closewait": "#d08fd8",
    "tone-head": "#b9c0ca",
    "tone-key": "#e0af5c",
    "cursor": "#2f3b4c",
    "bar": "#20252d",
}

_LIGHT = {
    "tone-dim": "#6b7280",
    "tone-good": "#2e7d32",
    "tone-warn": "#96600a",
    "tone-alarm": "#c62828",
    "tone-link": "#1a5fa8",
    "state-established": "#2e7d32",
    "state-listen": "#00707a",
    "state-timewait": "#2450b0",
    "state-passing": "#8a6400",
    "state-closewait": "#8e2a9a",
    "tone-head": "#3c4350",
    "tone-key": "#96600a",
    "cursor": "#cfdcec",
    "bar": "#e6e9ee",
}

_ANSI = {
    "tone-dim": "ansi_bright_black",
    "tone-good": "ansi_green",
    "tone-warn": "ansi_yellow",
    "tone-alarm": "ansi_bright_red",
    "tone-link": "ansi_cyan",
    "state-established": "ansi_green",
    "state-listen": "ansi_cyan",
    "state-timewait": "ansi_blue",
    "state-passing": "ansi_yellow",
    "state-closewait": "ansi_magenta",
    "tone-head": "ansi_default",
    "tone-key": "ansi_yellow",
    "cursor": "ansi_blue",
    "bar": "ansi_default",
}

THEMES = (
    Theme(
        name="sockscope-dark",
        primary="#7fb4e0",
        foreground="#d7dbe0",
        background="#14171c",
        surface="#1b1f26",
        panel="#20252d",
        error="#ff6b5e",
        warning="#e0af5c",
        success="#8fbf7f",
        accent="#7fb4e0",
        dark=True,
        variables=_DARK,
    ),
    Theme(
        name="sockscope-light",
        primary="#1a5fa8",
        foreground="#1c2026",
        background="#fafbfc",
        surface="#f1f3f6",
        panel="#e6e9ee",
        error="#c62828",
        warning="#96600a",
        success="#2e7d32",
        accent="#1a5fa8",
        dark=False,
        variables=_LIGHT,
    ),
    Theme(
        name="sockscope-ansi",
        primary="ansi_blue",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        error="ansi_red",
        warning="ansi_yellow",
        success="ansi_green",
        accent="ansi_cyan",
        dark=True,
        variables=_ANSI,
    ),
)
"""The first one is the default."""
