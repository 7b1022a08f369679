#!/usr/bin/python3
"""livectl agent on a real terminal: what it shows of a question, and what becomes of it."""

import re
import time

from gi.repository import GLib

from harness import FakeDaemon
from standin import Tools
from tap import main
from terminal import WithTerminal

READY = r"Allow\? (\(\d more\) )?y: this once · n: no · a: always $"


class Agent(WithTerminal):
    def setUp(self):
        super().setUp()
        self.tools = Tools(self.daemon)
        self.tmux("resize-window", "-x", "180", "-y", "30")
        self.livectl("agent")
        self.see(r"› Nobody asks\. Ctrl-D ends\. $")

    def ask(self, tool="open_url", arguments='{"url": "https://example.org/"}', owner=":1.999",
            description="Opens a page.", **details):
        return self.tools.ask(tool, arguments, owner=owner, description=description, **details)

    def answer(self, word):
        self.see(READY)
        self.type(word, "Enter")

    def shown(self):
        return re.findall(r"wants to call: (\S*)", self.screen())

    def test_what_is_shown(self):
        owner = self.daemon.connection.get_unique_name()
        call = self.ask(arguments='{"a":\n 1.50,"a": "b"}', owner=owner)
        self.see(r"""  The model wants to call: open_url
  Of the program: \S*python3.*test-agent\.py \(""" + re.escape(owner) + r"""\)
  Which says of it: Opens a page\.
  With: \{"a":  1\.50,"a": "b"\}

  Allow\? y: this once · n: no · a: always $""")
        self.type("y", "Enter")
        self.assertEqual(call.wait().value, "allow")
        self.see(r"^  \d\d:\d\d:\d\d  allowed: open_url .*\n\n  › Nobody asks\. Ctrl-D ends\. $")
        self.assertEqual(self.shown(), [])
        self.type("C-d")
        self.see(r"exit=0\n\$ $")

    def test_no(self):
        for word in ("n", "NO"):
            call = self.ask()
            self.answer(word)
            self.assertEqual(call.wait().value, "deny")
        self.see(r"denied: open_url")

    def test_other_words_are_no_answer(self):
        call = self.ask()
        for word in ("", "yess", "j", " "):
            self.answer(word)
        self.see(READY)
        self.assertFalse(call.is_done())
        self.answer(" yes ")
        self.assertEqual(call.wait().value, "allow")

    def test_always_is_for_one_tool_of_one_program(self):
        calls = [self.ask(), self.ask(tool="other"), self.ask(arguments="{}"),
                 self.ask(owner=":1.998")]
        self.see(r"\(3 more\)")
        self.answer("a")
        self.assertEqual(calls[0].wait().value, "allow")
        self.assertEqual(calls[2].wait().value, "allow")
        self.see(r"\(1 more\)")
        self.assertEqual(self.shown(), ["other"])
        self.answer("n")
        self.see(r"998\)?\n(.*\n)*.*" + READY)
        self.answer("n")
        self.assertEqual([call.wait().value for call in calls], ["allow", "deny", "allow", "deny"])
        self.assertEqual(self.ask().wait().value, "allow")
        self.see(r"allowed, as always: open_url")

    def test_a_question_that_is_taken_back(self):
        first, second = self.ask(tool="one"), self.ask(tool="two")
        self.see(READY)
        self.type("y")
        self.see(r"Allow\? \(1 more\) y $")
        self.tools.withdraw(first)
        self.see(r"taken back \(interrupted\): one")
        self.assertEqual(first.wait().value, "deny")
        # What was typed for the first is no answer to the second.
        self.see(READY)
        self.assertEqual(self.shown(), ["two"])
        self.assertFalse(second.is_done())
        third = self.ask(tool="three")
        self.tools.withdraw(third, "timeout")
        self.see(r"taken back \(timeout\): three")
        self.assertEqual(self.shown(), ["two"])
        self.answer("y")
        self.assertEqual(second.wait().value, "allow")

    def test_an_answer_that_comes_too_soon(self):
        started = time.monotonic()
        call = self.ask()
        self.type("y", "Enter")
        is_soon = time.monotonic() - started < 0.5
        self.see(READY if is_soon else "Allow|allowed")
        if is_soon:
            self.answer("n")
            self.assertEqual(call.wait().value, "deny")

    def test_nothing_hides_in_the_arguments(self):
        call = self.ask(arguments='{"x": "\u202egnp.exe\u200b \x1b[2J\x9b1m\u2028\U000e0041 \u00a0"}',
                        tool="o\u2066k", description="\x1b]0;title\x07")
        self.see(r"With: .*\\u202egnp\.exe\\u200b \ufffd\[2J\ufffd1m\\u2028\\udb40\\udc41 \\u00a0")
        self.assertEqual(self.shown(), ["o\\u2066k"])
        self.answer("n")
        call.wait()

    def test_long_arguments_are_shown_whole(self):
        arguments = '{"x": "' + "".join(f"{number:05}" for number in range(600)) + '"}'
        call = self.ask(arguments=arguments)
        self.see(READY)
        whole = self.tmux("capture-pane", "-p", "-J", "-S", "-200").replace("\n", "")
        self.assertEqual(whole.count("00000000010000200003"), 1)
        self.assertIn("0059800599\"}", whole)
        self.answer("n")
        self.assertEqual(call.wait().value, "deny")
        self.see(r"denied: open_url [^\n]{120} …")

    def test_another_width(self):
        call = self.ask()
        self.see(READY)
        self.tmux("resize-window", "-x", "50", "-y", "20")
        self.see(r"Allow\?")
        self.type("y", "Enter")
        self.assertEqual(call.wait().value, "allow")
        self.see("allowed: open_url")

    def test_too_many(self):
        calls = [self.ask(tool=f"t{number}") for number in range(65)]
        self.assertIn("Too many", calls[64].failure())
        self.see(r"\(63 more\)")

    def test_only_the_daemon_may_ask(self):
        owner, path = self.tools.agents[-1]
        stranger = self.bus.connect()
        with self.assertRaisesRegex(GLib.Error, "AccessDenied"):
            stranger.call_sync(owner, path, "org.lived.Live1.ToolAgent", "Request",
                               GLib.Variant("(sssa{sv})", ("c", "t", "{}", {})), None, 0, -1, None)
        stranger.close_sync(None)

    def test_a_daemon_that_comes_back(self):
        self.ask()
        self.see(READY)
        self.daemon.close()
        self.see(r"taken back \(the daemon is gone\): open_url\n\n  › Waiting for lived\. .* $")
        self.daemon = FakeDaemon(self.bus)
        self.tools = Tools(self.daemon)
        self.see(r"› Nobody asks\. Ctrl-D ends\. $")
        call = self.ask()
        self.answer("y")
        self.assertEqual(call.wait().value, "allow")

    def test_ctrl_c(self):
        call = self.ask()
        self.see(READY)
        self.type("C-c")
        self.see(r"exit=130\n\$ $")
        self.assertIn("NoReply", call.wait().error)


if __name__ == "__main__":
    main()
