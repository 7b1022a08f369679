#!/usr/bin/python3
"""What livectl makes of each error, of a daemon that vanishes, hangs or is not there."""

import json
import os
import re
import tempfile
import time

from harness import SILENCE, SOURCE, Bus, FakeDaemon, WithDaemon, wait_for
from tap import main

# Every error of the contract and the exit code that scripts get for it.
EXIT_CODES = {
    "Failed": 1, "NotConnected": 1, "NoCredentials": 4, "CredentialsRejected": 4,
    "QuotaExceeded": 1, "ModelUnavailable": 4, "BadSetup": 4, "Network": 1, "Server": 1,
    "Timeout": 5, "Interrupted": 1, "Unsupported": 1, "InvalidArgument": 2, "InvalidSchema": 2,
    "NotFound": 1, "NotOwner": 6, "ToolExists": 6, "Busy": 6, "Muted": 1, "LimitExceeded": 1,
    "AudioUnavailable": 1, "VideoUnavailable": 1, "PermissionDenied": 1,
}


class Errors(WithDaemon):
    def test_every_error_of_the_contract(self):
        header = (SOURCE / "daemon/base/live-error.c").read_text(encoding="utf-8")
        names = re.findall(r'LIVE_ERROR_PREFIX "(\w+)"', header)
        self.assertEqual(sorted(names), sorted(EXIT_CODES))
        for name, code in EXIT_CODES.items():
            self.refuse("Ask", name, "the deeper cause")
            result = self.livectl("ask", "hello")
            self.assertEqual((result.code, result.out), (code, ""), f"{name}: {result}")
            self.assertRegex(result.err, r"^livectl: [A-Z].+: the deeper cause\.\n")
            as_json = json.loads(self.livectl("ask", "hello", "--json").err)
            self.assertEqual((as_json["error"], as_json["exit-code"]), (name, code))

    def test_errors_name_a_cure(self):
        for name, cure in [("NoCredentials", "lived(1)"), ("CredentialsRejected", "livectl check"),
                           ("ModelUnavailable", "config set session.model"),
                           ("Muted", "livectl mute off"), ("AudioUnavailable", "pipewire"),
                           ("BadSetup", "livectl config list"), ("Timeout", "--timeout")]:
            self.refuse("Ask", name)
            self.assertIn(cure, self.livectl("ask", "hello").err)

    def test_words_of_the_daemon_that_say_all(self):
        self.refuse("Ask", "QuotaExceeded", "The quota of the project is used up")
        self.assertTrue(self.livectl("ask", "hello").err.startswith(
            "livectl: The quota of the project is used up.\n"))
        self.refuse("Ask", "QuotaExceeded", "")
        self.assertTrue(self.livectl("ask", "hello").err.startswith(
            "livectl: The service's quota is used up.\n"))

    def test_foreign_errors(self):
        for name, code in [("org.freedesktop.DBus.Error.AccessDenied", 1),
                           ("org.freedesktop.DBus.Error.InvalidArgs", 2),
                           ("org.freedesktop.DBus.Error.UnknownMethod", 1),
                           ("org.freedesktop.DBus.Error.NoReply", 3),
                           ("org.freedesktop.DBus.Error.Spawn.ChildExited", 3),
                           ("org.freedesktop.systemd1.NoSuchUnit", 1),
                           ("org.lived.Live1.Error.FromTheFuture", 1)]:
            self.refuse("Ask", name, "some words")
            result = self.livectl("ask", "hello")
            self.assertEqual((result.code, result.out), (code, ""), f"{name}: {result}")
            self.assertNotIn("GDBus", result.err)

    def test_an_older_daemon(self):
        self.daemon.close()
        self.daemon = FakeDaemon(self.bus, interfaces=("Session",))
        for verb in (["check"], ["mute", "toggle"], ["volume"], ["devices"]):
            result = self.livectl(*verb)
            self.assertEqual((result.code, result.out), (1, ""), f"{verb}: {result}")
            self.assertIn("does not know this", result.err)
        self.assertIn("not available", self.ok("status"))

    def test_a_daemon_that_vanishes_in_mid_call(self):
        for method, args in [("Ask", ["ask", "hello"]), ("Connect", ["connect"]),
                             ("SendText", ["send", "hello"]), ("Connect", ["chat"]),
                             ("StartListening", ["listen", "hold"])]:
            self.daemon.handlers[method] = lambda *_: SILENCE
            run = self.start(*args)
            wait_for(method, lambda m=method: self.daemon.called(m))
            self.daemon.close()
            result = run.wait()
            self.assertEqual((result.code, result.out), (3, ""), f"{args}: {result}")
            self.assertIn("The daemon, lived, went away.", result.err)
            self.daemon = FakeDaemon(self.bus)

    def test_a_daemon_that_vanishes_while_it_is_watched(self):
        for args in (["monitor"], ["wait", "offline"], ["chat"], ["listen", "hold"]):
            run = self.start(*args, stdin=True)
            wait_for("livectl to look", lambda: self.daemon.n_reads > 0)
            self.daemon.close()
            result = run.wait()
            self.assertEqual(result.code, 3, f"{args}: {result}")
            self.assertIn("went away", result.err)
            self.daemon = FakeDaemon(self.bus)

    def test_a_daemon_that_does_not_answer(self):
        for method, args in [("Ask", ["ask", "hello"]), ("Connect", ["connect"]),
                             ("Dump", ["dump"]), ("Configure", ["voice", "Kore"])]:
            self.daemon.handlers[method] = lambda *_: SILENCE
            started = time.monotonic()
            result = self.livectl(*args, "--timeout=0.2")
            self.assertEqual((result.code, result.out), (5, ""), f"{args}: {result}")
            self.assertIn("took too long", result.err)
            self.assertLess(time.monotonic() - started, 15)

    def test_interrupted(self):
        for method, args in [("Ask", ["ask", "hello"]), ("Connect", ["connect"]),
                             ("Connect", ["chat"])]:
            self.daemon.handlers[method] = lambda *_: SILENCE
            self.daemon.calls.clear()
            run = self.start(*args, stdin=True)
            wait_for(method, lambda m=method: self.daemon.called(m))
            run.interrupt()
            result = run.wait()
            self.assertEqual((result.code, result.out, result.err), (130, "", ""), args)

    def test_a_full_disk(self):
        with open("/dev/full", "wb") as full:
            result = self.livectl("status", stdout=full)
        self.assertEqual(result.code, 1)
        self.assertIn("could not be written", result.err)

    def test_the_daemon_is_started(self):
        self.daemon.close()
        self.bus.close()
        fake = tempfile.NamedTemporaryFile("w", suffix=".py", delete=False)
        fake.write(f"#!/usr/bin/python3 -B\nimport os, sys\nsys.path.insert(0, {str(SOURCE)!r}"
                   "+ '/tests/client')\nfrom gi.repository import GLib\n"
                   "from harness import FakeDaemon\n"
                   "class B:\n"
                   "    def connect(self):\n"
                   "        from gi.repository import Gio\n"
                   "        return Gio.bus_get_sync(Gio.BusType.SESSION, None)\n"
                   "daemon = FakeDaemon(B())\n"
                   "daemon.handlers['Ask'] = lambda *_: ('started for you', {})\n"
                   "GLib.timeout_add_seconds(30, sys.exit)\nGLib.MainLoop().run()\n")
        fake.close()
        os.chmod(fake.name, 0o755)
        self.bus = Bus({"org.lived.Live1": fake.name})
        try:
            self.assertEqual(self.livectl("ask", "x", "--no-autostart").code, 3)
            self.assertEqual(self.ok("ask", "x"), "started for you\n")
        finally:
            os.unlink(fake.name)

    def test_the_daemon_cannot_be_started(self):
        self.daemon.close()
        self.bus.close()
        self.bus = Bus({"org.lived.Live1": "/bin/false"})
        result = self.livectl("ask", "x")
        self.assertEqual((result.code, result.out), (3, ""))
        self.assertIn("not running", result.err)

if __name__ == "__main__":
    main()
