#!/usr/bin/python3
"""README is true where a machine can tell: every file, folder, suite, verb and module that it names
exists, and every layer of the daemon is on its map."""

import os
import re

import lint

README = "README.md"
FOLDERS = ("daemon", "client", "data", "tests", "po")
PATH = re.compile(r"(?<![\w/.<~-])((?:" + "|".join(FOLDERS) + r")/[\w./*<>-]*)")
MODULE = re.compile(r"(?<![\w./-])(live-[a-z]+(?:-[a-z]+)*)(?![\w-]*/|[\w.-]*\.[a-z])")
SUITES = re.compile(r"tests/run --suite \w+\s+# one suite; also: ([\w ]+)")
VERB = re.compile(r"(?:^    |`)livectl ([a-z]+)", re.MULTILINE)
LAYERS = ["base", "protocol", "machine", "io", "core", "bus"]


def exists(path, names):
    if "<" in path:
        return True
    path = path.rstrip(".")
    if "*" in path:
        pattern = re.compile(re.escape(path).replace(r"\*", r"[^/]*") + r"(/.*)?")
        return any(pattern.fullmatch(name) for name in names)
    return path in names or any(name.startswith(path.rstrip("/") + "/") for name in names)


def check(root):
    names = set(lint.files(root))
    if README not in names:
        yield f"{README}:1: missing"
        return
    text = lint.read(root, README)
    stems = {os.path.splitext(os.path.basename(name))[0] for name in names}
    # What meson builds has its name there only.
    programs = "".join(lint.read(root, name) for name in names if name.endswith("meson.build"))
    verbs = {match.group(1) for name in names if re.fullmatch(r"client/[\w-]+\.c", name)
             for match in re.finditer(r'\.name = "([a-z-]+)"', lint.read(root, name))}
    suites = set(re.findall(r"suite: '(\w+)'", programs))

    for number, line in lint.lines(text):
        for path in PATH.findall(line):
            if not exists(path, names):
                yield f"{README}:{number}: {path} does not exist"
        for module in MODULE.findall(line):
            if module not in stems and f"'{module}'" not in programs:
                yield f"{README}:{number}: there is no {module}"
    for verb in VERB.findall(text):
        if verbs and verb not in verbs:
            yield f"{README}:1: livectl knows no verb {verb}"
    listed = SUITES.search(text)
    for suite in listed.group(1).split() if listed else []:
        if suite not in suites:
            yield f"{README}:1: there is no suite {suite}"
    for layer in LAYERS:
        if f"daemon/{layer}/" not in text and exists(f"daemon/{layer}", names):
            yield f"{README}:1: daemon/{layer}/ is not on the map"


GOOD = {
    README: "daemon/base/ and `daemon/base/live-ring.c`\nlive-ring, live-simulator\n"
            "client/cmd-*.c, daemon/bus/live-<x>-face.c\n    livectl ask x\n"
            "tests/run --suite unit       # one suite; also: core\n",
    "daemon/base/live-ring.c": "\n", "client/cmd-ask.c": '.name = "ask",\n', "tests/run": "\n",
    "meson.build": "executable('live-simulator')\nsuite: 'core'\nsuite: 'unit'\n",
}

CASES = [
    ("a true README passes", GOOD, None),
    ("a file that is gone", {**GOOD, README: GOOD[README] + "see daemon/base/live-old.c\n"},
     "README.md:6: daemon/base/live-old.c does not exist"),
    ("a folder that is gone", {**GOOD, README: GOOD[README] + "`tests/old/`\n"}, "tests/old/"),
    ("a pattern without files", {**GOOD, README: GOOD[README] + "data/*.xml\n"}, "data/*.xml"),
    ("a module that is gone", {**GOOD, README: GOOD[README] + "live-old does it\n"},
     "there is no live-old"),
    ("a verb that is gone", {**GOOD, README: GOOD[README] + "`livectl dance`\n"}, "verb dance"),
    ("a suite that is gone", {**GOOD, README: GOOD[README].replace("core", "core fuzz")},
     "no suite fuzz"),
    ("a layer off the map", {**GOOD, "daemon/bus/live-x-face.c": "\n",
                             README: GOOD[README].replace("daemon/bus/live-<x>", "live")},
     "daemon/bus/ is not on the map"),
    ("no README", {"a.c": "\n"}, "missing"),
]

if __name__ == "__main__":
    lint.main(check, CASES)
