"""What makes bash, zsh and fish complete our command lines, made of the options as the parser has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sockscope.app.options import GROUPS, SECONDS, Option

_REPEATED = ("extend", "protocol")
"""Options that may be given more than once."""
_MADE = "# Made from app/options.py by `make generated`."


def bash() -> str:
    """For bash, with nothing but what bash itself has."""
    options = _all()
    words = " ".join(name for option in options for name in _names(option))
    cases = "".join(_bash_case(option) for option in options if option.argument)
    return f"""\
{_MADE}

_sockscope() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} list=
    COMPREPLY=()
    # --theme=dark comes as three words
    if [[ $word == = ]]; then
        word=
    elif [[ $before == = ]]; then
        before=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    case $before in
{cases}    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W '{words}' -- "$word"))
    else
        COMPREPLY=($(compgen -W '{" ".join(SECONDS)}' -- "$word"))
    fi
}}

complete -F _sockscope sockscope
"""


def _bash_case(option: Option) -> str:
    pattern = "|".join(_names(option))
    if not option.values:
        return f"        {pattern}) return ;;\n"
    known = " ".join(option.values)
    if not _lists(option):
        made = f"COMPREPLY=($(compgen -W '{known}' -- \"$word\"))"
        return f"        {pattern})\n            {made}\n            return\n            ;;\n"
    return (
        f"        {pattern})\n"
        f"            [[ $word == *,* ]] && list=${{word%,*}},\n"
        f'            COMPREPLY=($(compgen -P "$list" -W \'{known}\' -- "${{word##*,}}"))\n'
        f"            return\n"
        f"            ;;\n"
    )


def zsh() -> str:
    """For zsh, as a function to be found in $fpath."""
    lines = [f"  {line} \\\n" for option in _all() for line in _zsh_option(option)]
    seconds = f"  '::interval in seconds:({' '.join(SECONDS)})'\n"
    return f"#compdef sockscope\n{_MADE}\n\n_arguments -s -S \\\n{''.join(lines)}{seconds}"


def _zsh_option(option: Option) -> Iterator[str]:
    names = _names(option)
    excluded = "'*'" if option.id in _REPEATED else f"'({' '.join(names)})'"
    spelt = [_zsh_name(name, option) for name in names]
    spelling = f"{{{','.join(spelt)}}}" if len(spelt) > 1 else spelt[0]
    argument = ""
    if option.argument:
        argument = f":{_zsh_quoted(option.argument.lower())}:{_zsh_values(option)}"
    yield f"{excluded}{spelling}'[{_zsh_quoted(option.help)}]{argument}'"


def _zsh_name(name: str, option: Option) -> str:
    if not option.argument:
        return name
    return f"{name}=" if name.startswith("--") else f"{name}+"


def _zsh_values(option: Option) -> str:
    if not option.values:
        return " "
    known = " ".join(option.values)
    return f"_values -s , {option.id} {known}" if _lists(option) else f"({known})"


def _zsh_quoted(text: str) -> str:
    """Inside single quotes and brackets."""
    for sign in ("\\", "[", "]", ":"):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("'", "'\\''")


def fish() -> str:
    """For fish."""
    lines = [_MADE, "", "complete -c sockscope -f"]
    lines += [_fish_option(option) for option in _all()]
    typing = "not string match -q -- '-*' (commandline -ct)"
    lines.append(f"complete -c sockscope -n {_fish_quoted(typing)} -a '{' '.join(SECONDS)}' -d 'seconds'")
    return "\n".join(lines) + "\n"


def _fish_option(option: Option) -> str:
    parts = ["complete -c sockscope"]
    if option.letter:
        parts.append(f"-s {option.letter}")
    parts += [f"-l {name}" for name in option.names]
    if option.argument:
        parts.append("-x")
    if option.values:
        known = " ".join(option.values)
        parts.append(f"-a '(__fish_append , {known})'" if _lists(option) else f"-a '{known}'")
    parts.append(f"-d {_fish_quoted(option.help)}")
    return " ".join(parts)


def _fish_quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _all() -> list[Option]:
    return [option for _, options in GROUPS for option in options]


def _names(option: Option) -> list[str]:
    """The letter and the long names, with their dashes."""
    return [*([f"-{option.letter}"] if option.letter else []), *(f"--{name}" for name in option.names)]


def _lists(option: Option) -> bool:
    """Whether several values may be given, commas between them."""
    return "," in option.argument


SCRIPTS: Mapping[str, Callable[[], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
"""By the name of the shell."""
