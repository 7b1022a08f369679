#!/usr/bin/python3
"""What client/try shows: connect, a spoken question, the spoken answer, a cut into a long answer, a
typed question, and what it cost in tokens. Exits 0 when all of it happened.

Where the desktop has a PipeWire, answers come out of its speaker and the questions go into a
virtual microphone beside the real one; elsewhere a private PipeWire without devices is started."""

import argparse
import json
import os
import subprocess
import sys

import numpy

import compare
import rig as rigs
import stage as stages

QUESTION = "Hello! Good morning. Can you hear me well today?"
STORY = "Tell me a story, please, a long one."
STOP = "Stop, please. Thank you, that is enough of the story."
TYPED = "What time is it?"
MICROPHONE = "live-try-microphone"
# On a desktop nobody needs to wait for the room to get silent.
SILENT = 0.005


def say(text=""):
    print(text, flush=True)


def step(text):
    say(f"\n== {text}")


def runtime_folder():
    return os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"


class Desktop(rigs.Rig):
    """The user's own PipeWire, with a microphone more as long as this runs. Everything else, the
    bus and the folders, is as private as in a rig."""

    def __init__(self):
        super().__init__()
        self.sink = None

    def start_server(self):
        """It runs already."""
        self.env["PIPEWIRE_RUNTIME_DIR"] = runtime_folder()

    def adopt(self):
        """The name of the default sink; None when this desktop has no PipeWire that works."""
        self.sink = self.default("sink")
        if self.sink is not None:
            self.add_node(MICROPHONE, "Audio/Source/Virtual", priority=1)
        return self.sink

    def stop(self):
        if self.sink is not None:
            self.sink = None
            try:
                self.remove_node(MICROPHONE)
            except rigs.RigError as error:
                say(f"The virtual microphone could not be removed: {error}")
        super().stop()

    def record(self, wav, source=None, rate_hz=48000):
        return DesktopRecording(self, wav)


class DesktopRecording:
    """What the default sink plays, whatever its channels are called."""

    def __init__(self, rig, wav):
        self.rig, self.wav = rig, wav
        self.process = None

    def __enter__(self):
        self.process = self.rig._spawn(
            "try-recording", "pw-cat", "--record", "--rate", "48000", "--channels", "1",
            "--format", "s16", "--target", self.rig.sink, "-P",
            json.dumps({"node.name": "try-recording", "stream.capture.sink": True}), self.wav)
        self.rig.wait_for_link(self.rig.sink, "try-recording")
        return self

    def __exit__(self, *details):
        rigs.end(self.process, rigs.signal.SIGINT)


def find_desktop():
    if not os.path.exists(os.path.join(runtime_folder(), "pipewire-0")):
        return None
    desktop = Desktop()
    try:
        desktop.start()
        if desktop.adopt() is not None:
            return desktop
    except rigs.RigError as error:
        say(f"The desktop's PipeWire does not answer ({error}).")
    desktop.stop()
    return None


