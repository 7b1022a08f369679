#!/usr/bin/python3
"""What each verb of livectl sends to the daemon and prints, for people and for programs."""

import signal
import tempfile
import time

from gi.repository import Gio, GLib

from harness import FakeDaemon, WithDaemon, wait_for
from tap import main


class Text(WithDaemon):
    def test_ask(self):
        details = {"turn": GLib.Variant.new_uint64(7), "interrupted": GLib.Variant.new_boolean(False),
                   "tokens": GLib.Variant("a{st}", {"total": 12})}
        self.daemon.handlers["Ask"] = lambda text, options: ("Wörter\nand more", details)
        self.assertEqual(self.ok("ask", "what", "is", "this"), "Wörter\nand more\n")
        self.assertEqual(self.daemon.called("Ask")[0], ("what is this", {"timeout-ms": 120000}))
        self.assertEqual(self.ok("ask", "--timeout=2.5", "--", "--json"), "Wörter\nand more\n")
        self.assertEqual(self.daemon.called("Ask")[1], ("--json", {"timeout-ms": 2500}))
        self.assertEqual(self.livectl("ask", "--json", "x").json(),
                         {"reply": "Wörter\nand more", "turn": 7, "interrupted": False,
                          "tokens": {"total": 12}})

    def test_ask_from_standard_input(self):
        self.daemon.handlers["Ask"] = lambda text, options: (text.upper(), {})
        self.assertEqual(self.ok("ask", "-", stdin="  one\ntwo ä \n"), "ONE\nTWO Ä\n")
        long = "x" * 256 * 1024
        self.assertEqual(self.ok("ask", "-", stdin=long), long.upper() + "\n")

    def test_an_answer_that_was_cut_off(self):
        self.daemon.handlers["Ask"] = lambda *_: ("Once upon", {"interrupted": GLib.Variant("b", 1)})
        result = self.livectl("ask", "x")
        self.assertEqual((result.code, result.out), (0, "Once upon\n"))
        self.assertIn("cut off", result.err)

    def test_send(self):
        self.daemon.handlers["SendText"] = lambda text, options: (9,)
        self.assertEqual(self.ok("send", "hello"), "")
        self.assertEqual(self.livectl("send", "--json", "hello").json(), {"turn": 9})
        self.ok("send", "--context", "-", stdin="a note")
        self.assertEqual(self.daemon.called("SendText"),
                         [("hello", {}), ("hello", {}), ("a note", {"context": True})])

    def test_a_latin_1_terminal(self):
        self.daemon.handlers["Ask"] = lambda text, options: (text, {})
        self.assertEqual(self.ok("ask", "grün", env={"LC_ALL": "C"}), "grün\n")


