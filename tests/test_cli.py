"""The command line: what every letter means, and what becomes of mistakes."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sockscope.app import cli
from sockscope.app.options import GROUPS, REFUSED, apply, parse
from sockscope.app.settings import Settings, UsageError

COMMAND = [sys.executable, "-P", "-m", "sockscope.app"]

TCP = ("tcp", "tcp6")
UDP = ("udp", "udp6")
INET = ("tcp", "udp", "udplite", "raw", "sctp")
INET6 = ("tcp6", "udp6", "udplite6", "raw6", "sctp6")


def settings(*arguments: str, base: Settings | None = None) -> Settings:
    return apply(parse(arguments), base or Settings())


@pytest.mark.parametrize(
    ("arguments", "tab", "which", "protocols"),
    [
        ("", "connections", "connected", ()),
        ("-n", "connections", "connected", ()),
        ("-a", "connections", "all", ()),
        ("-l", "listening", "listening", ()),
        ("-al", "connections", "all", ()),
        ("-la", "connections", "all", ()),
        ("-tan", "connections", "all", TCP),
        ("-t -a -n", "connections", "all", TCP),
        ("-t", "connections", "connected", TCP),
        ("-uan", "connections", "all", UDP),
        ("-wan", "connections", "all", ("raw", "raw6")),
        ("-Ua", "connections", "all", ("udplite", "udplite6")),
        ("-San", "connections", "all", ("sctp", "sctp6")),
        ("--mptcp -4 -a", "connections", "all", ("mptcp",)),
        ("-tulpn", "listening", "listening", TCP + UDP),
        ("-tuan", "connections", "all", TCP + UDP),
        ("-pantu", "connections", "all", TCP + UDP),
        ("-ant4", "connections", "all", ("tcp",)),
        ("-ant6", "connections", "all", ("tcp6",)),
        ("-ant46", "connections", "all", TCP),
        ("-4", "connections", "connected", INET),
        ("-6 -a", "connections", "all", INET6),
        ("--inet", "connections", "connected", INET),
        ("--inet6", "connections", "connected", INET6),
        ("-A inet", "connections", "connected", INET),
        ("--ip", "connections", "connected", INET),
        ("--tcpip", "connections", "connected", INET),
        ("-A ip,ip6", "connections", "connected", INET + INET6),
        ("-A tcpip -t", "connections", "connected", ("tcp",)),
        ("-Ainet6", "connections", "connected", INET6),
        ("-t -A inet,inet6", "connections", "connected", TCP),
        ("--protocol=inet6 --udp", "connections", "connected", ("udp6",)),
        ("--listening --tcp --numeric", "listening", "listening", TCP),
        ("--lis --tcp", "listening", "listening", TCP),
        ("-rn", "routes", "connected", ()),
        ("--route", "routes", "connected", ()),
        ("-i", "interfaces", "connected", ()),
        ("-ia", "interfaces", "all", ()),
        ("-s", "statistics", "connected", ()),
        ("-su", "statistics", "connected", UDP),
        ("-M", "nat", "connected", ()),
        ("-g", "groups", "connected", ()),
        ("--groups", "groups", "connected", ()),
    ],
)
def test_what_to_show(arguments: str, tab: str, which: str, protocols: tuple[str, ...]) -> None:
    made = settings(*arguments.split())
    assert (made.tab, made.which, set(made.protocols)) == (tab, which, set(protocols))


@pytest.mark.parametrize(
    ("arguments", "shown", "families", "sections"),
    [
        ("-tan", "sockets", {}, {"tcp"}),
        ("-rn", "routes", {}, {}),
        ("-6 -rn", "routes", {6}, {}),
        ("-rn46", "routes", {4, 6}, {}),
        ("-s", "statistics", {}, {}),
        ("-st", "statistics", {}, {"tcp"}),
        ("-s -u -U", "statistics", {}, {"udp", "udplite"}),
        ("-sw", "statistics", {}, {"raw"}),
        ("-6 -s", "statistics", {6}, {}),
        ("-g", "groups", {}, {}),
        ("-6g", "groups", {6}, {}),
        ("-i", "interfaces", {}, {}),
    ],
)
def test_what_is_printed(arguments: str, shown: str, families: set[int], sections: set[str]) -> None:
    made = settings(*arguments.split())
    assert (made.shown, made.families, made.sections) == (shown, frozenset(families), frozenset(sections))


@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        ("-n", {"numeric_ports": True, "numeric_users": True, "numeric_hosts": True}),
        ("--numeric-ports", {"numeric_ports": True, "numeric_users": False}),
        ("--numeric-users", {"numeric_ports": False, "numeric_users": True}),
        ("--numeric-hosts", {"numeric_hosts": True, "numeric_ports": False}),
        ("--numeric-hosts --numeric-users", {"never_names": frozenset({"hosts", "users"})}),
        ("-n", {"never_names": frozenset()}),
        ("-p", {"programs": True, "owners": True}),
        ("-e", {"extend": 1, "asked_columns": frozenset({"user", "inode", "mark", "device", "cookie"})}),
        ("-ree", {"extend": 2}),
        ("-o", {"timers": True, "asked_columns": frozenset({"timer"})}),
        ("-toe", {"timers": True, "extend": 1, "columns": frozenset()}),
        ("-W", {"wide": True}),
        ("-dNTF", {}),
        ("--notrim --symbolic --fib", {}),
        ("-v", {"verbose": True}),
        ("-rC", {"cache": True}),
        ("-rCF", {"cache": False}),
        ("-c", {"repeat": True, "interval": 1.0}),
        ("-tan 2", {"repeat": True, "interval": 2.0}),
        ("2.5 -tan", {"repeat": True, "interval": 2.5}),
        ("-c --interval 3", {"repeat": True, "interval": 3.0}),
        ("--interval=0.1", {"repeat": False, "interval": 0.1}),
        ("2 --interval 2", {"repeat": True, "interval": 2.0}),
        ("--once", {"once": True, "format": "text"}),
        ("--json", {"once": True, "format": "json", "owners": True}),
        ("--csv -i", {"once": True, "format": "csv"}),
        ("--filter nginx", {"filter": "nginx", "owners": True}),
        ("--theme light", {"theme": "sockscope-light"}),
        ("--theme sockscope-ansi", {"theme": "sockscope-ansi"}),
        ("--calm", {"calm": True}),
        ("-s --per-interface", {"per_interface": True}),
        ("--share 2.5", {"share": 2.5}),
        ("--netns web", {"netns": "web"}),
        ("--netns 4711", {"netns": "4711"}),
    ],
)
def test_how_it_is_shown(arguments: str, changed: dict[str, object]) -> None:
    made = settings(*arguments.split())
    assert {name: getattr(made, name) for name in changed} == changed


def test_nothing_given_is_the_default() -> None:
    assert settings() == Settings()


@pytest.mark.parametrize(
    ("arguments", "tables", "tab"),
    [
        ("", ("sockets", "unix"), "connections"),
        ("-an", ("sockets", "unix"), "connections"),
        ("-l", ("sockets", "unix"), "listening"),
        ("-x", ("unix",), "unix"),
        ("-xl", ("unix",), "unix"),
        ("--unix -a", ("unix",), "unix"),
        ("-A unix", ("unix",), "unix"),
        ("-tux", ("sockets", "unix"), "connections"),
        ("-A inet,unix", ("sockets", "unix"), "connections"),
        ("-4", ("sockets",), "connections"),
        ("-t", ("sockets",), "connections"),
        ("-rx", ("routes",), "routes"),
        ("-tg", ("sockets", "groups"), "connections"),
        ("-gx", ("groups", "unix"), "groups"),
        ("-tuxg", ("sockets", "groups", "unix"), "connections"),
        ("-g4", ("groups",), "groups"),
        ("-r -t", ("routes",), "routes"),
        ("-i6", ("interfaces",), "interfaces"),
    ],
)
def test_internet_and_unix_sockets(arguments: str, tables: tuple[str, ...], tab: str) -> None:
    made = settings(*arguments.split())
    assert ((made.shown, *made.also), made.tab) == (tables, tab)


def test_a_filter_may_hold_blanks() -> None:
    assert settings("--filter", "time_wait 5432").filter == "time_wait 5432"


def test_the_tab_of_the_file_yields_to_letters_that_name_one() -> None:
    base = Settings(tab="statistics", interval=5.0)
    assert settings("-p", base=base).tab == "statistics"
    assert settings("-l", base=base).tab == "listening"
    assert settings("-t", base=base).tab == "connections"
    assert settings("-p", base=base).interval == 5.0
    assert settings("3", base=base).interval == 3.0


def test_the_tab_of_the_file_does_not_change_what_is_printed() -> None:
    assert settings("--once", base=Settings(tab="routes")).shown == "sockets"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ("-ri", "-r and -i"),
        ("-Mi", "-i and -M"),
        ("-gs", "-s and -g"),
        ("-rs", "-r and -s"),
        ("-i --statistics", "-i and -s"),
        ("-Q", "-Q"),
        ("-tanQ", "-Q"),
        ("--bogus", "--bogus"),
        ("--in", "--in"),
        ("--json=1", "--json"),
        ("-A", "-A"),
        ("-A ipx", "ipx"),
        ("-A inet,x25", "not shown"),
        ("-A foo", "inet, inet6, unix"),
        ("-2", "Bluetooth"),
        ("-taf", "Bluetooth"),
        ("--rfcomm", "Bluetooth"),
        ("--bluetooth", "Bluetooth"),
        ("--x25", "not shown"),
        ("-tZ", "SELinux"),
        ("--context", "SELinux"),
        ("-C", "-rC"),
        ("-Ms", "-s and -M"),
        ("-A inet,", "''"),
        ("--interval", "--interval"),
        ("0", "more than 0"),
        ("-0", "more than 0"),
        ("-1", "more than 0"),
        ("-tan -2.5", "more than 0"),
        ("--interval -1", "more than 0"),
        ("--interval=0", "more than 0"),
        ("nan", "finite"),
        ("inf", "finite"),
        ("--interval=-inf", "finite"),
        ("two", "number of seconds, not 'two'"),
        ("--interval 1s", "number of seconds"),
        ("0.05", "measure mostly sockscope"),
        ("--interval 1e9", "a day"),
        ("--share", "--share"),
        ("--share many", "number of per cent"),
        ("--share 0", "0.1 to 100"),
        ("--share 101", "0.1 to 100"),
        ("--netns", "--netns"),
        ("--netns=", "network namespace"),
        ("--netns ../pids", "network namespace"),
        ("1 2", "one interval"),
        ("1 --interval 2", "two different intervals"),
        ("--json --csv", "exclude"),
        ("--theme neon", "neon"),
    ],
)
def test_wrong_usage(
    arguments: str,
    word: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert cli.main(arguments.split()) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert word in told.err
    assert told.err.count("\n") == 1


def test_a_terminal_is_not_told_to_do_things_by_an_argument(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["\x1b]0;owned\x07"]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["-h"]) == 0
    text = capsys.readouterr().out
    for _, options in GROUPS:
        for option in options:
            assert f"--{option.names[0]}" in text
            assert not option.letter or f"-{option.letter}, " in text
    assert max(map(len, text.splitlines()[:-1])) <= 79


def test_no_letter_has_two_meanings() -> None:
    options = [option for _, members in GROUPS for option in members]
    letters = [letter for option in options for letter in option.letter + option.also]
    letters += [name.removeprefix("-") for name in REFUSED if not name.startswith("--")]
    assert len(letters) == len(set(letters))


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("sockscope 0.")


def test_elsewhere_than_on_linux(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cli.main(["-tan"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "Linux" in told.err
    assert told.err.count("\n") == 1


def test_a_failure_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli, "_run", full)
    monkeypatch.setattr(cli, "_hush", lambda: None)
    assert cli.main([]) == 1
    assert capsys.readouterr().err == "sockscope: No space left on device\n"


def test_an_interrupt_is_silent(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_run", interrupted)
    monkeypatch.setattr(cli, "_hush", lambda: None)
    assert cli.main([]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_closed_standard_output_is_told_of(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert cli.main(["--once"]) == 1
    assert capsys.readouterr().err == "sockscope: standard output is closed\n"


@pytest.mark.parametrize("arguments", [["-h"], ["-ri"], ["--interval", "0"]])
def test_words_need_no_numpy(arguments: list[str]) -> None:
    assert loaded(arguments).isdisjoint({"numpy", "textual", "rich", "pyroute2", "psutil"})


@pytest.mark.parametrize(
    "arguments", [["-tan"], ["--json", "-t"], ["--csv", "-l"], ["-tulpn"], ["-i"], ["-s"], ["-rn"]]
)
def test_printing_needs_no_textual(arguments: list[str]) -> None:
    assert loaded(arguments).isdisjoint({"textual", "rich"})


def test_plain_text_needs_neither_psutil_nor_pyroute2() -> None:
    assert loaded(["-tan"]).isdisjoint({"psutil", "pyroute2"})


def loaded(arguments: list[str]) -> set[str]:
    """Top-level modules that the command has loaded when it ends."""
    program = (
        "import sys; from sockscope.app.cli import main; main(sys.argv[1:]);"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["-h"], ["--json", "-s"], ["-s"], ["-sc"]])
def test_a_reader_that_has_enough_is_no_failure(arguments: list[str]) -> None:
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert (process.wait(20), process.stderr.read()) == (0, b"")


def test_an_interrupted_repetition_ends_without_a_word() -> None:
    command = ["env", "--default-signal=INT", *COMMAND, "-sc"]  # whatever the tests were started with
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
        assert (process.returncode, told) == (130, b"")


def test_a_reader_that_never_reads_is_no_failure() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*COMMAND, "-s"], stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_full_disk_is_a_failure() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*COMMAND, "-s"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (1, b"sockscope: No space left on device\n")


def test_no_terminal_means_printing(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Settings] = []

    def note(made: Settings) -> int:
        seen.append(made)
        return 0

    monkeypatch.setattr(cli, "_print", note)
    monkeypatch.setattr(os, "isatty", lambda _: False)
    assert cli.main(["-tan"]) == 0
    assert seen[0].which == "all"


def test_a_dashboard_without_a_keyboard_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "isatty", lambda descriptor: descriptor == 1)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert cli.main([]) == 2
    assert "keyboard" in capsys.readouterr().err


def test_a_wrong_settings_file_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sockscope").mkdir()
    (tmp_path / "sockscope" / "config.toml").write_text("intervall = 2\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert cli.main(["-tan"]) == 2
    told = capsys.readouterr().err
    assert "intervall" in told
    assert "config.toml" in told
    assert told.count("\n") == 1


def test_parse_tells_what_it_does_not_know() -> None:
    with pytest.raises(UsageError, match="-Q"):
        parse(["-Q"])
