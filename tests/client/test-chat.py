#!/usr/bin/python3
"""livectl chat over a pipe: lines in, lines out, and the same as JSON."""

from gi.repository import GLib

from harness import WithDaemon, wait_for
from tap import main


class Chat(WithDaemon):
    def setUp(self):
        super().setUp()
        self.turn = 0
        self.daemon.handlers["SendText"] = self.answer

    def answer(self, text, options):
        """Answers as a model that speaks does, after the call has returned."""
        if options.get("context"):
            return (0,)
        self.turn += 1
        GLib.idle_add(self.speak, self.turn, f"You said: {text}.")
        return (self.turn,)

    def speak(self, turn, text):
        self.daemon.emit("TurnStarted", turn, "text")
        for at in range(0, len(text), 5):
            self.daemon.emit("OutputTranscript", turn, text[at:at + 5], False, {})
        self.daemon.emit("OutputTranscript", turn, text, True, {})
        self.daemon.emit("TurnComplete", turn, "complete", {})
        return False

    def sent(self):
        return [text for text, _ in self.daemon.called("SendText")]

    def test_lines(self):
        self.assertEqual(self.ok("chat", stdin="one\n\n  two \nthree"),
                         "live: You said: one.\nlive: You said: two.\nlive: You said: three.\n")
        self.assertEqual(self.sent(), ["one", "two", "three"])

    def test_each_line_waits_for_the_answer_before_it(self):
        held = []
        self.daemon.handlers["SendText"] = lambda text, options: (held.append(text)
                                                                  or (len(held),))
        run = self.start("chat", stdin="one\ntwo\n")
        wait_for("the first line", lambda: held == ["one"])
        self.speak(1, "First.")
        wait_for("the second line", lambda: held == ["one", "two"])
        self.daemon.emit("TurnComplete", 2, "complete", {})
        self.assertEqual(run.wait().out, "live: First.\n")

    def test_an_answer_without_an_end(self):
        self.daemon.handlers["SendText"] = lambda text, options: (1,)
        result = self.livectl("chat", "--timeout=0.3", stdin="one\n")
        self.assertEqual(result.code, 5)
        self.assertIn("did not come to its end", result.err)

    def test_nothing_to_say(self):
        self.assertEqual(self.ok("chat", stdin=""), "")

    def test_what_is_heard_and_thought(self):
        def speak(turn):
            self.daemon.emit("InputTranscript", turn, "by voice", True, {})
            self.daemon.emit("TextReceived", turn, "hmm", True)
            self.daemon.emit("TextReceived", turn, "Written\nin two rows", False)
            self.daemon.emit("Interrupted", turn)
            self.daemon.emit("TurnComplete", turn, "interrupted", {})
        self.daemon.handlers["SendText"] = lambda *_: GLib.idle_add(speak, 1) and (1,)
        self.assertEqual(self.ok("chat", stdin="x\n"),
                         "you: by voice\nlive: Written\nlive: in two rows —\n")
        self.assertEqual(self.ok("chat", "--thoughts", stdin="x\n"),
                         "you: by voice\nthought: hmm\nlive: Written\nlive: in two rows —\n")

    def test_a_turn_that_fails(self):
        def fail(turn):
            self.daemon.emit("TurnComplete", turn, "failed", {"error": GLib.Variant("s", "Network")})
        self.daemon.handlers["SendText"] = lambda *_: GLib.idle_add(fail, 1) and (1,)
        result = self.livectl("chat", stdin="x\n")
        self.assertEqual((result.code, result.out), (0, ""))
        self.assertIn("There is no answer: Network", result.err)

    def test_figures(self):
        def speak(turn):
            self.daemon.emit("TurnComplete", turn, "complete",
                             {"tokens": GLib.Variant("a{st}", {"total": 44}),
                              "first-audio-ms": GLib.Variant("u", 310),
                              "audio-ms": GLib.Variant("u", 2500)})
        self.daemon.handlers["SendText"] = lambda *_: GLib.idle_add(speak, 1) and (1,)
        result = self.livectl("chat", "--figures", stdin="x\n")
        self.assertIn("44 tokens · first sound after 310 ms · 2.5 s of speech", result.err)

    def test_json(self):
        result = self.livectl("chat", "--json", stdin="one\n")
        self.assertEqual((result.code, result.err), (0, ""))
        events = result.json()
        self.assertEqual(events[0]["event"], "watching")
        self.assertEqual([event["event"] for event in events[1:]],
                         ["turn-started"] + ["output-transcript"] * 4 + ["turn-complete"])

    def test_commands(self):
        self.daemon.handlers["Configure"] = lambda settings, options: (
            {key: "reconnect" for key in settings},)
        result = self.livectl("chat", stdin="/help\n/voice Kore\n/voice\n/mute\n/volume 30\n"
                              "/volume loud\n/context a note\n/interrupt\n/new\n/status\n/usage\n"
                              "/listen\n/listen off\n/listen maybe\n/frobnicate\nhello\n/quit\nnot sent\n")
        self.assertEqual((result.code, result.out), (0, "live: You said: hello.\n"))
        for part in ("/voice NAME", "The other voice: in force at the next quiet point.",
                     "It is: /voice NAME", "The microphone is muted.", "“loud” is not a volume",
                     "A new conversation.", "model models/gemini-live", "response               20",
                     "“maybe” is not one of", "There is no /frobnicate."):
            self.assertIn(part, result.err)
        self.assertEqual(self.sent(), ["a note", "hello"])
        self.assertEqual(self.daemon.called("Set"), [("Muted", True), ("OutputVolume", 0.3)])
        self.assertEqual(len(self.daemon.called("Interrupt")), 1)
        self.assertEqual(self.daemon.called("StartListening"), [({"reason": "livectl chat"},)])
        self.assertEqual(len(self.daemon.called("StopListening")), 1)

    def test_a_microphone_from_the_start(self):
        self.assertEqual(self.livectl("chat", "--listen", stdin="hello\n").code, 0)
        self.assertEqual(self.daemon.called("StartListening"), [({"reason": "livectl chat"},)])

    def test_what_goes_wrong_ends_it(self):
        self.refuse("SendText", "QuotaExceeded")
        result = self.livectl("chat", stdin="one\ntwo\n")
        self.assertEqual((result.code, result.out), (1, ""))
        self.assertIn("quota", result.err)
        self.refuse("Connect", "NoCredentials")
        self.assertEqual(self.livectl("chat", stdin="one\n").code, 4)
        self.assertEqual(self.livectl("chat", stdin=b"\xff\n").code, 4)
        self.daemon.handlers["Connect"] = lambda *_: ()
        self.assertEqual(self.livectl("chat", stdin=b"\xff\n").code, 2)

    def test_interrupted(self):
        self.daemon.handlers["SendText"] = lambda *_: (1,)
        run = self.start("chat", stdin="one\n")
        wait_for("the line", self.sent)
        run.interrupt()
        self.assertEqual(run.wait().code, 130)

    def test_no_text_steers_the_terminal(self):
        self.daemon.handlers["SendText"] = lambda *_: GLib.idle_add(
            self.speak, 1, "a\033]0;title\007b\u009bc\x7f") and (1,)
        out = self.ok("chat", stdin="x\n")
        self.assertFalse(any(ord(c) < 32 and c != "\n" or 0x7f <= ord(c) < 0xa0 for c in out), out)


if __name__ == "__main__":
    main()