class Session(WithDaemon):
    def test_connect(self):
        self.assertEqual(self.ok("connect"), "Online with models/gemini-live.\n")
        self.assertEqual(self.livectl("connect", "--json").json(),
                         {"state": "online", "model": "models/gemini-live", "voice": "Puck",
                          "conversation-id": "c-1", "context-origin": "new"})

    def test_disconnect_and_new_and_interrupt(self):
        self.assertEqual(self.ok("disconnect"), "")
        self.assertEqual(self.livectl("disconnect", "--json").json(), {"state": "offline"})
        self.daemon.handlers["NewConversation"] = lambda *_: ("c-2",)
        self.assertEqual(self.ok("new"), "A new conversation: c-2\n")
        self.assertEqual(self.livectl("new", "--json").json(), {"conversation-id": "c-2"})
        self.assertEqual(self.ok("interrupt"), "")
        self.assertEqual(len(self.daemon.called("Interrupt")), 1)

    def test_status(self):
        self.assertEqual(self.ok("status"), """\
● online
Model         models/gemini-live
Voice         Puck
Microphone    closed
Speaker       volume 80 %
Conversation  c-1
Tokens        30 (10 in, 20 out)
Daemon        1.2.3
""")

    def test_status_in_trouble(self):
        now_us = int(time.time() * 1e6)
        self.daemon.change(
            State="backoff", StateReason="network", StateMessage="no route", Activity="speaking",
            Language="de-DE", Muted=True, RetryAt=now_us + 600_000_000, Usage={}, OutputState=
            "unavailable", ContextOrigin="lost",
            Holds=[{"name": GLib.Variant("s", ":1.5"), "pid": GLib.Variant("u", 42),
                    "reason": GLib.Variant("s", "dictation")}])
        out = self.ok("status")
        for part in ("waiting before the next attempt, speaking, trying again in 9 min",
                     "  no route\n", "Language      de-DE", "muted; wanted by dictation [42]",
                     "Speaker       not available", "c-1, its earlier part is lost", "none yet"):
            self.assertIn(part, out)
        self.daemon.change(State="blocked", StateReason="no-credentials", Muted=False,
                           Listening=True)
        self.assertIn("blocked, needs you", self.ok("status"))
        self.assertIn("  There is no API key for the service: no route.\n  lived(1) tells",
                      self.ok("status"))
        self.assertIn("open for dictation [42]", self.ok("status"))

    def test_status_as_json(self):
        status = self.livectl("status", "--json").json()
        self.assertEqual({key: status[key] for key in
                          ("running", "state", "state-reason", "muted", "output-volume", "usage",
                           "version", "connected-since", "features")},
                         {"running": True, "state": "online", "state-reason": "none",
                          "muted": False, "output-volume": 0.8, "version": "1.2.3",
                          "usage": {"total": 30, "prompt": 10, "response": 20},
                          "connected-since": 0, "features": ["pipewire"]})
        self.assertNotIn("settings", status)

    def test_values_of_a_later_version(self):
        self.daemon.change(State="dreaming", Activity="humming", ContextOrigin="borrowed")
        self.assertIn("dreaming", self.ok("status"))

    def test_status_follows(self):
        run = self.start("status", "--follow")
        run.wait_for_output("online · idle\n")
        self.daemon.change(Activity="speaking", State="online")
        run.wait_for_output("online · speaking\n")
        self.daemon.change(Listening=True)
        run.wait_for_output("speaking · microphone open\n")
        self.daemon.close()
        run.wait_for_output("not running\n")
        self.daemon = FakeDaemon(self.bus)
        wait_for("the daemon to be seen again",
                 lambda: run.read(run.out).endswith("not running\nonline · idle\n"))
        run.interrupt()
        self.assertEqual(run.wait().code, 130)

    def test_status_follows_a_daemon_that_is_yet_to_come(self):
        self.daemon.close()
        run = self.start("status", "--follow", "--json", "--no-autostart")
        run.wait_for_output('{"running":false}\n')
        self.daemon = FakeDaemon(self.bus)
        run.wait_for_output('"running":true')
        run.process.send_signal(signal.SIGTERM)
        lines = run.wait().json()
        self.assertEqual([line["running"] for line in lines], [False, True])
        self.assertEqual(lines[1]["state"], "online")

    def test_wait(self):
        self.assertEqual(self.ok("wait", "online"), "")
        self.assertEqual(self.livectl("wait", "idle", "--json").json(),
                         {"state": "online", "activity": "idle"})
        self.daemon.n_reads = 0
        run = self.start("wait", "thinking")
        wait_for("livectl to look", lambda: self.daemon.n_reads > 0)
        self.daemon.change(Activity="listening")
        self.daemon.change(Activity="thinking")
        self.assertEqual(run.wait().code, 0)
        late = self.livectl("wait", "offline", "--timeout=0.2")
        self.assertEqual(late.code, 5)
        self.assertIn("“offline”", late.err)

    def test_wait_for_a_blocked_session(self):
        for reason, code in [("no-credentials", 4), ("rejected-credentials", 4), ("quota", 1),
                             ("model-unavailable", 4), ("bad-setup", 4), ("budget", 1)]:
            self.daemon.change(State="blocked", StateReason=reason, StateMessage="look")
            result = self.livectl("wait", "online")
            self.assertEqual(result.code, code, f"{reason}: {result}")
            self.assertIn("look", result.err)

    def test_check(self):
        for verdict, code in [("ok", 0), ("missing", 4), ("rejected", 4), ("quota", 1),
                              ("unreachable", 1), ("strange", 1)]:
            self.daemon.handlers["CheckCredentials"] = lambda *_, v=verdict: (
                v, {"message": GLib.Variant("s", "so it is")})
            plain = self.livectl("check")
            self.assertEqual(plain.code, code, f"{verdict}: {plain}")
            self.assertIn("so it is" if verdict not in ("ok", "strange") else "", plain.err)
            as_json = self.livectl("check", "--json")
            self.assertEqual((as_json.code, as_json.err), (code, ""))
            self.assertEqual(as_json.json(), {"verdict": verdict, "message": "so it is"})

    def test_dump(self):
        def dump(*_):
            file = tempfile.TemporaryFile()
            file.write("state: ä\n\033[31mred\n".encode() + b"x" * 200000 + b"\n")
            file.seek(0)
            fds = Gio.UnixFDList.new()
            fds.append(file.fileno())
            return fds, GLib.Variant("(h)", (0,))
        self.daemon.handlers["Dump"] = dump
        out = self.ok("dump")
        self.assertTrue(out.startswith("state: ä\n") and out.endswith("x\n"))
        self.assertEqual(len(out), len("state: ä\n?[31mred\n") + 200001)
        self.assertNotIn("\033", out)
        self.assertTrue(self.livectl("dump", "--json").json()["dump"].startswith("state: ä"))


