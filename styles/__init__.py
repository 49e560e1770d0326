"""How it looks: stylesheet and themes."""

from pathlib import Path

SHEET = Path(__file__).with_name("sockscope.tcss")
"""The stylesheet."""
