"""Runs unittest and speaks TAP, so that meson counts each test and prints what failed."""

import sys
import traceback
import unittest


class TapResult(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.number = 0

    def say(self, verdict, test, comment=""):
        self.number += 1
        name = test.id().replace("__main__.", "") if hasattr(test, "id") else str(test)
        print(f"{verdict} {self.number} - {name}{comment}", flush=True)

    def explain(self, error):
        for line in "".join(traceback.format_exception(*error)).rstrip().split("\n"):
            print(f"# {line}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.say("ok", test)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.explain(error)
        self.say("not ok", test)

    def addError(self, test, error):
        super().addError(test, error)
        self.explain(error)
        self.say("not ok", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.say("ok", test, f" # SKIP {reason}")


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    chosen = sys.argv[1:]
    if chosen:
        names = [f"__main__.{name}" for name in chosen]
        suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    result = TapResult()
    suite.run(result)
    print(f"1..{result.number}", flush=True)
    sys.exit(0 if result.wasSuccessful() else 1)
