#!/usr/bin/python3
"""Every verb of livectl, and every option of every verb, stands in the manual and in the three
completions; and nothing stands there that livectl does not know."""

import re

import lint

MANUAL = "data/man/livectl.1.rst"
HEADER = "client/livectl.h"
COMPLETIONS = ["data/completions/livectl.bash", "data/completions/_livectl",
               "data/completions/livectl.fish"]

ROW = re.compile(r"^const LivectlCommand \w+ = \{(.*?)^\};", re.MULTILINE | re.DOTALL)
NAME = re.compile(r'\.name = "([a-z-]+)"')
OPTION = re.compile(r'^\s*\{\s*"([a-z][a-z-]*)",\s*(?:\'(\w)\'|0),', re.MULTILINE)
EXIT_CODE = re.compile(r"^\s*LIVECTL_EXIT_\w+ = (\d+)", re.MULTILINE)


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


def verbs_and_options(root, names):
    """{verb: set of long options}, and the options of every verb under None."""
    found = {None: set()}
    for name in names:
        if not re.fullmatch(r"client/[\w-]+\.c", name):
            continue
        text = without_comments(lint.read(root, name))
        options = {match.group(1) for match in OPTION.finditer(text)}
        verbs = [NAME.search(row).group(1) for row in ROW.findall(text) if NAME.search(row)]
        for verb in verbs or [None]:
            found.setdefault(verb, set()).update(options)
    return found


def has_verb(text, verb):
    return re.search(rf"(?<![\w-]){re.escape(verb)}(?![\w-])", text)


def has_option(text, option):
    return re.search(rf"(--|-l |-l')[^\S\n]*{re.escape(option)}(?![\w-])", text)


def check(root):
    names = set(lint.files(root))
    found = verbs_and_options(root, sorted(names))
    if len(found) == 1:
        return

    for page in [MANUAL, *COMPLETIONS]:
        if page not in names:
            yield f"{page}:1: missing"
            continue
        text = lint.read(root, page)
        for verb in sorted(verb for verb in found if verb):
            if not has_verb(text, verb):
                yield f"{page}:1: the verb {verb} is missing"
        for verb, options in sorted(found.items(), key=lambda item: item[0] or ""):
            for option in sorted(options):
                if not has_option(text, option):
                    yield f"{page}:1: --{option} of {verb or 'every verb'} is missing"

    if MANUAL not in names:
        return
    manual = lint.read(root, MANUAL)
    # The manual has one heading a verb, underlined: a removed verb leaves its heading behind.
    for heading in re.findall(r"^([a-z][a-z-]*)(?: [^\n]*)?\n[-~^]{3,}$", manual, re.MULTILINE):
        if heading not in found:
            yield f"{MANUAL}:1: livectl knows no verb {heading}"
    if HEADER in names:
        for code in EXIT_CODE.findall(without_comments(lint.read(root, HEADER))):
            if not re.search(rf"^\W*{code}\b", manual, re.MULTILINE):
                yield f"{MANUAL}:1: the exit code {code} is missing"


ROW_TEXT = ('static GOptionEntry entries[] = {\n  { "follow", \'f\', 0 },\n};\n'
            'const LivectlCommand livectl_status = {\n  .name = "status",\n};\n')
GOOD = {
    "client/cmd-status.c": ROW_TEXT,
    HEADER: "  LIVECTL_EXIT_USAGE = 2,\n",
    MANUAL: "status [--follow]\n~~~~~~~~~~~~~~~~~\n\n2 usage\n",
    COMPLETIONS[0]: "status) --follow ;;\n",
    COMPLETIONS[1]: "status --follow\n",
    COMPLETIONS[2]: "complete -a status -l follow\n",
}

CASES = [
    ("a full manual passes", GOOD, None),
    ("a verb that the manual lacks", {**GOOD, MANUAL: "--follow\n2 usage\n"}, "verb status"),
    ("a verb that a completion lacks", {**GOOD, COMPLETIONS[1]: "--follow\n"},
     "_livectl:1: the verb status"),
    ("an option left out", {**GOOD, COMPLETIONS[2]: "complete -a status\n"}, "--follow of status"),
    ("a verb that is gone", {**GOOD, MANUAL: GOOD[MANUAL] + "\nstart\n~~~~~\n"},
     "knows no verb start"),
    ("an exit code left out", {**GOOD, MANUAL: "status --follow\n"}, "exit code 2"),
    ("no completion", {name: text for name, text in GOOD.items() if name != COMPLETIONS[0]},
     "livectl.bash:1: missing"),
]

if __name__ == "__main__":
    lint.main(check, CASES)
