"""Completion for shells, from the parameter files: perijove -completion=bash, zsh or fish.

A script holds what may follow: the parameters of each tool, and of each parameter its values,
or a pattern of file names.
"""

import shlex

from . import reserved
from .values import one_of

FILES = {"Cube": "@*.cub", "Table": "@*.sav", "File": "@*"}
FLAGS = {"restore": "@*.par", "onerror": " ".join(reserved.ONERROR)}

BASH = r"""
_perijove() {
    local words=("${COMP_WORDS[@]}") at=$COMP_CWORD key= head= word given REPLY
    COMPREPLY=()
    if [[ ${words[0]##*/} == perijove && $at -gt 1 && ${words[1]} != -* ]]; then
        words=("${words[@]:1}") at=$((at - 1))
    fi
    local tool=${words[0]##*/} cur=${words[at]}
    # KEY=value is one word, or three where COMP_WORDBREAKS holds the =
    if [[ $cur == = ]]; then
        key=${words[at - 1]} cur=
    elif [[ $at -gt 1 && ${words[at - 1]} == = ]]; then
        key=${words[at - 2]}
    elif [[ $cur == *=* ]]; then
        key=${cur%%=*} head=$key= cur=${cur#*=}
    else
        _perijove_keys "$tool"
        for word in $REPLY; do
            given=${word^^}
            [[ $given == "${cur^^}"* ]] || continue
            if [[ $word != -* && $cur == *[a-z]* ]]; then word=${word,,}; fi
            [[ " ${words[*]^^}" == *" ${given%=}"[=\ ]* ]] || COMPREPLY+=("$word")
        done
        [[ ${COMPREPLY[*]} != *= ]] || compopt -o nospace 2> /dev/null
        return
    fi
    _perijove_key "$tool" "$key" || return
    _perijove_values "$tool" "$REPLY"
    case $REPLY in
    @*)
        cur=${cur#[\"\']} cur=${cur//\\/}
        mapfile -t COMPREPLY < <(
            compgen -d -- "$cur"
            compgen -f -X "!${REPLY#@}" -- "$cur" | while IFS= read -r word; do
                [[ -d $word ]] || printf '%s\n' "$word"
            done
        )
        [[ ${#COMPREPLY[@]} -gt 0 ]] || mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        compopt -o filenames 2> /dev/null
        ;;
    *)
        for word in $REPLY; do
            [[ ${word^^} != "${cur^^}"* ]] || COMPREPLY+=("$word")
        done
        ;;
    esac
    COMPREPLY=("${COMPREPLY[@]/#/$head}")
}
# the one parameter of a tool that a key in any case begins
_perijove_key() {
    local word key=${2^^} found=
    _perijove_keys "$1"
    for word in $REPLY; do
        word=${word%=}
        if [[ ${word^^} == "$key" ]]; then found=$word; break; fi
        if [[ ${word^^} == "$key"* ]]; then found+="${found:+ }$word"; fi
    done
    REPLY=$found
    [[ -n $found && $found != *" "* ]]
}
complete -F _perijove @TOOLS@
"""

ZSH = r"""
_perijove() {
    local tool=${words[1]:t} key REPLY
    if [[ $tool == perijove && $CURRENT -gt 2 && $words[2] != -* ]]; then
        tool=$words[2]
    fi
    local -a any=(-M 'm:{a-zA-Z}={A-Za-z}')
    _perijove_keys $tool
    if [[ $PREFIX != *=* ]]; then
        local -a open=(${(M)${=REPLY}:#*=}) whole=(${${=REPLY}:#*=})
        compadd $any -S '' -- $open
        compadd $any -- $whole
        return
    fi
    key=${(U)PREFIX%%\=*}
    local -a keys=(${${=REPLY}%=})
    local -a found=(${(M)keys:#(#i)$key})
    (( $#found )) || found=(${(M)keys:#(#i)$key*})
    (( $#found == 1 )) || return
    compset -P 1 '*='
    _perijove_values $tool $found[1]
    if [[ $REPLY == @* ]]; then
        _files -g "${REPLY#@}" || _files
    else
        compadd $any -- ${=REPLY}
    fi
}
compdef _perijove @TOOLS@
"""

