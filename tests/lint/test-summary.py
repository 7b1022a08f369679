#!/usr/bin/python3
"""tests/run's verdict is judged itself: a failed point, a crashed program, an unexcused skip and an
empty run must each turn it red."""

import json
import os
import subprocess
import sys
import tempfile

SUMMARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "summary.py")


def record(name, stdout, result="OK"):
    return {"name": name, "stdout": stdout, "result": result, "duration": 0.1, "returncode": 0}


GOOD = record("lived:unit / ring", "1..2\nok 1 /a\nok 2 /b\n")
SDK_SKIP = record("lived:sdk / sdk", "1..0 # SKIP no registry can be reached\n", "SKIP")
POINT_SKIP = record("lived:pipewire / talk", "ok 1 - a # SKIP no pipewire\nok 2 - b\n")

# name, strict, records, more arguments, last line, exit status
CASES = [
    ("all passed", True, [GOOD], [], "2 passed, 0 failed, 0 skipped", 0),
    ("a failed point", True, [GOOD, record("lived:unit / x", "ok 1\nnot ok 2 b\n", "ERROR")], [],
     "3 passed, 1 failed, 0 skipped", 1),
    ("a crash", True, [GOOD, record("lived:unit / x", "ok 1\n", "FAIL")], [],
     "3 passed, 1 failed, 0 skipped", 1),
    ("a time-out", True, [GOOD, record("lived:unit / x", "", "TIMEOUT")], [],
     "2 passed, 1 failed, 0 skipped", 1),
    ("the SDK without its registry", True, [GOOD, SDK_SKIP], [],
     "2 passed, 0 failed, 1 skipped", 0),
    ("another skip", True, [GOOD, record("lived:client / x", "skip: no bus", "SKIP")], [],
     "2 passed, 1 failed, 0 skipped", 1),
    ("a skipped point", True, [POINT_SKIP], [], "1 passed, 1 failed, 0 skipped", 1),
    ("a skipped point elsewhere", False, [POINT_SKIP], [], "1 passed, 0 failed, 1 skipped", 0),
    ("a program without TAP", True, [record("lived:x / y", "hello")], [],
     "1 passed, 0 failed, 0 skipped", 0),
    ("a broken build", True, [GOOD], ["--broken", "build plain"],
     "2 passed, 1 failed, 0 skipped", 1),
    ("an empty run", True, [], [], "0 passed, 1 failed, 0 skipped", 1),
]


def run_case(strict, records, arguments, last_line, status):
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "log.json")
        with open(log, "w", encoding="utf-8") as stream:
            stream.writelines(json.dumps(item) + "\n" for item in records)
        done = subprocess.run(
            [sys.executable, "-B", SUMMARY, "--strict", "yes" if strict else "no", *arguments, log],
            capture_output=True, text=True, check=False)
    lines = done.stdout.rstrip("\n").split("\n")
    if lines[-1] != last_line:
        return f"says {lines[-1]!r} {done.stderr}"
    if done.returncode != status:
        return f"exits with {done.returncode}"
    return None


def main():
    print(f"1..{len(CASES)}")
    failed = 0
    for number, (name, *case) in enumerate(CASES, start=1):
        problem = run_case(*case)
        failed += problem is not None
        print(f"{'not ok' if problem else 'ok'} {number} - {name}")
        if problem:
            print(f"# {problem}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