class Demo:
    def __init__(self, rig, folder, microphone, key):
        self.rig, self.microphone, self.key = rig, microphone, key
        self.stage = stages.Stage(rig)
        self.heard = os.path.join(folder, "heard.wav")

    def prepare(self):
        if self.key is not None:
            # Only the daemon's environment holds it; nothing prints it.
            self.stage.env["GEMINI_API_KEY"] = self.key
            say("GEMINI_API_KEY is set: this talks to the Gemini Live API.")
        else:
            self.stage.start_simulator()
            say("GEMINI_API_KEY is not set: this talks to live-simulator on this machine, not to "
                "Gemini.\nIt speaks by rules and understands typed words only; of speech it hears "
                "how long it was.")
        self.stage.start_daemon(f"audio.input-device={self.microphone}")

    def livectl(self, *arguments):
        say(f"$ livectl {' '.join(json.dumps(a) if ' ' in a else a for a in arguments)}")
        text = self.stage.livectl(*arguments).stdout.rstrip()
        if text:
            say(text)
        return text

    def final(self, name, turn, since):
        """The whole of a transcript, once it is whole."""
        event = self.stage.wait_for_signal(
            name, lambda number, text, final, details: number == turn and final, since=since,
            timeout=90)
        return event.args[1]

    def connect(self):
        step("Connect")
        self.livectl("connect")
        self.livectl("status")

    def spoken_question(self):
        step("A spoken question, a spoken answer")
        self.livectl("listen", "on")
        self.stage.wait_for("the microphone", lambda: self.stage.get("Audio", "Listening"))
        self.rig.wait_for_link(self.microphone, "lived.capture")
        since = self.stage.mark()
        say(f"(into the microphone)  {QUESTION}")
        self.rig.feed(self.rig.say(QUESTION, "question.wav"), to=self.microphone)
        turn = self.stage.wait_for_signal("TurnStarted", since=since, timeout=60).args[0]
        said = self.final("OutputTranscript", turn, since)
        heard = "".join(e.args[1] for e in self.stage.signals("InputTranscript", since)
                        if e.args[2])
        say(f"you were heard to say: {heard}")
        say(f"the answer, aloud:     {said}")
        done = self.stage.wait_for_signal("TurnComplete", lambda number, *rest: number == turn,
                                          since=since, timeout=90)
        say(f"({done.args[2].get('heard-ms', 0) / 1000:.1f} s of speech were played)")

    def barge_in(self):
        step("A long answer, cut off by speaking")
        since = self.stage.mark()
        self.livectl("send", STORY)
        turn = self.stage.wait_for_signal("TurnStarted", since=since, timeout=60).args[0]
        self.stage.wait_for_signal("Activity", lambda activity: activity == "speaking",
                                   since=since, timeout=60)
        self.stage.wait_for("some of the story", lambda: len(
            self.stage.signals("OutputTranscript", since)) > 1, timeout=60)
        say(f"(over it, into the microphone)  {STOP}")
        cut_from = self.stage.mark()
        self.rig.feed(self.rig.say(STOP, "stop.wav"), to=self.microphone, wait=False)
        self.stage.wait_for_signal("Interrupted", since=cut_from, timeout=60)
        done = self.stage.wait_for_signal("TurnComplete", lambda number, *rest: number == turn,
                                          since=cut_from, timeout=60)
        details = done.args[2]
        say(f"interrupted: of {details.get('audio-ms', 0) / 1000:.1f} s that had arrived, "
            f"{details.get('heard-ms', 0) / 1000:.1f} s were heard")
        if done.args[1] != "interrupted":
            raise stages.StageError(f"the story's turn ended with {done.args[1]}")
        # What was said over the story is a question of its own.
        following = self.stage.wait_for_signal("TurnComplete", lambda number, *rest: number > turn,
                                               since=cut_from, timeout=90)
        say("the answer to that:    "
            + self.final("OutputTranscript", following.args[0], cut_from))

    def typed_question(self):
        step("A typed question in the same conversation")
        before = self.stage.get("Session", "ConversationId")
        since = self.stage.mark()
        if not self.livectl("ask", TYPED):
            raise stages.StageError("the typed question got no answer")
        self.stage.wait_for_signal("TurnComplete", since=since, timeout=90)
        if self.stage.get("Session", "ConversationId") != before:
            raise stages.StageError("it was another conversation")

    def usage(self):
        step("What it cost")
        usage = self.stage.get("Session", "Usage")
        say("tokens: " + ", ".join(f"{name} {usage[name]}" for name in sorted(usage)))
        if usage.get("total", 0) <= 0:
            raise stages.StageError("no token was counted")

    def sound(self):
        samples, rate = compare.read_wav(self.heard)
        loud = float(numpy.abs(samples).max()) if len(samples) else 0.0
        if loud < SILENT:
            raise stages.StageError(f"{self.heard} holds no sound")
        say(f"\nWhat was heard, {len(samples) / rate:.0f} s of it: {self.heard}")

    def run(self):
        self.prepare()
        with self.rig.record(self.heard):
            self.connect()
            self.spoken_question()
            self.barge_in()
            self.typed_question()
        self.livectl("listen", "off")
        self.usage()
        self.sound()

    def chat(self):
        options = []
        if isinstance(self.rig, Desktop):
            # From here on the real microphone.
            self.livectl("devices", "--input", "default")
            options.append("--listen")
        step("Your turn: speak or type; /help tells more, Ctrl-D ends it" if options
             else "Your turn: type; /help tells more, Ctrl-D ends it")
        subprocess.run([stages.program("livectl"), "chat", *options], env=self.stage.env,
                       check=False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", required=True, help="where heard.wav goes")
    parser.add_argument("--no-chat", action="store_true")
    parser.add_argument("--private", action="store_true")
    arguments = parser.parse_args()
    key = os.environ.pop("GEMINI_API_KEY", None) or None

    rig = None if arguments.private else find_desktop()
    if rig is not None:
        microphone = MICROPHONE
        say("Sound: this desktop's PipeWire; the questions come from a virtual microphone.")
    else:
        microphone = "test-mic"
        rig = rigs.Rig()
        say("Sound: a PipeWire of its own, without devices; you read what would be heard.")

    demo = None
    try:
        if rig.folder is None:
            rig.start()
        demo = Demo(rig, arguments.folder, microphone, key)
        demo.run()
        if sys.stdin.isatty() and sys.stdout.isatty() and not arguments.no_chat:
            demo.chat()
        demo.stage.stop()
        say("\nAll of it worked.")
        return 0
    except (stages.StageError, rigs.RigError, stages.GLib.Error) as error:
        say(f"\nThis did not work: {error}")
        if demo is not None:
            demo.stage.print_logs()
        return 1
    finally:
        if demo is not None:
            for process in (demo.stage.daemon, demo.stage.simulator):
                rigs.end(process)
        rig.stop()


if __name__ == "__main__":
    sys.exit(main())