class Settings(WithDaemon):
    def setUp(self):
        super().setUp()
        self.daemon.handlers["Configure"] = lambda settings, options: (
            {key: "reconnect" for key in settings},)

    def test_voice(self):
        self.assertEqual(self.ok("voice"), "Puck\n")
        self.assertEqual(self.livectl("voice", "--json").json(), {"voice": "Puck"})
        self.assertEqual(self.ok("voice", "Kore"),
                         "session.voice: in force at the next quiet point\n")
        self.assertEqual(self.livectl("voice", "Kore", "--json").json(),
                         {"applied": {"session.voice": "reconnect"}})
        self.assertEqual(self.daemon.called("Configure")[0], ({"session.voice": "Kore"}, {}))
        self.ok("voice", "")
        self.assertEqual(self.daemon.called("Configure")[-1], ({"session.voice": ""}, {}))

    def test_voices(self):
        voices = [{"name": GLib.Variant("s", "Puck"), "current": GLib.Variant("b", True)},
                  {"name": GLib.Variant("s", "Aoede"), "current": GLib.Variant("b", False)}]
        self.daemon.handlers["ListVoices"] = lambda *_: (voices,)
        self.assertEqual(self.ok("voice", "--list"), "Puck   current\nAoede\n")
        self.assertEqual(self.livectl("voice", "--list", "--json").json(),
                         {"voices": [{"name": "Puck", "current": True},
                                     {"name": "Aoede", "current": False}]})

    def test_a_voice_that_nobody_knows(self):
        voices = [{"name": GLib.Variant("s", "Puck")}, {"name": GLib.Variant("s", "Aoede")}]
        self.daemon.handlers["ListVoices"] = lambda *_: (voices,)
        for words in (["voice"], ["config", "set", "session.voice"]):
            for name, answer in (("aoede", "Did you mean “Aoede”?"), ("Nonsense", "--list")):
                result = self.livectl(*words, name)
                self.assertEqual(result.code, 2)
                self.assertIn(answer, result.err)
            self.assertEqual(self.daemon.called("Configure"), [])
        for words in (["voice"], ["config", "set", "session.voice"]):
            self.ok(*words, "--force", "Nonsense")
            self.assertEqual(self.daemon.called("Configure")[-1], ({"session.voice": "Nonsense"}, {}))
        self.ok("voice", "Aoede")
        self.assertEqual(self.daemon.called("Configure")[-1], ({"session.voice": "Aoede"}, {}))

    def test_config(self):
        self.assertEqual(self.ok("config", "list", "session"), """\
session.connect-on-start  false
session.model             models/gemini-live
session.temperature       0.5
session.voice             Puck
""")
        self.assertEqual(self.livectl("config", "list", "vad", "--json").json(),
                         {"vad.silence-duration-ms": 500})
        self.assertEqual(self.ok("config", "get", "tools.allowed"), "a, b\n")
        self.assertEqual(self.livectl("config", "get", "tools.allowed", "--json").json(),
                         {"tools.allowed": ["a", "b"]})

    def test_config_set_keeps_the_type(self):
        for key, text, value in [("session.voice", "Kore", "Kore"), ("session.voice", "", ""),
                                 ("session.connect-on-start", "yes", True),
                                 ("session.connect-on-start", "false", False),
                                 ("session.temperature", "1", 1.0),
                                 ("session.temperature", "-0.5", -0.5),
                                 ("vad.silence-duration-ms", "250", 250),
                                 ("tools.allowed", "x, y", ["x", "y"]), ("tools.allowed", "", []),
                                 ("tools.allowed", "['a,b']", ["a,b"])]:
            self.assertIn("next quiet point", self.ok("config", "set", key, text))
            self.assertEqual(self.daemon.called("Configure")[-1], ({key: value}, {}), text)

    def test_config_refuses(self):
        for args, part in [(["get", "session.voic"], "“session.voice”"),
                           (["set", "voice", "x"], "“session.voice”"),
                           (["get", "no.such.thing"], "config list"),
                           (["set", "session.connect-on-start", "maybe"], "true or false"),
                           (["set", "vad.silence-duration-ms", "-1"], "not negative"),
                           (["set", "vad.silence-duration-ms", "1.5"], "whole number"),
                           (["set", "session.temperature", "warm"], "a number")]:
            result = self.livectl("config", *args)
            self.assertEqual((result.code, result.out), (2, ""), f"{args}: {result}")
            self.assertIn(part, result.err)
        self.assertEqual(self.daemon.called("Configure"), [])
        self.refuse("Configure", "InvalidArgument", "session.voice: no such voice")
        result = self.livectl("config", "set", "session.voice", "x")
        self.assertEqual(result.code, 2)
        self.assertIn("session.voice: no such voice", result.err)


