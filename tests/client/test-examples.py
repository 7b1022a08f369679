#!/usr/bin/python3
"""The samples in data/examples do what they say."""

import os
import shutil
import subprocess
import tempfile
import unittest

from gi.repository import GLib

from harness import SOURCE, FakeDaemon, Refusal, WithDaemon, die_with_parent, wait_for
from standin import PROVIDER, Tools
from tap import main

EXAMPLES = SOURCE / "data" / "examples"


class WithExamples(WithDaemon):
    def setUp(self):
        super().setUp()
        self.tools = Tools(self.daemon)
        self.processes = []

    def tearDown(self):
        for process, output in self.processes:
            process.terminate()
            process.wait(20)
            output.seek(0)
            text = output.read().decode()
            output.close()
            for word in ("CRITICAL", "Traceback", "JS ERROR", "WARNING"):
                self.assertNotIn(word, text)
        super().tearDown()

    def run_example(self, name, *args):
        command = ["gjs", "-m"] if name.endswith(".js") else ["/usr/bin/python3", "-B"]
        output = tempfile.TemporaryFile()
        process = subprocess.Popen([*command, EXAMPLES / name, *args], env=self.bus.env,
                                   stdout=output, stderr=subprocess.STDOUT,
                                   preexec_fn=die_with_parent)
        self.processes.append((process, output))
        return len(self.processes) - 1

    def output(self, number):
        return os.pread(self.processes[number][1].fileno(), 100000, 0).decode()

    def wait_for_output(self, number, text):
        try:
            wait_for(text, lambda: text in self.output(number))
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.output(number)}") from None

    def wait_for_end(self, number):
        wait_for("the end", lambda: self.processes[number][0].poll() is not None)
        return self.processes[number][0].returncode

    def check_stranger(self, tool):
        stranger = self.bus.connect()
        with self.assertRaisesRegex(GLib.Error, "AccessDenied"):
            stranger.call_sync(self.tools.tools[tool]["owner"], "/org/example/Tools", PROVIDER,
                               "Invoke", GLib.Variant("(sssa{sv})", ("c", tool, "{}", {})), None, 0,
                               -1, None)
        stranger.close_sync(None)

    def restart_daemon(self):
        self.daemon.close()
        self.daemon = FakeDaemon(self.bus)
        self.tools = Tools(self.daemon)


class Python(WithExamples):
    def test_tools_py(self):
        number = self.run_example("tools.py")
        self.tools.wait_for("roll_dice", "egg_timer")
        self.wait_for_output(number, "egg_timer is there\n")
        result = self.tools.call("roll_dice", {"count": 50, "sides": 3}).json()
        self.assertEqual((len(result["numbers"]), set(result["numbers"])), (50, {1, 2, 3}))
        self.assertEqual(result["sum"], sum(result["numbers"]))
        self.assertEqual(len(self.tools.call("roll_dice").json()["numbers"]), 1)
        for arguments in ({"count": 0}, {"sides": "six"}, {"count": 1e9}):
            self.assertIn("bad value", self.tools.call("roll_dice", arguments).failure())
        self.assertIn("bad value", self.tools.call("egg_timer").failure())
        self.assertIn("bad value", self.tools.call("roll_dice", text="{").failure())
        self.assertEqual(self.tools.call("egg_timer", {"seconds": 0.01}).json()["output"],
                         "The time is over.")
        call = self.tools.call("egg_timer", {"seconds": 300})
        self.tools.call("roll_dice").json()
        self.assertFalse(call.is_done())
        self.tools.cancel("egg_timer", call)
        self.assertEqual(call.failure(), "cancelled")
        self.check_stranger("roll_dice")
        self.restart_daemon()
        self.tools.wait_for("roll_dice", "egg_timer")
        self.tools.call("roll_dice").json()

    def test_ask_py(self):
        def ask(text, options):
            for part in ("Because ", "of the ", "air."):
                self.daemon.emit("OutputTranscript", 1, part, False, {})
            self.daemon.emit("OutputTranscript", 1, "Because of the air.", True, {})
            return ("Because of the air.", {})
        self.daemon.handlers["Ask"] = ask
        number = self.run_example("ask.py", "Why", "blue?")
        self.assertEqual((self.wait_for_end(number), self.output(number)),
                         (0, "Because of the air.\n"))
        self.assertEqual(self.daemon.called("Ask")[0][0], "Why blue?")

    def test_ask_py_without_a_transcript(self):
        self.daemon.handlers["Ask"] = lambda *_: ("Written.", {})
        number = self.run_example("ask.py", "Why?")
        self.assertEqual((self.wait_for_end(number), self.output(number)), (0, "Written.\n"))

    def test_ask_py_that_fails(self):
        def ask(*_):
            raise Refusal("NoCredentials", "There is no key")
        self.daemon.handlers["Ask"] = ask
        number = self.run_example("ask.py", "Why?")
        self.assertEqual((self.wait_for_end(number), self.output(number)),
                         (1, "ask.py: There is no key\n"))


@unittest.skipUnless(shutil.which("gjs"), "gjs is not installed")
class Gjs(WithExamples):
    def test_tools_js(self):
        for path in ("Music/b", "Music/a", "Music/.hidden"):
            os.makedirs(f"{self.bus.folder}/{path}")
        number = self.run_example("tools.js")
        self.tools.wait_for("list_folder")
        self.wait_for_output(number, "list_folder is there\n")
        self.assertEqual(self.tools.call("list_folder", {"folder": "Music"}).json(),
                         {"names": ["a", "b"], "complete": True})
        for folder, words in [("/etc", "below the home folder"), ("..", "below the home folder"),
                              ("Music/../../x", "below the home folder"), (5, "a string"),
                              ("None", "None")]:
            self.assertIn(words, self.tools.call("list_folder", {"folder": folder}).failure())
        self.tools.call("list_folder", text="{").failure()
        self.check_stranger("list_folder")
        self.restart_daemon()
        self.tools.wait_for("list_folder")
        self.tools.call("list_folder", {"folder": "Music"}).json()

    def test_follow_js(self):
        number = self.run_example("follow.js")
        self.wait_for_output(number, "following\n")
        self.daemon.emit("InputTranscript", 1, "What", False, {})
        self.daemon.emit("InputTranscript", 1, "What time is it?", True, {})
        self.daemon.emit("OutputTranscript", 1, "Ten past nine.", True, {})
        self.daemon.emit("TurnComplete", 1, "interrupted", {})
        self.wait_for_output(number, "interrupted")
        self.daemon.close()
        self.assertEqual((self.wait_for_end(number), self.output(number)), (
            0, "following\nyou:  What time is it?\nlive: Ten past nine.\n      (interrupted)\n"))


if __name__ == "__main__":
    main()
