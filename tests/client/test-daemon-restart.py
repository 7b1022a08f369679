#!/usr/bin/python3
"""The conversation outlives the daemon: killed, stopped, and with a state file gone bad."""

import os
import pathlib
import signal

from harness import wait_for
from realdaemon import WithRealDaemon
from tap import main


class Restart(WithRealDaemon):
    def state_file(self):
        found = list(pathlib.Path(self.bus.folder).rglob("session.state"))
        return found[0] if found else None

    def state(self):
        path = self.state_file()
        return path.read_bytes() if path else b""

    def introduce(self):
        """A turn whose context is in the handle on disk."""
        self.ok("connect")
        wait_for("the first handle on disk", self.state)
        before = self.state()
        self.ok("ask", "my name is Ada")
        self.ok("wait", "idle")
        wait_for("the handle that knows the turn", lambda: self.state() != before)
        return self.status()["conversation-id"]

    def end(self, number):
        self.end_daemon(number)
        # A killed process is gone a moment before the bus knows.
        wait_for("the bus to notice", self.is_gone)

    def is_gone(self):
        return self.livectl("status", "--json", "--no-autostart").code == 3

    def status(self):
        return self.livectl("status", "--json").json()

    def assert_goes_on(self, conversation):
        self.assertIn("Ada", self.ok("ask", "what is my name"))
        status = self.status()
        self.assertEqual(status["context-origin"], "resumed")
        self.assertEqual(status["conversation-id"], conversation)

    def assert_starts_afresh(self, warning):
        self.assertNotIn("Ada", self.ok("ask", "what is my name"))
        self.assertIn(self.status()["context-origin"], ("new", "lost"))
        log = pathlib.Path(self.bus.folder, "lived.log").read_text(encoding="utf-8")
        self.assertIn(warning, log)

    def test_killed(self):
        conversation = self.introduce()
        self.end(signal.SIGKILL)
        self.assert_goes_on(conversation)

    def test_stopped(self):
        conversation = self.introduce()
        self.end(signal.SIGTERM)
        self.assert_goes_on(conversation)

    def test_the_file_is_private(self):
        self.introduce()
        self.assertEqual(self.state_file().stat().st_mode & 0o777, 0o600)

    def test_cut_short(self):
        self.introduce()
        self.end(signal.SIGTERM)
        os.truncate(self.state_file(), len(self.state()) // 2)
        self.assert_starts_afresh("session.state")

    def test_garbage(self):
        self.introduce()
        self.end(signal.SIGTERM)
        path = self.state_file()
        path.write_bytes(bytes(range(256)) * 16)
        self.assert_starts_afresh("session.state")

    def test_open_to_others(self):
        self.introduce()
        self.end(signal.SIGTERM)
        self.state_file().chmod(0o644)
        self.assert_starts_afresh("read or written by others")

    def test_forgotten_handles(self):
        self.introduce()
        self.end(signal.SIGKILL)
        self.simulator.control("inject", forget_handles=True)
        self.assertNotIn("Ada", self.ok("ask", "what is my name"))
        self.assertEqual(self.status()["context-origin"], "lost")


if __name__ == "__main__":
    main()
