#!/usr/bin/python3
"""livectl monitor: every signal as a line, with and without what was said."""

import os
import re
import select

from gi.repository import GLib

from harness import WithDaemon, wait_for
from tap import main


class Monitor(WithDaemon):
    def emit_all(self):
        self.daemon.change(Activity="speaking")
        self.daemon.emit("TurnStarted", 3, "text")
        self.daemon.emit("OutputTranscript", 3, "a secret\nword", False, {})
        self.daemon.emit("TextReceived", 3, "a secret", True)
        self.daemon.change(SystemInstruction="a secret")
        self.daemon.emit("TurnComplete", 3, "complete",
                         {"tokens": GLib.Variant("a{st}", {"total": 5}),
                          "audio-ms": GLib.Variant("u", 900)})
        self.daemon.connection.emit_signal(None, "/org/lived/Live1", "org.lived.Live1.Session",
                                           "FromTheFuture", GLib.Variant("(sd)", ("a secret", 1.5)))
        self.daemon.emit("GoAway", 10000)

    def test_json(self):
        run = self.start("monitor", "--json")
        run.wait_for_output("watching")
        self.emit_all()
        run.wait_for_output("go-away")
        run.interrupt()
        result = run.wait()
        self.assertEqual(result.code, 130)
        events = result.json()
        for event in events:
            self.assertRegex(event.pop("time"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(events, [
            {"event": "watching", "state": "online"},
            {"event": "property", "name": "activity", "value": "speaking"},
            {"event": "turn-started", "turn": 3, "origin": "text"},
            {"event": "output-transcript", "turn": 3, "text": "a secret\nword", "final": False,
             "details": {}},
            {"event": "text-received", "turn": 3, "text": "a secret", "thought": True},
            {"event": "property", "name": "system-instruction", "value": "a secret"},
            {"event": "turn-complete", "turn": 3, "reason": "complete",
             "details": {"tokens": {"total": 5}, "audio-ms": 900}},
            {"event": "from-the-future", "argument-1": "a secret", "argument-2": 1.5},
            {"event": "go-away", "time-left-ms": 10000},
        ])

    def test_plain(self):
        run = self.start("monitor")
        run.wait_for_output("watching")
        self.emit_all()
        run.wait_for_output("go-away")
        run.interrupt()
        lines = run.wait().out.splitlines()
        for line in lines:
            self.assertRegex(line, r"^\d\d:\d\d:\d\d\.\d{3}  ")
        self.assertEqual([re.sub(r" +", " ", line[14:]) for line in lines[1:4]],
                         ["property activity=speaking", "turn-started turn=3 origin=text",
                          "output-transcript turn=3 text=a secret word final=false"])

    def test_without_content(self):
        for option in ([], ["--json"]):
            run = self.start("monitor", "--no-content", *option)
            run.wait_for_output("watching")
            self.emit_all()
            run.wait_for_output("go-away")
            run.interrupt()
            out = run.wait().out
            self.assertNotIn("secret", out)
            self.assertIn("audio-ms", out)
            self.assertIn("turn", out)
        self.assertIn('"text-length":13', out)

    def test_a_reader_that_leaves(self):
        for option in ([], ["--json"]):
            reading, writing = os.pipe()
            run = self.start("monitor", *option, stdout=writing)
            os.close(writing)
            line = b""
            wait_for("the first line", lambda: select.select([reading], [], [], 0)[0])
            line = os.read(reading, 1000)
            self.assertIn(b"watching", line)
            os.close(reading)
            self.daemon.emit("GoAway", 1000)
            result = run.wait()
            self.assertEqual((result.code, result.err), (1, ""))

    def test_levels(self):
        run = self.start("monitor", "--levels")
        wait_for("the subscription", lambda: self.daemon.called("SubscribeLevels"))
        subscriber = [sender for name, _, sender in self.daemon.calls
                      if name == "SubscribeLevels"][0]
        self.daemon.emit("Levels", 0.1, 0.25, 0.0, 0.0, to=subscriber)
        run.wait_for_output("input-peak=0.25")
        run.interrupt()
        run.wait()

if __name__ == "__main__":
    main()
