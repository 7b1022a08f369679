#!/usr/bin/python3
"""livectl without a daemon: help, usage and what it says when there is nobody to talk to."""

import json
import os
import subprocess
import unittest

from gi.repository import GLib

from harness import SOURCE, Bus, Livectl, program, wait_for
from tap import main

VERBS = ["agent", "ask", "chat", "check", "config", "connect", "devices", "disconnect", "dump",
         "interrupt", "listen", "monitor", "mute", "new", "send", "status", "tool", "voice",
         "volume", "wait"]

# A call of each verb that is right in itself.
CALLS = {"ask": ["hello"], "send": ["hello"], "config": ["list"], "listen": ["on"],
         "tool": ["list"], "wait": ["online"]}


class Usage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bus = Bus()

    @classmethod
    def tearDownClass(cls):
        cls.bus.close()

    def livectl(self, *args, env=None, **options):
        return Livectl({**self.bus.env, **(env or {})}, *args, **options).wait()

    def test_help_lists_every_verb(self):
        result = self.livectl("--help")
        self.assertEqual((result.code, result.err), (0, ""))
        listed = [line.split()[0] for line in result.out.splitlines()
                  if line.startswith("  ") and line[2].isalpha() and "  " in line.strip()]
        self.assertEqual([word for word in listed if word in VERBS], VERBS)

    def test_every_verb_has_help(self):
        for verb in VERBS:
            by_option = self.livectl(verb, "--help")
            self.assertEqual((by_option.code, by_option.err), (0, ""), verb)
            self.assertIn(f"livectl {verb}", by_option.out)
            for option in ("--json", "--timeout", "--no-autostart"):
                self.assertIn(option, by_option.out, verb)
            self.assertEqual(self.livectl("help", verb).out, by_option.out)

    def test_help_comes_before_everything_else(self):
        self.assertEqual(self.livectl("ask", "--help").code, 0)
        self.assertEqual(self.livectl("help").out, self.livectl("--help").out)

    def test_version(self):
        result = self.livectl("--version")
        self.assertEqual(result.code, 0)
        self.assertRegex(result.out, r"^livectl \d+\.\d+\.\d+\n$")

    def test_nothing_to_do(self):
        result = self.livectl()
        self.assertEqual((result.code, result.out), (2, ""))
        self.assertIn("livectl --help", result.err)

    def test_unknown_verbs_find_the_one_that_was_meant(self):
        for typed, meant in [("stauts", "status"), ("intrrupt", "interrupt"), ("dis", "disconnect"),
                             ("mut", "mute"), ("lisen", "listen")]:
            result = self.livectl(typed)
            self.assertEqual(result.code, 2, typed)
            self.assertIn(f"“{meant}”", result.err)
        far = self.livectl("frobnicate")
        self.assertEqual(far.code, 2)
        self.assertNotIn("Did you mean", far.err)

    def test_wrong_command_lines(self):
        for args in (["status", "--nonsense"], ["status", "extra"], ["ask"], ["ask", ""],
                     ["ask", "  "], ["send", "-", "--context=1"], ["listen"], ["listen", "maybe"],
                     ["listen", "on", "--levels"], ["listen", "hold", "--all"], ["mute", "loud"],
                     ["volume", "loud"], ["volume", "101"], ["volume", "-5"], ["volume", "nan"],
                     ["volume", "5x"], ["volume", "0.5"], ["voice", "--list", "Kore"], ["config"], ["config", "get"],
                     ["config", "set", "a.b"], ["config", "frob"], ["wait"], ["wait", "sunday"],
                     ["agent"],
                     ["tool"], ["tool", "list", "x"], ["tool", "frob"], ["tool", "run", "x"],
                     ["tool", "call"], ["tool", "call", "x", "[]"], ["tool", "call", "x", "{"],
                     ["tool", "list", "--param=a:string"], ["tool", "list", "--follow"],
                     ["tool", "run", "x", "--", "/nowhere/at/all"],
                     ["tool", "run", "x", "--confirm=maybe", "--", "true"],
                     ["tool", "run", "x", "--timeout=601", "--", "true"],
                     *[["tool", "run", "x", f"--param={param}", "--", "true"] for param in
                       ("", "a", "a:", "a:text", "1a:string", "a b:string", "a:x|", "?:string",
                        "ä:string", "a" * 65 + ":string")],
                     ["tool", "run", "x", "--param=a-b:string", "--param=A_B:string", "--", "true"],
                     ["status", "--timeout=-1"], ["status", "--timeout=soon"],
                     ["status", "--timeout=nan"], ["connect", "now"], ["--nonsense"],
                     ["help", "frobnicate"]):
            result = self.livectl(*args, "--no-autostart") if args[0] not in ("help",) \
                else self.livectl(*args)
            self.assertEqual(result.code, 2, f"{args}: {result}")
            self.assertTrue(result.err.startswith("livectl: "), result)
            self.assertIn("--help", result.err)
            self.assertEqual(result.out, "")

    def test_text_of_standard_input(self):
        for stdin, part in [("", "empty"), (" \n\n", "empty"), (b"a\xff", "UTF-8"),
                            (b"a\0b", "UTF-8"), ("x" * (256 * 1024 + 1), "256 KiB")]:
            result = self.livectl("ask", "-", "--no-autostart", stdin=stdin)
            self.assertEqual(result.code, 2, result)
            self.assertIn(part, result.err)

    def test_no_daemon(self):
        for verb in VERBS[1:]:  # agent wants a terminal first
            result = self.livectl(verb, *CALLS.get(verb, []), "--no-autostart")
            self.assertEqual((result.code, result.out), (3, ""), f"{verb}: {result}")
            self.assertIn("The daemon, lived, is not running.", result.err)
            self.assertIn("systemctl --user start lived", result.err)

    def test_no_daemon_and_nothing_to_start_it(self):
        result = self.livectl("ask", "hello")
        self.assertEqual(result.code, 3)
        self.assertIn("not running", result.err)

    def test_no_bus(self):
        result = self.livectl("status", env={"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"})
        self.assertEqual((result.code, result.out), (3, ""))
        self.assertIn("The session bus cannot be reached", result.err)
        self.assertIn("DBUS_SESSION_BUS_ADDRESS", result.err)

    def test_errors_as_json(self):
        result = self.livectl("status", "--json", "--no-autostart")
        self.assertEqual((result.code, result.out), (3, ""))
        error = json.loads(result.err)
        self.assertEqual((error["error"], error["exit-code"]), ("Unreachable", 3))
        self.assertIn("not running", error["message"])

    def test_an_agent_that_nobody_sees(self):
        self.assertEqual(self.livectl("agent", "--json").code, 2)

    def test_wrong_usage_as_json(self):
        result = self.livectl("wait", "sunday", "--json")
        self.assertEqual((result.code, result.out), (2, ""))
        error = json.loads(result.err)
        self.assertEqual((error["error"], error["exit-code"]), ("Usage", 2))
        self.assertIn("sunday", error["message"])

    def complete(self, *words):
        """What bash would offer for the last word."""
        script = (f"source {SOURCE}/data/completions/livectl.bash\n"
                  f"COMP_WORDS=(livectl {' '.join(repr(word) for word in words)})\n"
                  f"COMP_CWORD={len(words)}\n_livectl 2>/dev/null\n"
                  'printf "%s\\n" "${COMPREPLY[@]}"\n')
        path = f"{os.path.dirname(program('livectl'))}:{self.bus.env['PATH']}"
        done = subprocess.run(["bash", "--norc", "-c", script], env={**self.bus.env, "PATH": path},
                              capture_output=True, check=True)
        return done.stdout.decode().split()

    def test_completion_in_bash(self):
        self.assertEqual(sorted(self.complete("")), sorted(VERBS + ["help"]))
        self.assertEqual(self.complete("st"), ["status"])
        self.assertEqual(self.complete("--v"), ["--version"])
        self.assertEqual(self.complete("status", "--f"), ["--follow"])
        self.assertEqual(self.complete("--json", "listen", "h"), ["hold"])
        self.assertEqual(self.complete("mute", ""), ["on", "off", "toggle"])
        self.assertEqual(self.complete("wait", "wait"), ["waiting-network"])
        self.assertEqual(self.complete("config", ""), ["list", "get", "set"])
        self.assertEqual(self.complete("voice", ""), [])

    def test_interrupted_while_reading(self):
        run = Livectl(self.bus.env, "ask", "-", stdin=True)
        run.write("half a ques")
        # It reads once it is connected; only then is there something to interrupt.
        self.wait_until_connected(run)
        run.interrupt()
        self.assertEqual(run.wait().code, 130)

    def wait_until_connected(self, run):
        """Until the bus knows a connection of this process."""
        connection = self.bus.connect()

        def ask(method, args, reply):
            return connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus",
                                        "org.freedesktop.DBus", method, args,
                                        GLib.VariantType(reply), 0, -1, None).unpack()[0]

        def is_connected():
            for name in ask("ListNames", None, "(as)"):
                try:
                    if ask("GetConnectionUnixProcessID", GLib.Variant("(s)", (name,)),
                           "(u)") == run.process.pid:
                        return True
                except GLib.Error:
                    pass
            return False

        wait_for("livectl on the bus", is_connected)
        connection.close_sync(None)


if __name__ == "__main__":
    main()
