#!/usr/bin/python3
"""livectl chat and listen on a real terminal, tmux, judged by what stands on the screen."""

import os
import re

from gi.repository import GLib

from harness import FakeDaemon, program, wait_for
from tap import main
from terminal import WithTerminal

STORY = ("Once upon a time there was a small daemon that lived in a very quiet house and listened "
         "only when it was asked to.")


class Terminal(WithTerminal):
    def setUp(self):
        super().setUp()
        self.turn = 0
        self.daemon.handlers["SendText"] = self.take_text

    def chat(self, *args):
        self.livectl("chat", *args)
        self.see(r"› Type a message, or /help $")

    def take_text(self, text, options):
        self.turn += 1
        return (self.turn,)

    def say(self, text, is_final=False):
        self.daemon.emit("OutputTranscript", self.turn, text, is_final, {})

    def test_a_conversation(self):
        self.chat()
        self.type("hello there", "Enter")
        wait_for("the text", lambda: self.daemon.called("SendText"))
        self.daemon.change(Activity="thinking")
        self.see(r"thinking …")
        self.daemon.change(Activity="speaking")
        self.say("Once upon")
        self.see(r"live  Once upon\n\n      › speaking, Ctrl-C interrupts $")
        self.say(STORY[9:])
        self.daemon.change(Activity="idle")
        self.say(STORY, is_final=True)
        self.daemon.emit("TurnComplete", 1, "complete", {})
        self.see(r"""
        Online with models/gemini-live, voice Puck\.

   you  hello there
  live  Once upon a time there was a small daemon that
        lived in a very quiet house and listened only when
        it was asked to\.

      › $""")
        self.type("C-d")
        self.see(r"asked to\.\nexit=0\n\$ $")

    def test_a_daemon_that_goes_and_comes_back(self):
        self.chat()
        self.type("half a li")
        self.see("half a li")
        self.daemon.release_name()
        self.see(r"lived is gone\. Waiting for it to come back; Ctrl-D\s+quits\.\n\n +› half a li")
        self.daemon.own_name()
        self.see(r"quits\.\s+Online with [^›]*› half a li")
        self.type("ne", "Enter")
        wait_for("the text", lambda: self.daemon.called("SendText"))
        self.assertEqual(self.daemon.called("SendText")[0], ("half a line", {}))
        self.daemon.release_name()
        self.see(r"waiting for it …")
        self.type("C-d")
        self.see(r"exit=3\n\$ $")

    def test_typing_while_it_speaks(self):
        self.chat()
        self.type("x", "Enter")
        wait_for("the text", lambda: self.daemon.called("SendText"))
        long = "this is a long question that takes more than one row of the terminal"
        self.type(long)
        self.see(r"the terminal $")
        words = STORY.split(" ")
        for number, word in enumerate(words):
            self.say((" " if number else "") + word)
        self.see(r"""
  live  Once upon a time there was a small daemon that
        lived in a very quiet house and listened only when
        it was asked to\.

      › this is a long question that takes more than one row
 of the terminal $""")
        self.assertEqual(len(re.findall("Once upon", self.screen())), 1)
        self.type("C-a", "A: ", "C-e", "?", "Enter")
        wait_for("the question", lambda: len(self.daemon.called("SendText")) == 2)
        self.assertEqual(self.daemon.called("SendText")[1], ("A: " + long + "?", {}))
        self.type("Up", "Up")
        self.see(r"› x $")

    def test_who_speaks(self):
        self.chat()
        self.daemon.change(Listening=True)
        self.see(r"● ›")
        self.daemon.emit("InputTranscript", 7, "What is", False, {})
        self.daemon.emit("InputTranscript", 7, " the time?", False, {})
        self.daemon.emit("InputTranscript", 7, "What is the time?", True, {})
        self.daemon.emit("OutputTranscript", 7, "Ten past", False, {})
        self.daemon.emit("Interrupted", 7)
        self.daemon.emit("OutputTranscript", 7, "Ten past", True, {})
        self.daemon.emit("TurnComplete", 7, "interrupted", {})
        self.daemon.emit("InputTranscript", 8, "Thanks.", True, {})
        self.see(r"""
   you  What is the time\?
  live  Ten past —

   you  Thanks\.

    ● › """)

    def test_a_voice_that_is_cut_after_its_words(self):
        self.chat()
        self.daemon.emit("OutputTranscript", 7, "All the words.", True, {})
        self.daemon.emit("Interrupted", 7)
        self.daemon.emit("TurnComplete", 7, "interrupted", {})
        self.see(r"""
  live  All the words\.
        The voice was cut off\.

      › """)

    def test_ctrl_c(self):
        self.chat()
        self.daemon.change(Activity="speaking")
        self.see("Ctrl-C interrupts")
        self.type("half a line", "C-c")
        self.see(r"› Ctrl-C again quits $")
        wait_for("the interruption", lambda: self.daemon.called("Interrupt"))
        self.daemon.change(Activity="idle")
        self.see(r"› Type a message, or /help $")
        self.type("C-c")
        self.see("Ctrl-C again quits")
        self.type("C-c")
        self.see(r"^exit=130\n\$ $")
        self.assertEqual(len(self.daemon.called("Interrupt")), 1)

    def test_the_terminal_is_left_as_it_was(self):
        for keys, code in (("C-d",), 0), (("/quit", "Enter"), 0), (("C-c", "C-c"), 130):
            self.type("clear; stty -a > before", "Enter")
            self.chat()
            self.type(*keys)
            self.see(rf"^exit={code}\n\$ $")
            self.type("clear; stty -a > after; cmp before after && echo same", "Enter")
            self.see(r"^same\n\$ $")

    def test_the_daemon_vanishes(self):
        self.chat()
        self.type("half a line")
        self.see("half a line")
        self.daemon.close()
        self.see(r"lived is gone\.[^›]*› half a line")
        self.type("C-c")
        self.see(r"exit=3\n\$ $")
        self.daemon = FakeDaemon(self.bus)

    def test_trouble_is_told_and_the_chat_goes_on(self):
        self.chat()
        self.refuse("SendText", "Network", "no route")
        self.type("hello", "Enter")
        self.see(r"""        The network does not reach the service: no route\.
        Check the connection to the internet; the daemon
        tries again by itself\.
""")
        self.daemon.change(State="backoff")
        self.see(r"The connection is lost; trying again\.")
        self.daemon.change(State="online", ContextOrigin="lost")
        self.see(r"Connected again; what was said before is forgotten\.")
        self.daemon.change(State="blocked", StateReason="no-credentials")
        self.see(r"There is no API key for the service\.")

    def test_commands(self):
        self.chat()
        self.type("/st", "Tab")
        self.see(r"› /status $")
        self.type("Enter")
        self.see(r"voice Puck\n")
        self.type("/v", "Tab")
        self.see(r"› /vo $")
        self.type("Tab")
        self.see(r"/voice  /volume\n")
        self.type("C-u", "/help", "Enter")
        self.see(r"/quit +leave \(or Ctrl-D\)\n")

    def test_suspended(self):
        self.chat()
        self.type("draft", "C-z")
        self.see(r"Stopped(.|\n)*\n\$ $")
        self.type("clear", "Enter")
        self.see(r"\A\$ $")
        self.type("fg", "Enter")
        self.see(r"› draft $")

    def test_a_paste_of_several_lines(self):
        self.chat()
        self.tmux("set-buffer", "one\ntwo")
        self.tmux("paste-buffer", "-p")
        self.see(r"› one↵two $")
        self.type("Enter")
        wait_for("the text", lambda: self.daemon.called("SendText"))
        self.assertEqual(self.daemon.called("SendText")[0], ("one\ntwo", {}))

    def test_another_size(self):
        self.chat()
        self.type("x", "Enter")
        wait_for("the text", lambda: self.daemon.called("SendText"))
        self.say(STORY[:60])
        self.type("draft")
        self.see("› draft $")
        self.tmux("resize-window", "-x", "100", "-y", "20")
        self.say(STORY[60:])
        self.see(r"asked to\.\n\n      › draft $")
        self.tmux("resize-window", "-x", "44", "-y", "20")
        self.say(" And then it slept, for a long while.")
        self.see(r"while\.\n\n      › draft $")
        self.assertEqual(self.screen().count("draft"), 1)

    def test_without_utf_8(self):
        self.type(f"LC_ALL=C {program('livectl')} chat", "Enter")
        self.see(r"> Type a message, or /help $")
        self.type("C-d")

    def test_a_held_microphone(self):
        def hold(options):
            self.daemon.change(Listening=True, Activity="listening")
            return ()
        self.daemon.handlers["StartListening"] = hold
        self.livectl("listen", "hold", "--levels")
        self.see(r"● .* -60 dB  Enter or Ctrl-C ends $")
        self.daemon.emit("Levels", 0.1, 0.1, 0.0, 0.0)
        self.see(r"● █{13}░{7} -20 dB")
        self.daemon.emit("InputTranscript", 1, "Good morning.", True, {})
        self.see(r"   you  Good morning\.\n\n      ● █")
        self.type("Enter")
        self.see(r"^exit=0\n\$ $")
        self.livectl("listen", "hold")
        self.see(r"listening; Enter or Ctrl-C ends $")
        self.type("C-c")
        self.see(r"^exit=130\n\$ $")


if __name__ == "__main__":
    main()
