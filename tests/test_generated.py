"""The manual page and the completions: they are what the program would make, and they work."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sockscope.app.cli import main
from sockscope.app.completions import SCRIPTS
from sockscope.app.generated import FILES, MADE, SHARE
from sockscope.app.manpage import _escaped, page
from sockscope.app.options import GROUPS
from sockscope.app.settings import THEMES
from tests.lab.need import require

OPTIONS = [option for _, options in GROUPS for option in options]
LONG = [f"--{name}" for option in OPTIONS for name in option.names]


@pytest.mark.parametrize("file", MADE, ids=lambda file: file.name)
def test_files_are_as_the_program_makes_them(file: Path) -> None:
    assert file.read_text("utf-8") == MADE[file](), "run `make generated`"


def test_every_file_is_installed() -> None:
    told = (Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8")
    for name in FILES:
        directory = name.rpartition("/")[0]
        assert f'"share/{directory}" = ["app/share/{name}"]' in told


def test_the_page_has_every_option() -> None:
    text = page().replace("\\-", "-")
    for option in OPTIONS:
        for name in option.names:
            assert f"\\fB--{name}\\fR" in text
        if option.letter:
            assert f"\\fB-{option.letter}\\fR, " in text


def test_nothing_in_the_page_is_taken_for_markup() -> None:
    assert _escaped(".so /etc/passwd") == "\\&.so /etc/passwd"
    assert _escaped("a\\fB-b") == "a\\efB\\-b"
    assert _escaped("⏎") == "\\[u23CE]"


def test_mandoc_finds_nothing_to_mend() -> None:
    require("mandoc")
    file = str(SHARE / "man/man1/sockscope.1")
    done = subprocess.run(["mandoc", "-Tlint", file], check=False, capture_output=True, text=True)
    assert not done.stdout


@pytest.mark.parametrize("shell", SCRIPTS)
def test_every_option_is_completed(shell: str) -> None:
    text = SCRIPTS[shell]()
    for option in OPTIONS:
        for name in option.names:
            assert (f"-l {name}" if shell == "fish" else f"--{name}") in text


@pytest.mark.parametrize("shell", SCRIPTS)
def test_shells_can_read_it(shell: str, tmp_path: Path) -> None:
    require(shell)
    script = tmp_path / "script"
    script.write_text(SCRIPTS[shell](), "utf-8")
    done = subprocess.run([shell, "-n", str(script)], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def bash(*words: str) -> list[str]:
    """What bash offers for the last word of a command line."""
    line = " ".join(f"'{word}'" for word in ("sockscope", *words))
    script = f"{SCRIPTS['bash']()}\nCOMP_WORDS=({line}); COMP_CWORD={len(words)}; _sockscope\n"
    script += "printf '%s\\n' \"${COMPREPLY[@]}\""
    done = subprocess.run(["bash", "--norc", "-c", script], check=True, capture_output=True, text=True)
    assert not done.stderr
    return done.stdout.split()


def test_bash_offers_options_and_what_they_take() -> None:
    assert set(LONG) <= set(bash("-"))
    assert bash("-r", "--th") == ["--theme"]
    assert bash("--theme", "") == list(THEMES)
    assert bash("--theme", "=") == list(THEMES)
    assert bash("--theme", "=", "d") == ["dark"]
    assert bash("-A", "inet,un") == ["inet,unix"]
    assert bash("--filter", "") == []
    assert bash("-tan", "1") == ["1", "10"]


def fish(line: str) -> list[str]:
    """What fish offers for a command line."""
    script = f"{SCRIPTS['fish']()}\ncomplete -C {line!r}"
    done = subprocess.run(["fish", "--no-config", "-c", script], check=True, capture_output=True, text=True)
    assert not done.stderr
    return [offer.partition("\t")[0] for offer in done.stdout.splitlines()]


def test_fish_offers_options_and_what_they_take() -> None:
    require("fish")
    assert set(LONG) <= set(fish("sockscope --"))
    assert fish("sockscope --theme ") == sorted(THEMES)
    assert fish("sockscope -A inet,un") == ["inet,unix"]
    assert fish("sockscope -tan 3") == ["30"]


def zsh(line: str, tmp_path: Path) -> str:
    """What zsh shows when Tab is pressed at the end of a line, in a terminal of its own."""
    (tmp_path / "_sockscope").write_text(SCRIPTS["zsh"](), "utf-8")
    script = f"""
zmodload zsh/zpty
zpty -b shell 'TERM=dumb zsh -f -i'
zpty -w shell 'PS1=; unsetopt zle_bracketed_paste 2>/dev/null; fpath=({tmp_path} $fpath)'
zpty -w shell 'autoload -Uz compinit; compinit -D -u; compdef _sockscope sockscope'
zpty -w shell "LISTMAX=10000; setopt list_ambiguous; zstyle ':completion:*' list-prompt ''"
zpty -w shell 'bindkey "^I" list-choices; echo rea""dy'
while zpty -r shell line '*ready*'; do break; done
zpty -w -n shell $'{line}\\t'
zpty -w -n shell $'\\x15echo en""ded\\n'
zpty -r shell all '*ended*'
print -r -- $all
zpty -d shell
"""
    done = subprocess.run(["zsh", "-f", "-c", script], check=True, capture_output=True, text=True, timeout=20)
    return done.stdout


def test_zsh_offers_what_options_take(tmp_path: Path) -> None:
    require("zsh")
    shown = zsh("sockscope --theme=", tmp_path)
    for theme in THEMES:
        assert theme in shown


def test_the_command_prints_them(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, text in ((["--man"], page()), (["--completion", "fish"], SCRIPTS["fish"]())):
        assert main(arguments) == 0
        assert capsys.readouterr().out == text
    assert main(["--completion", "csh"]) == 2
    assert "bash, zsh, fish" in capsys.readouterr().err
