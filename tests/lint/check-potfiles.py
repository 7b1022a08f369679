#!/usr/bin/python3
"""po/POTFILES.in names exactly the files that have something to translate, in order."""

import re

import lint

LIST = "po/POTFILES.in"
MARKED = re.compile(r"\b(_|N_|C_|NC_|Q_|ngettext|gettext|g_dngettext|g_dpgettext2) ?\(\s*[\"\w]")
MARKED_XML = re.compile(r"gettext-domain=")


def has_strings(root, name):
    text = lint.read(root, name)
    if name.endswith(".xml"):
        return bool(MARKED_XML.search(text))
    code = lint.code_only(text)
    # The macro's own definition marks nothing.
    code = re.sub(r"^\s*#\s*define.*$", "", code, flags=re.MULTILINE)
    return bool(MARKED.search(code))


def check(root):
    names = set(lint.files(root))
    if LIST not in names:
        yield f"{LIST}:1: missing"
        return

    listed = []
    for number, line in lint.lines(lint.read(root, LIST)):
        entry = line.strip()
        if not entry or entry.startswith("#"):
            continue
        listed.append(entry)
        if entry not in names:
            yield f"{LIST}:{number}: {entry} does not exist"
        elif not has_strings(root, entry):
            yield f"{LIST}:{number}: {entry} has nothing to translate"

    if listed != sorted(listed):
        yield f"{LIST}:1: not in order"
    if len(listed) != len(set(listed)):
        yield f"{LIST}:1: an entry stands twice"
    for name in sorted(names):
        if not re.fullmatch(r"(daemon|client|data)/.*(\.[ch]|\.gschema\.xml)", name):
            continue
        if name not in listed and has_strings(root, name):
            yield f"{name}:1: has strings to translate, but is not in {LIST}"


GOOD = {LIST: "# comment\nclient/a.c\ndaemon/b.c\n", "client/a.c": 'x = _("Hello");\n',
        "daemon/b.c": 'y = ngettext ("a", "b", n);\n', "daemon/c.c": '/* _("not me") */\n'}

CASES = [
    ("a good list passes", GOOD, None),
    ("a file left out", {**GOOD, "client/d.c": 'N_("x")\n'}, "client/d.c:1: has strings"),
    ("a schema left out", {**GOOD, "data/x.gschema.xml": '<schemalist gettext-domain="x"/>\n'},
     "data/x.gschema.xml:1: has strings"),
    ("a file that is gone", {**GOOD, LIST: "client/a.c\nclient/z.c\ndaemon/b.c\n"},
     "client/z.c does not exist"),
    ("a file without strings", {**GOOD, LIST: "client/a.c\ndaemon/b.c\ndaemon/c.c\n"},
     "daemon/c.c has nothing"),
    ("an unordered list", {**GOOD, LIST: "daemon/b.c\nclient/a.c\n"}, "not in order"),
]

if __name__ == "__main__":
    lint.main(check, CASES)