FISH = r"""
function __perijove
    set -l words (commandline -opc) (commandline -ct)
    if test $words[1] = perijove -a (count $words) -gt 2
        string match -q -- '-*' $words[2]; or set -e words[1]
    end
    set -l tool (string replace -r '.*/' '' -- $words[1])
    set -l parts (string split -m 1 = -- $words[-1])
    set -l keys (string split ' ' -- (__perijove_keys $tool))
    if test (count $parts) -lt 2
        printf '%s\n' $keys
        return
    end
    set -l key (string upper -- $parts[1])
    set -l found
    for word in (string replace -r '=$' '' -- $keys)
        test (string upper -- $word) = $key; and set found $word; and break
        string match -q -- "$key*" (string upper -- $word); and set -a found $word
    end
    test (count $found) -eq 1; or return
    set -l values (__perijove_values $tool $found)
    if string match -q '@*' -- $values
        set values (string sub -s 2 -- $values)
        for name in $parts[2]*
            if test -d $name
                printf '%s=%s/\n' $parts[1] $name
            else if string match -q -- $values $name
                printf '%s=%s\n' $parts[1] $name
            end
        end
    else
        printf "$parts[1]=%s\n" (string split -n ' ' -- $values)
    end
end
for name in @TOOLS@
    complete -c $name -f -a '(__perijove)'
end
"""


def script(shell, tools):
    """Return the completion script of a shell for tools, {name: parameter file}."""
    shell = one_of(shell, ("bash", "zsh", "fish"), "-completion =")
    keys, values = _keys(tools), _values(tools)
    names = " ".join(["perijove", *tools])
    head = f"# {shell} completion of perijove, made by perijove -completion={shell}\n"
    if shell == "fish":
        tables = _fish("keys", keys), _fish("values", values)
    else:
        tables = _posix("keys", keys, "$1"), _posix("values", values, "$1.$2")
    body = {"bash": BASH, "zsh": ZSH, "fish": FISH}[shell].strip("\n").replace("@TOOLS@", names)
    return f"{head}{''.join(tables)}{body}\n"


def _flags(known):
    return [f"-{name}=" if takes[:1] == "=" else f"-{name}" for name, (takes, _) in known.items()]


def _keys(tools):
    """Return {tool: the words that may follow it}."""
    found = {"perijove": [*tools, *_flags(reserved.GENERAL)]}
    for name, declared in tools.items():
        found[name] = [f"{g.name}=" for g in declared.nodes()] + _flags(reserved.RESERVED)
    return {name: " ".join(words) for name, words in found.items()}


def _values(tools):
    """Return {tool.parameter: its values, or @ and a pattern of files}."""
    found = {"perijove.-completion": "bash zsh fish", "perijove.-man": " ".join(tools)}
    for name, declared in tools.items():
        groups = {g.name: g for g in declared.nodes()}
        found[f"{name}.-help"] = " ".join(groups)
        for key, group in groups.items():
            if group["Type"] == "Combo":
                found[f"{name}.{key}"] = " ".join(group.texts("Valid"))
            elif group["Type"] == "Logical":
                found[f"{name}.{key}"] = "YES NO"
            elif "Words" in group:
                found[f"{name}.{key}"] = " ".join(group.texts("Words"))
            elif group["Type"] in FILES:
                found[f"{name}.{key}"] = FILES[group["Type"]]
    for name, (takes, _) in reserved.RESERVED.items():
        if "FILE" in takes or name in FLAGS:
            found[f"*.-{name}"] = FLAGS.get(name, "@*")
    return found


def _posix(name, table, word):
    rows = [f"    {key}) REPLY={shlex.quote(words)} ;;\n" for key, words in table.items()]
    rows = f"    case {word} in\n{''.join(rows)}    *) REPLY= ;;\n    esac\n"
    return f"_perijove_{name}() {{\n{rows}}}\n"


def _fish(name, table):
    rows = [
        f"    case '{key}'\n        echo {shlex.quote(value)}\n" for key, value in table.items()
    ]
    return (
        f"function __perijove_{name}\n    switch (string join . -- $argv)\n{''.join(rows)}"
        "    end\nend\n"
    )
