#!/usr/bin/python3
"""livectl with the real daemon, started by the bus, and the simulator in the service's place."""

import signal

from realdaemon import WithRealDaemon
from tap import main


class Conversation(WithRealDaemon):
    def test_ask(self):
        self.assertIn("the small red fox", self.ok("ask", "repeat the small red fox").lower())
        answer = self.livectl("ask", "--json", "-", stdin="repeat blue\n").json()
        self.assertIn("blue", answer["reply"].lower())
        self.assertGreater(answer["turn"], 0)
        self.ok("wait", "idle")
        usage = self.livectl("status", "--json").json()["usage"]
        self.assertGreater(usage["total"], 0)
        self.assertIn(f"Tokens        {usage['total']} (", self.ok("status"))

    def test_chat(self):
        out = self.ok("chat", stdin="my name is Ada\nwhat is my name\n")
        lines = out.splitlines()
        self.assertTrue(all(line.startswith("live: ") for line in lines), out)
        self.assertIn("Ada", lines[-1])

    def test_send_and_wait_and_monitor(self):
        monitor = self.start("monitor", "--json")
        monitor.wait_for_output("watching")
        turn = self.livectl("send", "--json", "repeat a word").json()["turn"]
        self.ok("wait", "idle")
        monitor.wait_for_output("turn-complete")
        monitor.interrupt()
        events = monitor.wait().json()
        names = [event["event"] for event in events if event.get("turn") == turn]
        self.assertEqual(names[0], "turn-started")
        self.assertEqual(names[-1], "turn-complete")
        said = [event["text"] for event in events if event["event"] == "output-transcript"
                and event["final"]]
        self.assertEqual(len(said), 1)
        pieces = "".join(event["text"] for event in events
                         if event["event"] == "output-transcript" and not event["final"])
        self.assertEqual(pieces.strip(), said[0].strip())
        states = [event["value"] for event in events
                  if event["event"] == "property" and event["name"] == "state"]
        self.assertEqual(states[-1], "online")

    def test_a_monitor_that_keeps_secrets(self):
        monitor = self.start("monitor", "--no-content")
        monitor.wait_for_output("watching")
        self.ok("ask", "repeat abracadabra")
        monitor.wait_for_output("turn-complete")
        monitor.interrupt()
        self.assertNotIn("abracadabra", monitor.wait().out.lower())

    def test_status_and_session(self):
        self.assertIn("offline", self.ok("status"))
        self.assertRegex(self.ok("connect"), r"^Online with \S+\.\n$")
        status = self.livectl("status", "--json").json()
        self.assertEqual((status["running"], status["state"]), (True, "online"))
        self.assertRegex(self.ok("status"), r"● online")
        before = status["conversation-id"]
        after = self.livectl("new", "--json").json()["conversation-id"]
        self.assertNotEqual(before, after)
        self.ok("disconnect")
        self.ok("wait", "offline")
        self.ok("interrupt")

    def test_settings(self):
        voices = self.livectl("voice", "--list", "--json").json()["voices"]
        self.assertGreater(len(voices), 2)
        name = voices[1]["name"]
        self.assertRegex(self.ok("voice", name), r"^session\.voice: in force ")
        self.assertEqual(self.ok("voice"), name + "\n")
        self.assertEqual(self.ok("config", "get", "session.voice"), name + "\n")
        self.ok("config", "set", "vad.silence-duration-ms", "700")
        self.assertEqual(self.ok("config", "get", "vad.silence-duration-ms"), "700\n")
        self.assertGreater(len(self.ok("config", "list").splitlines()), 30)
        for args in (["set", "vad.mode", "sometimes"], ["set", "no.such", "1"],
                     ["set", "vad.silence-duration-ms", "-99"]):
            self.assertEqual(self.livectl("config", *args).code, 2, args)

    def test_check_and_dump(self):
        self.assertEqual(self.ok("check"), "The service accepts the API key.\n")
        self.ok("ask", "repeat abracadabra")
        dump = self.ok("dump")
        self.assertIn("online", dump)
        self.assertNotIn("abracadabra", dump.lower())
        self.assertNotIn(self.KEY, dump)

    def test_without_sound(self):
        self.ok("mute", "on")
        self.assertEqual(self.ok("mute"), "The microphone is muted.\n")
        self.assertEqual(self.ok("volume", "30"), "Volume 30 %\n")
        for args in (["listen", "hold"], ["listen", "on"]):
            result = self.livectl(*args)
            self.assertEqual((result.code, result.out), (1, ""), f"{args}: {result}")
        self.assertIn("not available", self.ok("status"))

    def test_a_daemon_that_is_killed_in_mid_answer(self):
        self.ok("connect")
        self.simulator.control("hold", replies=True)
        run = self.start("ask", "hello")
        self.ok("wait", "thinking")
        self.end_daemon(signal.SIGKILL)
        result = run.wait()
        self.assertEqual((result.code, result.out), (3, ""), result)

    def test_a_service_that_is_silent(self):
        self.simulator.control("hold", setup=True)
        result = self.livectl("ask", "hello", "--timeout=1")
        self.assertEqual((result.code, result.out), (5, ""), result)
        self.simulator.control("hold", setup=False)


class Trouble(WithRealDaemon):
    """The same wrong thing has the same exit code wherever it is met."""

    CODE = 4

    def check_all(self, reason, verdict):
        for args in (["ask", "hello"], ["send", "hello"], ["connect"], ["chat"]):
            result = self.livectl(*args)
            self.assertEqual((result.code, result.out), (self.CODE, ""), f"{args}: {result}")
            self.assertTrue(result.err.startswith("livectl: "), result)
        self.assertEqual(self.livectl("wait", "online").code, self.CODE)
        status = self.livectl("status", "--json").json()
        self.assertEqual((status["state"], status["state-reason"]), ("blocked", reason))
        self.assertIn("blocked", self.ok("status"))
        if verdict:
            result = self.livectl("check", "--json")
            self.assertEqual((result.code, result.json()["verdict"]), (self.CODE, verdict))


class NoKey(Trouble):
    KEY = ""

    def test_no_key(self):
        self.check_all("no-credentials", "missing")
        self.assertIn("GEMINI_API_KEY", self.livectl("ask", "hello").err)


class BadKey(Trouble):
    KEY = "bad-key"

    def test_a_bad_key(self):
        self.check_all("rejected-credentials", "rejected")
        self.assertNotIn(self.KEY, self.livectl("ask", "hello").err)


class NoModel(Trouble):
    SETTINGS = ("session.model=no-such-model",)

    def test_an_unknown_model(self):
        self.check_all("model-unavailable", None)


class NoService(WithRealDaemon):
    def start_service(self):
        return "ws://127.0.0.1:1"  # nobody listens there

    def test_nobody_answers(self):
        result = self.livectl("connect", "--timeout=2")
        self.assertEqual((result.code, result.out), (5, ""), result)
        status = self.livectl("status", "--json").json()
        self.assertEqual(status["state-reason"], "network")
        self.assertIn(status["state"], ("backoff", "connecting"))
        out = self.ok("status")
        self.assertRegex(out, "waiting before the next attempt|connecting")


if __name__ == "__main__":
    main()
