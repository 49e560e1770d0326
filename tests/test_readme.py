"""What README says of keys, options and differences is what the program has."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from sockscope.app.actions import ACTIONS, holding
from sockscope.app.options import apply, parse
from sockscope.app.settings import Settings, UsageError
from sockscope.app.usage import DIFFERENCES
from sockscope.app.view.catalog import VIEWS
from sockscope.widgets.help import help_lines
from sockscope.widgets.keys import bindings
from tests.lab.need import require

README = Path(__file__).parent.parent / "README.md"


def table() -> str:
    """The table of keys as README should have it."""
    lines = ["| key | what it does |", "| --- | --- |"]
    lines += [f"| `{action.label}` | {action.help}{action.where} |" for action in ACTIONS]
    return "\n".join(lines)


def test_readme_has_every_key_as_it_is() -> None:
    text = README.read_text("utf-8")
    told = text.partition("tests/test_readme.py -->\n")[2].partition("\n<!-- /keys -->")[0]
    assert told.strip() == table(), f"put this table between the marks:\n{table()}"


def fields() -> str:
    """The table of fields as README should have it."""
    lines = (f"| {view.title} | {' '.join(f'`{name}`' for name in view.filters)} |" for view in VIEWS)
    return "\n".join(("| tab | fields |", "| --- | --- |", *lines))


def test_readme_has_every_field_of_every_tab() -> None:
    text = README.read_text("utf-8")
    told = text.partition("kept right by tests/test_readme.py -->\n")[2].partition("\n<!-- /filters -->")[0]
    assert told.strip() == fields(), f"put this table between the marks:\n{fields()}"


def test_help_has_every_key() -> None:
    shown = "\n".join("".join(cell.text for cell in line) for line in help_lines(200))
    for action in ACTIONS:
        assert action.help in shown
        assert f"  {action.label} " in shown


def test_no_key_means_two_things_in_one_tab() -> None:
    for tab in (view.id for view in VIEWS):
        keys = [key for action in holding(tab) for key in action.keys.split(",")]
        assert len(keys) == len(set(keys))


def test_every_action_is_bound_somewhere() -> None:
    assert len(bindings("app")) + len(bindings("table")) == sum(len(a.keys.split(",")) for a in ACTIONS)


def test_every_action_can_be_run() -> None:
    from textual.actions import parse  # noqa: PLC0415

    from sockscope.app.dashboard import Dashboard  # noqa: PLC0415
    from sockscope.widgets.grid import Grid  # noqa: PLC0415

    for action in ACTIONS:
        holder = Dashboard if action.holder == "app" else Grid
        assert callable(getattr(holder, f"action_{parse(action.action)[1]}"))


def between(start: str, end: str) -> list[str]:
    """The lines of README between two marks."""
    text = README.read_text("utf-8").partition(f"<!-- {start}")[2]
    return text.partition("-->\n")[2].partition(f"\n<!-- /{end}")[0].splitlines()


def test_readme_has_every_difference_of_the_help_text() -> None:
    rows = [f"| {subject} | {there} | {here} |" for subject, there, here in DIFFERENCES]
    assert between("differences:", "differences") == [
        "| | netstat 2.10 | sockscope |",
        "| --- | --- | --- |",
        *rows,
    ]


_LISTED = """
-r --route -i --interfaces -g --groups -s --statistics -M --masquerade -v --verbose -W --wide -n --numeric
--numeric-hosts --numeric-ports --numeric-users -N --symbolic -e --extend -p --programs -o --timers
-c --continuous -l --listening -a --all -F --fib -C --cache -Z --context -t --tcp -u --udp -U --udplite
-S --sctp -w --raw -x --unix -2 --l2cap -f --rfcomm -4 --inet --ip --tcpip -6 --inet6 -A --protocol --ax25
--x25 --ipx --appletalk --ddp --netrom --rose --bluetooth -d -V --version -h --help -? -T --notrim
"""
NETSTAT = tuple(_LISTED.split())
"""Every letter and long option of netstat 2.10 and of its manual page."""


def told_options() -> dict[str, str]:
    """The state of each option in README's table."""
    found: dict[str, str] = {}
    for line in between("options:", "options")[2:]:
        names, state, _ = (cell.strip() for cell in line.strip("|").split("|"))
        for name in re.findall(r"`(\S+)`", names):
            assert name not in found
            found[name] = state
    return found


def test_readme_tells_of_every_option_of_netstat() -> None:
    assert sorted(told_options()) == sorted(NETSTAT)


def test_the_list_has_what_netstat_has() -> None:
    require("netstat")
    done = subprocess.run(["netstat", "--help"], check=False, capture_output=True, text=True)
    told = set(re.findall(r"(?<!\S|<)-[A-Za-z0-9]\b|--[a-z][a-z0-9-]+", done.stdout + done.stderr))
    assert len(told) > 30
    assert told <= set(NETSTAT)


@pytest.mark.parametrize("name", NETSTAT)
def test_options_are_in_the_state_that_readme_tells(name: str) -> None:
    state = told_options()[name]
    given = [name, "inet"] if name in ("-A", "--protocol") else [name]
    beside = ["-r"] if name in ("-C", "--cache") else []
    if state == "refused":
        with pytest.raises(UsageError, match=name.lstrip("-")):
            parse(given)
    else:
        changes = apply(parse(given + beside), Settings()) != apply(parse(beside), Settings())
        assert changes == (state != "no effect" and name not in SAME)


SAME = {"-F", "--fib", "-V", "--version", "-h", "--help", "-?"}
"""Options that change no setting because that is how it always is, or because they print a text."""
