#!/usr/bin/python3
"""From mouth to ear: speech goes through PipeWire, daemon and simulator, and answers come back,
each compared with what was fed in. The real daemon, the real simulator, a private PipeWire."""

import os
import unittest

import numpy
from gi.repository import GLib

import compare
import stage
import tap

ALIKE = 0.99
LOUD = 0.02


class Talk(unittest.TestCase):
    def setUp(self):
        self.rig = stage.Rig()
        self.rig.start()
        self.addCleanup(self.rig.stop)
        self.stage = stage.Stage(self.rig)
        self.addCleanup(self.end)
        self.stage.start_simulator()

    def end(self):
        try:
            self.stage.stop()
        finally:
            result = self._outcome.result
            if any(test is self for test, _ in result.failures + result.errors):
                self.stage.print_logs()

    def connect(self, *settings):
        self.stage.start_daemon(*settings)
        self.stage.call("Session", "Connect", "(a{sv})", {})

    def listen(self):
        self.stage.call("Audio", "StartListening", "(a{sv})", {})
        self.stage.wait_for_signal("Listening", lambda on: on)
        self.rig.wait_for_link("test-mic", "lived.capture")

    def assert_alike(self, reference, recording, what):
        found = compare.match(*compare.read_wav(reference), *compare.read_wav(recording))
        print(f"# {what}: {found}", flush=True)
        self.assertGreaterEqual(found.correlation, ALIKE, f"{what}: {found}")
        self.assertEqual(found.jumps, [], f"{what}: {found}")
        self.assertAlmostEqual(found.gain, 1.0, delta=0.05, msg=f"{what}: {found}")

    def finish_turn(self, since):
        return self.stage.wait_for_signal("TurnComplete", since=since, timeout=60)

    def test_speech_reaches_the_service_and_the_answer_the_ear(self):
        spoken = self.rig.say("Good morning. Can you hear every word that I say to you?",
                              "question.wav")
        heard = self.rig.path("heard.wav")
        self.connect()
        self.listen()
        with self.rig.record(heard):
            self.rig.feed(spoken)
            started = self.stage.wait_for_signal("TurnStarted", lambda turn, origin:
                                                 origin == "voice")
            done = self.stage.wait_for_signal("TurnComplete", lambda turn, reason, details:
                                              turn == started.args[0], timeout=60)
        self.assertEqual(done.args[1], "complete")
        self.stage.call("Audio", "StopListening", "(a{sv})", {})

        said = [e.args[1] for e in self.stage.signals("OutputTranscript") if e.args[2]]
        self.assertEqual(len(said), 1, said)
        self.assertRegex(said[0], r"seconds of speech")
        self.assertTrue(self.stage.signals("InputTranscript"), "no transcript of the question")
        usage = self.stage.get("Session", "Usage")
        self.assertGreater(usage.get("total", 0), 0, usage)

        self.stage.stop()
        sounds = self.stage.sounds
        self.assert_alike(spoken, os.path.join(sounds, "in.wav"), "microphone -> service")
        self.assert_alike(os.path.join(sounds, "out.wav"), heard, "service -> speaker")

    def test_speaking_over_a_story_cuts_it_off(self):
        self.connect()
        self.listen()
        heard = self.rig.path("heard.wav")
        stop = self.rig.say("Stop it please, I have heard enough of this.", "stop.wav")
        with self.rig.record(heard):
            story = self.stage.call("Session", "SendText", "(sa{sv})", "Tell me a story.", {})
            self.stage.wait_for_signal("Activity", lambda activity: activity == "speaking")
            self.stage.wait_for("some of the story", lambda: len(self.stage.signals(
                "OutputTranscript")) > 1)
            since = self.stage.mark()
            self.rig.feed(stop, wait=False)
            cut = self.stage.wait_for_signal("Interrupted", since=since)
            self.assertEqual(cut.args[0], story)
            done = self.stage.wait_for_signal(
                "TurnComplete", lambda turn, reason, details: turn == story, since=since)
            self.assertEqual(done.args[1], "interrupted")
            self.assertLess(done.args[2]["heard-ms"], done.args[2]["audio-ms"])
            # The next answer is to what was said over the story.
            self.stage.wait_for_signal("TurnComplete", lambda turn, reason, details:
                                       turn > story, since=since, timeout=60)
        # Between the cut and the next answer there is silence: nothing of the story is left over.
        samples, rate = compare.read_wav(heard)
        blocks = numpy.abs(samples[:len(samples) // 480 * 480].reshape(-1, 480)).max(axis=1)
        loud = numpy.nonzero(blocks > LOUD)[0]
        pauses = numpy.diff(loud) * 480 / rate
        self.assertTrue((pauses > 0.4).any(), "the story ran into the next answer")
        # One Interrupted, one TurnComplete for each turn that began.
        turns = [e.args[0] for e in self.stage.signals("TurnStarted")]
        ends = [e.args[0] for e in self.stage.signals("TurnComplete")]
        self.assertEqual(sorted(turns), sorted(ends))

    def test_interrupt_silences_at_once(self):
        self.connect()
        story = self.stage.call("Session", "SendText", "(sa{sv})", "Tell me a story.", {})
        self.stage.wait_for("some of the story", lambda: len(self.stage.signals(
            "OutputTranscript")) > 1)
        self.stage.call("Session", "Interrupt", "(a{sv})", {})
        done = self.finish_turn(0)
        self.assertEqual(done.args[:2], (story, "interrupted"))
        heard = self.rig.path("silence.wav")
        with self.rig.record(heard):
            self.stage.call("Session", "SendText", "(sa{sv})", "say that is all", {})
            self.stage.wait_for_signal("TurnComplete", lambda turn, reason, details: turn > story)
        transcripts = [e.args for e in self.stage.signals("OutputTranscript") if e.args[2]]
        self.assertEqual(transcripts[-1][1], "that is all")

    def test_typed_text_in_a_spoken_conversation(self):
        self.connect()
        self.listen()
        conversation = self.stage.get("Session", "ConversationId")
        self.rig.feed(self.rig.say("One two three four five.", "count.wav"))
        self.finish_turn(0)
        since = self.stage.mark()
        reply, details = self.stage.call("Session", "Ask", "(sa{sv})", "How many turns?", {})
        self.assertRegex(reply, r"finished 1 turn")
        self.finish_turn(since)
        self.assertEqual(self.stage.get("Session", "ConversationId"), conversation)

    def test_mute_destroys_the_capture_node(self):
        self.connect()
        self.listen()
        self.assertIn("lived.capture", self.rig.nodes())
        self.stage.set("Audio", "Muted", GLib.Variant("b", True))
        self.rig.wait_for_no_node("lived.capture")
        self.stage.wait_for_signal("Listening", lambda on: not on)
        # What is spoken now reaches nobody.
        frames = self.spoken_frames()
        self.rig.feed(self.rig.say("Nobody may hear this.", "secret.wav"))
        self.assertEqual(self.spoken_frames(), frames)
        self.stage.set("Audio", "Muted", GLib.Variant("b", False))
        self.rig.wait_for_link("test-mic", "lived.capture")

    def spoken_frames(self):
        return sum("audio" in line.get("message", {}).get("realtimeInput", {})
                   for line in self.stage.wire() if line["direction"] != "event")

    def test_the_capture_node_goes_with_the_last_listener(self):
        self.connect()
        self.assertNotIn("lived.capture", self.rig.nodes())
        self.listen()
        self.stage.call("Audio", "StopListening", "(a{sv})", {})
        self.rig.wait_for_no_node("lived.capture")

    def test_text_goes_on_without_pipewire(self):
        self.connect()
        self.rig.kill_server()
        self.stage.wait_for("the news of it", lambda: self.stage.get(
            "Audio", "OutputState") == "unavailable")
        self.assertEqual(self.stage.get("Audio", "InputState"), "unavailable")
        reply, details = self.stage.call("Session", "Ask", "(sa{sv})", "say still here", {})
        self.assertEqual(reply, "still here")
        self.finish_turn(0)

        self.rig.start_server()
        self.stage.wait_for("sound again", lambda: self.stage.get(
            "Audio", "OutputState") != "unavailable")
        heard = self.rig.path("again.wav")
        since = self.stage.mark()
        with self.rig.record(heard):
            self.stage.call("Session", "SendText", "(sa{sv})", "say back again", {})
            self.finish_turn(since)
        samples, _ = compare.read_wav(heard)
        self.assertGreater(float(numpy.abs(samples).max()), LOUD)


if __name__ == "__main__":
    tap.main()
