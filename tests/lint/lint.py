"""What all lints share: the list of files, C without its comments, and a runner that speaks TAP.

A lint is a function `check(root)` that yields findings ("path:line: what is wrong"). It comes
with `CASES`, small trees that it must refuse or accept; they run before the real tree does, so a
lint that has gone blind fails instead of passing.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

SKIPPED_FOLDERS = {".git", ".cache", "__pycache__", "node_modules"}


def files(root):
    """Every file of the tree as a path relative to root: what git tracks or would track, or,
    outside a clone, everything but build folders."""
    root = pathlib.Path(root)
    if (root / ".git").exists():
        command = ["git", "-C", str(root), "-c", f"safe.directory={root.resolve()}", "ls-files",
                   "-z", "--cached", "--others", "--exclude-standard"]
        output = subprocess.run(command, capture_output=True, check=True).stdout.decode()
        names = sorted({name for name in output.split("\0") if name})
        return [name for name in names if (root / name).is_file()]

    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in SKIPPED_FOLDERS and not f.startswith("build")]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(found)


def read(root, name):
    return (pathlib.Path(root) / name).read_text(encoding="utf-8", errors="replace")


C_NOISE = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)


def code_only(text):
    """C with comments, and the inside of strings, blanked out; lines keep their numbers."""

    def blank(match):
        noise = match.group(0)
        if noise.startswith("/"):
            return re.sub(r"[^\n]", " ", noise)
        return noise[0] + " " * (len(noise) - 2) + noise[-1]

    return C_NOISE.sub(blank, text)


# GNU braces: the type stands on the line before, the name begins the line, the body's brace too.
C_FUNCTION = re.compile(r"^(?P<type>[A-Za-z_][^\n;{}()#]*(?:\([^\n;{}]*\))?[^\n;{}()#]*)\n"
                        r"(?P<name>[A-Za-z_]\w*) ?\((?P<arguments>[^;{}]*?)\)\s*\n\{",
                        re.MULTILINE)


class Function:
    def __init__(self, text, match):
        self.name = match.group("name")
        self.is_static = "static" in match.group("type").split()
        self.line = text.count("\n", 0, match.start("name")) + 1
        end = text.find("\n}", match.end())
        self.body = text[match.end():end if end >= 0 else len(text)]
        self.body_line = text.count("\n", 0, match.end()) + 1


def functions(text):
    """The functions that a C file defines (give it code_only text)."""
    return [Function(text, match) for match in C_FUNCTION.finditer(text)]


def lines(text):
    return enumerate(text.split("\n"), start=1)


def plant(root, tree):
    for name, content in tree.items():
        path = pathlib.Path(root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def run_case(check, tree, expected):
    """None when check says what it should of the tree, else a sentence."""
    with tempfile.TemporaryDirectory() as folder:
        plant(folder, tree)
        findings = list(check(folder))
    if expected is None:
        return f"refused a good tree: {findings}" if findings else None
    if not any(expected in finding for finding in findings):
        return f"did not find {expected!r}, only {findings}"
    return None


def main(check, cases):
    """cases: (name, {path: content}, expected part of a finding or None). Exits."""
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    print(f"1..{len(cases) + 1}")
    failed = 0

    for number, (name, tree, expected) in enumerate(cases, start=1):
        problem = run_case(check, tree, expected)
        print(f"{'not ok' if problem else 'ok'} {number} - {name}")
        if problem:
            failed += 1
            print(f"# {problem}")

    findings = list(check(root))
    for finding in findings:
        print(f"# {finding}")
    print(f"{'not ok' if findings else 'ok'} {len(cases) + 1} - the tree")
    sys.exit(1 if failed or findings else 0)
