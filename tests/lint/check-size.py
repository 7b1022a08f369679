#!/usr/bin/python3
"""A file that passes 500 lines holds two ideas; a header is read first, so it is short."""

import os
import re

import lint

LIMIT = 500
HEADER_LIMIT = 160
COUNTED = {".c", ".h", ".inc", ".py", ".mjs", ".js", ".sh"}


def is_script(root, name):
    return "." not in os.path.basename(name) and lint.read(root, name).startswith("#!")


def check(root):
    for name in lint.files(root):
        extension = os.path.splitext(name)[1]
        if extension not in COUNTED and not is_script(root, name):
            continue
        limit = HEADER_LIMIT if extension == ".h" else LIMIT
        length = len(re.findall("\n", lint.read(root, name)))
        if length > limit:
            yield f"{name}:{limit + 1}: {length} lines, at most {limit}"


CASES = [
    ("small files pass", {"a.c": "x\n" * 500, "a.h": "x\n" * 160, "long.json": "x\n" * 900}, None),
    ("a long file", {"a.c": "x\n" * 501}, "a.c:501: 501 lines"),
    ("a long header", {"a.h": "x\n" * 161}, "a.h:161: 161 lines"),
    ("a long script without ending", {"run": "#!/bin/bash\n" + "x\n" * 500}, "run:501"),
]

if __name__ == "__main__":
    lint.main(check, CASES)
