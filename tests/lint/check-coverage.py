#!/usr/bin/python3
"""tests/field-failures.conf names a test for every complaint, and each of those tests exists."""

import configparser
import re

import lint

TABLE = "tests/field-failures.conf"
COMPLAINTS = [f"A{n}" for n in range(1, 18)] + [f"E{n}" for n in range(50, 55)]
CLOSES = 23


def sources(root):
    """What each test program says, by its stem."""
    found = {}
    for name in lint.files(root):
        match = re.fullmatch(r"tests/[a-z]+/test-([a-z0-9-]+)\.(c|py)", name)
        if match:
            found[match.group(1)] = found.get(match.group(1), "") + lint.read(root, name)
    return found


def has_idea(text, stem, idea):
    """An idea is a string of its own, or the end of a path."""
    return f'"{idea}"' in text or f'"/{stem}/{idea}"' in text


def check(root):
    if TABLE not in lint.files(root):
        yield f"{TABLE}: is missing"
        return
    table = configparser.ConfigParser(interpolation=None, delimiters="=")
    table.read_string(lint.read(root, TABLE))
    known = sources(root)

    for complaint in COMPLAINTS:
        if complaint not in table:
            yield f"{TABLE}: nothing about {complaint}"
        elif not table[complaint].get("about"):
            yield f"{TABLE}: {complaint} does not say what it is about"
    closes = [name for name in table.sections() if name.startswith("close ")]
    if len(closes) < CLOSES:
        yield f"{TABLE}: {len(closes)} of {CLOSES} closes"
    for section in table.sections():
        if section not in COMPLAINTS and section not in closes:
            yield f"{TABLE}: [{section}] is no complaint and no close"
        names = [name for name in table[section].get("tests", "").split(";") if name]
        if not names:
            yield f"{TABLE}: [{section}] names no test"
        for name in names:
            stem, _, idea = name.partition("/")
            if stem not in known:
                yield f"{TABLE}: [{section}]: there is no test program {stem}"
            elif not idea or not has_idea(known[stem], stem, idea):
                yield f"{TABLE}: [{section}]: {stem} has no {idea}"


GOOD = "".join(f"[{name}]\nabout=x\ntests=link/one\n" for name in COMPLAINTS) \
    + "".join(f"[close {n}]\ntests=link/two\n" for n in range(CLOSES))
PROGRAM = {"tests/core/test-link.c": 'ADD ("one", f);\ng_test_add_func ("/link/two", g);\n'}
CASES = [
    ("a whole table passes", {TABLE: GOOD, **PROGRAM}, None),
    ("no table", PROGRAM, "is missing"),
    ("a complaint is missing", {TABLE: GOOD.replace("[A7]", "[close A7]"), **PROGRAM},
     "nothing about A7"),
    ("a test that is not there", {TABLE: GOOD.replace("link/two", "link/three", 1), **PROGRAM},
     "link has no three"),
    ("a program that is not there", {TABLE: GOOD.replace("link/one", "lonk/one", 1), **PROGRAM},
     "no test program lonk"),
    ("no test at all", {TABLE: GOOD.replace("tests=link/one", "tests=", 1), **PROGRAM},
     "names no test"),
    ("a close is missing", {TABLE: GOOD.replace("[close 3]", "[A99]"), **PROGRAM}, "22 of 23"),
]

if __name__ == "__main__":
    lint.main(check, CASES)
