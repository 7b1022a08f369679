#!/usr/bin/python3
"""What must not be committed: leftovers, generated files, paths of one machine, untidy text."""

import os
import re

import lint

GENERATED = re.compile(r".*\.(pot|mo|gmo|pyc|o|so|gcda|gcno|compiled|wav|log|orig|rej)|"
                       r"(.*/)?(live-config\.h|live-dbus\.[ch]|package-lock\.json~)")
BINARY = {".png", ".jpg", ".jpeg", ".pcm", ".bin", ".gz"}
MAY_HAVE_TABS = {".mk", ".patch"}
# What programs and people look for in the root; anything else there was left behind.
ROOT = {".clang-format", ".editorconfig", ".gitattributes", ".gitignore", "LICENSE", "README.md",
        "meson.build", "meson.options", "meson_options.txt"}

# Put together from parts, so that this file does not find itself.
LEFTOVER = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")
MACHINE = re.compile(r"(?<![\w.$}~-])/(" + "|".join(["wo" + "rk", "ro" + "ot", "ho" + "me"])
                     + r")/[\w.-]+")
CONFLICT = re.compile(r"^(<{7} |>{7} |={7}$)")


def check_text(name, content):
    if b"\r" in content:
        yield f"{name}:1: carriage returns"
    if content and not content.endswith(b"\n"):
        yield f"{name}: does not end with a newline"
    if content.endswith(b"\n\n"):
        yield f"{name}: ends with an empty line"
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        yield f"{name}: not UTF-8: {error}"
        return

    for number, line in lint.lines(text):
        where = f"{name}:{number}"
        if line != line.rstrip(" \t"):
            yield f"{where}: trailing space"
        if "\t" in line and os.path.splitext(name)[1] not in MAY_HAVE_TABS:
            yield f"{where}: a tab"
        if LEFTOVER.search(line):
            yield f"{where}: a leftover: {line.strip()}"
        if MACHINE.search(line):
            yield f"{where}: a path of one machine: {line.strip()}"
        if CONFLICT.match(line):
            yield f"{where}: a conflict mark"


def check(root):
    for name in lint.files(root):
        if GENERATED.fullmatch(name):
            yield f"{name}: a generated file"
            continue
        if "/" not in name and name not in ROOT:
            yield f"{name}: does not belong in the root"
        if os.path.splitext(name)[1] in BINARY:
            continue
        with open(os.path.join(root, name), "rb") as stream:
            content = stream.read()
        if name != "LICENSE":
            yield from check_text(name, content)


CASES = [
    ("clean text passes", {"d/a.c": "int a; /* net/work/fine, $HOME/x */\n", "d/b": "äß\n"}, None),
    ("no newline at the end", {"d/a.c": "int a;"}, "does not end with a newline"),
    ("an empty last line", {"d/a.c": "int a;\n\n"}, "ends with an empty line"),
    ("trailing space", {"d/a.c": "int a; \n"}, "a.c:1: trailing space"),
    ("a tab", {"d/a.py": "if a:\n\tb\n"}, "a.py:2: a tab"),
    ("a leftover", {"d/a.c": "/* TO" + "DO: later */\n"}, "a.c:1: a leftover"),
    ("a path of one machine", {"d/a.sh": "cd /wo" + "rk/main\n"}, "a path of one machine"),
    ("a home directory", {"d/a.sh": "\nls /ro" + "ot/.config\n"}, "a.sh:2: a path of one machine"),
    ("a generated file", {"po/lived.pot": "\n"}, "po/lived.pot: a generated file"),
    ("a conflict mark", {"d/a.c": "<<<<" + "<<< HEAD\n"}, "a conflict mark"),
    ("carriage returns", {"d/a.c": "int a;\r\n"}, "carriage returns"),
    ("a stray file in the root", {"before": "a\n"}, "before: does not belong in the root"),
]

if __name__ == "__main__":
    lint.main(check, CASES)
