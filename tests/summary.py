#!/usr/bin/python3
"""Adds up meson's test logs. The last line is "N passed, N failed, N skipped"; exits non-zero
unless all is well. Counts the single test points of TAP, not only the programs."""

import argparse
import json
import os
import re
import sys

POINT = re.compile(r"^(not )?ok\b[^#\n]*(#\s*skip\b.*)?", re.IGNORECASE | re.MULTILINE)
GOOD_RESULTS = {"OK", "EXPECTEDFAIL", "SKIP"}
MAY_SKIP = "sdk"
# Without its registry the official SDK cannot be had; nothing else excuses a skip.
MAY_SKIP_BECAUSE = re.compile(r"registry", re.IGNORECASE)


def is_reference_platform():
    try:
        with open("/etc/os-release", encoding="utf-8") as stream:
            text = stream.read()
    except OSError:
        return False
    return re.search(r"^ID=debian$", text, re.M) and re.search(r'^VERSION_ID="12"$', text, re.M)


def suites_of(record):
    return record["name"].split(" / ")[0].split(":")[-1].split("+")


class Tally:
    def __init__(self, strict):
        self.strict = strict
        self.passed, self.failed, self.skipped = 0, 0, 0
        self.notes = []

    def fail(self, name, why):
        self.failed += 1
        self.notes.append(f"FAILED  {name}: {why}")

    def skip(self, record, reason):
        name = record["name"]
        excused = MAY_SKIP in suites_of(record) and MAY_SKIP_BECAUSE.search(
            reason + record.get("stdout", "") + record.get("stderr", ""))
        if self.strict and not excused:
            self.fail(name, f"skipped, and this platform has all that it needs: {reason}")
        else:
            self.skipped += 1
            self.notes.append(f"skipped {name}: {reason}")

    def add(self, record):
        points = list(POINT.finditer(record.get("stdout") or ""))
        failed_before = self.failed
        for point in points:
            if point.group(1):
                self.fail(record["name"], point.group(0))
            elif point.group(2):
                self.skip(record, point.group(0))
            else:
                self.passed += 1
        result = record["result"]
        if result not in GOOD_RESULTS:
            if self.failed == failed_before:
                self.fail(record["name"], f"{result}, exit status {record.get('returncode')}")
        elif not points:
            if result == "SKIP":
                reason = re.search(r"skip\w*:?.*", record.get("stdout", ""), re.IGNORECASE)
                self.skip(record, reason.group(0) if reason else "no reason given")
            else:
                self.passed += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--broken", action="append", default=[], help="a step that failed")
    parser.add_argument("--strict", choices=["yes", "no"],
                        help="whether a skip is a failure; by default on the reference platform")
    parser.add_argument("logs", nargs="*")
    arguments = parser.parse_args()

    strict = arguments.strict == "yes" if arguments.strict else is_reference_platform()
    tally = Tally(strict)
    for step in arguments.broken:
        tally.fail(step, "did not work, see above")
    for log in arguments.logs:
        with open(log, encoding="utf-8") as stream:
            records = [json.loads(line) for line in stream if line.strip()]
        before = tally.passed
        for record in records:
            tally.add(record)
        name = os.path.splitext(os.path.basename(log))[0]
        seconds = sum(record.get("duration", 0) for record in records)
        print(f"{name}: {len(records)} programs, {tally.passed - before} passed, {seconds:.0f} s")
    if tally.passed == 0:
        tally.fail("tests/run", "nothing ran")

    for note in tally.notes:
        print(note)
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    sys.exit(1 if tally.failed else 0)


if __name__ == "__main__":
    main()