class Sound(WithDaemon):
    def test_mute(self):
        self.assertEqual(self.ok("mute"), "The microphone is not muted.\n")
        self.assertEqual(self.ok("mute", "on"), "The microphone is muted.\n")
        self.assertEqual(self.ok("mute", "toggle"), "The microphone is not muted.\n")
        self.assertEqual(self.livectl("mute", "toggle", "--json").json(), {"muted": True})
        self.assertEqual(self.daemon.called("Set"),
                         [("Muted", True), ("Muted", False), ("Muted", True)])

    def test_volume(self):
        self.assertEqual(self.ok("volume"), "Volume 80 %\n")
        self.assertEqual(self.ok("volume", "55%"), "Volume 55 %\n")
        self.assertEqual(self.ok("volume", "10+"), "Volume 65 %\n")
        self.assertEqual(self.ok("volume", "90%-"), "Volume 0 %\n")
        self.assertEqual(self.livectl("volume", "50", "--json").json(), {"output-volume": 0.5})

    def test_devices(self):
        def device(name, direction, default):
            return {"name": GLib.Variant("s", name), "description": GLib.Variant("s", "The " + name),
                    "direction": GLib.Variant("s", direction), "default": GLib.Variant("b", default)}
        self.daemon.handlers["ListDevices"] = lambda *_: (
            [device("mic", "input", True), device("box", "output", False)],)
        self.assertEqual(self.ok("devices"), "microphone  mic  The mic  default\n"
                                             "speaker     box  The box\n")
        self.assertEqual(self.livectl("devices", "--json").json()["devices"][1],
                         {"name": "box", "description": "The box", "direction": "output",
                          "default": False})
        self.assertEqual(self.ok("devices", "--input=mic", "--output=default"), "")
        self.assertEqual(self.daemon.called("Set"), [("InputDevice", "mic"), ("OutputDevice", "")])

    def hold(self, options, sender=":1.9"):
        self.daemon.change(Listening=True, Holds=[{"name": GLib.Variant("s", sender)}])
        return ()

    def test_listen_on_and_off(self):
        self.daemon.handlers["StartListening"] = self.hold
        self.assertEqual(self.ok("listen", "on"),
                         "The microphone is open until: livectl listen off\n")
        self.assertEqual(self.daemon.called("StartListening")[0],
                         ({"reason": "livectl listen on", "detached": True},))
        self.assertIn("Other programs still hold", self.ok("listen", "off"))
        self.daemon.change(Holds=[], Listening=False)
        self.assertEqual(self.ok("listen", "off"), "The microphone is closed.\n")
        self.refuse("StopListening", "NotFound")
        self.assertEqual(self.ok("listen", "off"), "The microphone is closed.\n")
        self.assertEqual(self.livectl("listen", "off", "--all", "--json").json(),
                         {"listening": False, "muted": False, "holds": []})
        self.assertEqual(self.daemon.called("StopListening")[-1], ({"all": True},))
        self.daemon.change(Muted=True)
        self.assertIn("but muted", self.ok("listen", "on", "--reason=me"))

    def test_listen_hold(self):
        self.daemon.handlers["StartListening"] = self.hold
        run = self.start("listen", "hold", "--reason=a test")
        wait_for("the hold", lambda: self.daemon.called("StartListening"))
        self.daemon.emit("InputTranscript", 1, "what time", False, {})
        self.daemon.emit("InputTranscript", 1, " is it", False, {})
        self.daemon.emit("InputTranscript", 1, "what time is it", True, {})
        self.daemon.emit("OutputTranscript", 1, "Ten past four.", True, {})
        run.wait_for_output("you: what time is it\nlive: Ten past four.\n")
        run.interrupt()
        self.assertEqual(run.wait().code, 130)
        self.assertEqual(self.daemon.called("StartListening"), [({"reason": "a test"},)])

    def test_listen_hold_with_levels(self):
        self.daemon.handlers["StartListening"] = self.hold
        run = self.start("listen", "hold", "--levels", "--json")
        run.wait_for_output("watching")
        wait_for("the subscription", lambda: self.daemon.called("SubscribeLevels"))
        self.daemon.emit("Levels", 0.1, 0.5, 0.0, 0.0)
        run.wait_for_output('"event":"levels"')
        run.interrupt()
        events = run.wait().json()
        self.assertEqual(events[-1]["input-peak"], 0.5)

if __name__ == "__main__":
    main()
