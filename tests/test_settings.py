"""The settings file: defaults, what may stand in it, and how mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from sockscope.app.settings import (
    THEMES,
    Settings,
    UsageError,
    checked_interval,
    checked_theme,
    from_file,
    settings_file,
)
from sockscope.styles import themes


def written(tmp_path: Path, text: str | bytes) -> Path:
    file = tmp_path / "config.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def test_no_file_is_the_default(tmp_path: Path) -> None:
    assert from_file(tmp_path / "config.toml") == Settings()
    (tmp_path / "plain").touch()
    assert from_file(tmp_path / "plain" / "config.toml") == Settings()


def test_everything_a_file_may_set(tmp_path: Path) -> None:
    text = 'interval = 2\ntheme = "light"\ncalm = true\nshare = 2.5\ntab = "routes"\n'
    text += 'columns = ["timer", "inode"]\n'
    assert from_file(written(tmp_path, text)) == Settings(
        interval=2.0,
        theme="sockscope-light",
        calm=True,
        share=2.5,
        tab="routes",
        columns=frozenset({"timer", "inode"}),
    )


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("speed = 2", "'speed'"),
        ("[interval]\nseconds = 2", "interval"),
        ('interval = "2"', "number"),
        ("interval = true", "number"),
        ("interval = 0", "more than 0"),
        ("interval = 0.01", "0.1"),
        ("interval = nan", "finite"),
        ("theme = 3", "text"),
        ("calm = 1", "true or false"),
        ("share = true", "per cent"),
        ('share = "5"', "per cent"),
        ("share = 0", "0.1 to 100"),
        ("share = nan", "0.1 to 100"),
        ('theme = "neon"', "neon"),
        ('tab = "nowhere"', "connections"),
        ("tab = 1", "tab"),
        ('columns = "timer"', "columns"),
        ('columns = ["age"]', "columns"),
        ("columns = [[]]", "columns"),
        ("interval = ", "Invalid"),
        (b"theme = '\xff'", "UTF-8"),
    ],
)
def test_a_mistake_is_told_with_the_file(tmp_path: Path, text: str | bytes, word: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(UsageError) as told:
        from_file(file)
    assert word in str(told.value)
    assert str(file) in str(told.value)


def test_a_file_of_someone_else_is_nobodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> str:
        raise PermissionError

    monkeypatch.setattr(Path, "read_text", refused)
    assert from_file(tmp_path / "config.toml") == Settings()


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="directory"):
        from_file(tmp_path)


@pytest.mark.parametrize(
    ("environment", "path"),
    [
        ({"XDG_CONFIG_HOME": "/somewhere", "HOME": "/home/me"}, "/somewhere/sockscope/config.toml"),
        ({"XDG_CONFIG_HOME": "relative", "HOME": "/home/me"}, "/home/me/.config/sockscope/config.toml"),
        ({"XDG_CONFIG_HOME": "", "HOME": "/home/me"}, "/home/me/.config/sockscope/config.toml"),
        ({}, "/.config/sockscope/config.toml"),
    ],
)
def test_where_the_file_is(environment: dict[str, str], path: str) -> None:
    assert settings_file(environment) == Path(path)


def test_intervals_within_reason() -> None:
    assert checked_interval("0.1") == 0.1
    assert checked_interval("86400") == 86400.0
    with pytest.raises(UsageError):
        checked_interval("0.0999")


def test_the_themes_are_those_there_are() -> None:
    assert {checked_theme(name) for name in THEMES} == {theme.name for theme in themes.THEMES}
    assert Settings().theme == themes.THEMES[0].name
