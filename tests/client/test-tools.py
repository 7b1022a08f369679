#!/usr/bin/python3
"""livectl tool: a command as a tool, and what is printed of tools and their calls."""

import contextlib
import json
import os
import pathlib
import signal

from gi.repository import GLib

from harness import FakeDaemon, WithDaemon, wait_for
from standin import Tools
from tap import main

PATH = GLib.Variant("o", "/org/lived/livectl/provider")


def is_alive(pid):
    """Zombies, which wait for somebody to look at them, are dead."""
    try:
        return "\nState:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return False


class Run(WithDaemon):
    def setUp(self):
        super().setUp()
        self.tools = Tools(self.daemon)
        self.runs = []

    def tearDown(self):
        for run in self.runs:
            if run.process.poll() is None:
                run.interrupt()
                self.assertEqual(run.wait().code, 130)
        super().tearDown()

    def offer(self, *args, name="try", options=()):
        run = self.start("tool", "run", name, *options, "--", *args)
        self.runs.append(run)
        self.tools.wait_for(name)
        run.wait_for_output(f"name={name}\n")
        return run

    def shell(self, script, *options, name="try"):
        return self.offer("sh", "-c", script, name=name, options=options)

    def file(self, name):
        return f"{self.bus.folder}/{name}"

    def wait_for_pid(self, name):
        path = pathlib.Path(self.file(name))
        return int(wait_for(name, lambda: path.exists() and path.read_text("utf-8").strip()))

    def test_what_is_declared(self):
        run = self.start("tool", "run", "weather", "--description=Tells the weather.",
                         "--param=city:string:Name of the city: any", "--param=days?:integer",
                         "--param=unit?:celsius|kelvin", "--param=tags:array", "--confirm=first",
                         "--background", "--timeout=2.5", "--", "sh", "-c", "cat", "--json")
        self.runs.append(run)
        tool = self.tools.wait_for("weather")
        self.assertEqual(tool["declaration"], {
            "name": "weather", "description": "Tells the weather.",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "Name of the city: any"},
                    "days": {"type": "integer"},
                    "unit": {"type": "string", "enum": ["celsius", "kelvin"]},
                    "tags": {"type": "array", "items": {"type": "string"}}},
                "required": ["city", "tags"]}})
        self.assertEqual(tool["options"], {"object-path": PATH.unpack(), "timeout-ms": 2500,
                                           "confirm": "first", "blocking": False})
        self.offer("/bin/true", name="plain")
        self.assertEqual(self.tools.tools["plain"]["declaration"],
                         {"name": "plain", "description":
                          "Runs the command \"true\" on the user's computer."})
        self.assertEqual(self.tools.tools["plain"]["options"], {"object-path": PATH.unpack()})

    def test_results(self):
        for script, result in [
                ("printf '%s' '{\"a\": 1.10, \"b\": [12345678901234567890]}'",
                 '{"a": 1.10, "b": [12345678901234567890]}'),
                ("echo; echo ' {}'", "\n {}"),
                ("echo hello; echo", '{"output":"hello"}'),
                ("echo 17", '{"output":"17"}'),
                ("echo '[1]'", '{"output":"[1]"}'),
                ("echo \"{'a': 1}\"", "{\"output\":\"{'a': 1}\"}"),
                ("echo '{} {}'", '{"output":"{} {}"}'),
                ("true", '{"output":""}'),
                ("printf 'a\\377b\\000c\"'", '{"output":"a\ufffdb\ufffdc\\""}'),
                ("echo kept; echo lost >&2", '{"output":"kept"}')]:
            run = self.shell(script)
            self.assertEqual(self.tools.call("try").wait().value, result, script)
            run.interrupt()
            run.wait()
            del self.tools.tools["try"]

    def test_arguments(self):
        self.shell("""cat > "$0"; env | grep '^LIVED_ARG_' | sort >> "$0"; cat "$0" """.replace(
            '"$0"', self.file("seen")), "--param=city:string", "--param=max-days?:integer",
            "--param=list?:array", "--param=deep?:object", "--param=is_big?:boolean",
            "--param=size?:number")
        arguments = ('{"city": "São Tomé\\n\\"x\\"; $(reboot)", "max-days": 3.0, "list": ["a", 1],'
                     ' "deep": {"k": [null]}, "is_big": true, "size": 0.70, "else": "not declared"}')
        out = self.tools.call("try", text=arguments).json()["output"]
        self.assertEqual(out, arguments + """LIVED_ARG_CITY=São Tomé
LIVED_ARG_DEEP={"k": [null]}
LIVED_ARG_IS_BIG=true
LIVED_ARG_LIST=["a", 1]
LIVED_ARG_MAX_DAYS=3
LIVED_ARG_SIZE=0.70""")
        self.assertEqual(self.tools.call("try", {"city": "x", "list": None}).json()["output"],
                         '{"city": "x", "list": null}LIVED_ARG_CITY=x')

    def test_nothing_is_inherited_from_another_call(self):
        run = self.start("tool", "run", "try", "--param=mine:string", "--", "env",
                         env={"LIVED_ARG_OTHERS": "x", "KEPT": "y"})
        self.runs.append(run)
        self.tools.wait_for("try")
        out = self.tools.call("try", {"mine": "z"}).json()["output"].splitlines()
        self.assertIn("KEPT=y", out)
        self.assertEqual([line for line in out if line.startswith("LIVED_ARG_")],
                         ["LIVED_ARG_MINE=z"])

    def test_arguments_that_do_not_fit(self):
        self.shell("echo ran", "--param=city:string", "--param=days?:integer", "--param=unit?:c|k",
                   "--param=list?:array")
        for arguments, words in [({}, 'The parameter "city" is missing'),
                                 ({"city": None}, 'The parameter "city" must be of type string'),
                                 ({"city": 4}, 'The parameter "city" must be of type string'),
                                 ({"city": "x", "days": 1.5}, '"days" must be of type integer'),
                                 ({"city": "x", "days": "1"}, '"days" must be of type integer'),
                                 ({"city": "x", "unit": "f"}, '"unit" must be one of "c", "k"'),
                                 ({"city": "x", "list": "a"}, '"list" must be of type array')]:
            self.assertIn(words, self.tools.call("try", arguments).failure())
        self.assertIn("byte", self.tools.call("try", text="[" * 100000).failure())
        self.tools.call("try", text="no JSON").failure()
        self.assertEqual(self.tools.call("try", {"city": "x"}).json(), {"output": "ran"})

    def test_failures(self):
        for script, words in [
                ("echo first >&2; echo no such city >&2; exit 3",
                 "The command failed with exit code 3: first\nno such city"),
                ("echo only here; exit 1", "The command failed with exit code 1: only here"),
                ("exit 7", "The command failed with exit code 7"),
                ("kill -9 $$", "The command was ended by Killed"),
                ("seq 100000 >&2; exit 1", None)]:
            run = self.shell(script)
            failure = self.tools.call("try").failure()
            if words:
                self.assertEqual(failure, words)
            else:
                self.assertRegex(failure, r"exit code 1: \d{5}\n(.*\n)+100000$")
                self.assertLess(len(failure), 2200)
            run.interrupt()
            run.wait()
            del self.tools.tools["try"]

    def test_a_command_that_cannot_be_started(self):
        program = self.file("program")
        pathlib.Path(program).write_text("#!/bin/sh\n", encoding="utf-8")
        os.chmod(program, 0o755)
        self.offer(program)
        os.chmod(program, 0o644)
        self.assertIn("Permission denied", self.tools.call("try").failure())
        os.unlink(program)
        self.assertIn("No such file", self.tools.call("try").failure())

    def test_arguments_that_no_environment_holds(self):
        self.offer("cat", options=("--param=text:string",))
        self.assertIn("Argument list too long",
                      self.tools.call("try", {"text": "x" * 200000}).failure())

    def test_a_command_that_does_not_read(self):
        self.shell("exec 0<&-; sleep 0; echo done")
        self.assertEqual(self.tools.call("try", {"text": "x" * 1000000}).json(), {"output": "done"})

    def test_much_output(self):
        self.shell("head -c 3000000 /dev/zero | tr '\\0' x; touch " + self.file("ended"))
        result = self.tools.call("try").json()
        self.assertEqual((len(result["output"]), set(result["output"]), result["truncated"]),
                         (1024 * 1024, {"x"}, True))
        self.assertIn("beginning", result["note"])
        self.assertTrue(os.path.exists(self.file("ended")))

    def test_what_a_command_leaves_running(self):
        self.shell(f"sleep 100 & echo $! > {self.file('pid')}; echo started")
        self.assertEqual(self.tools.call("try").json(), {"output": "started"})
        pid = self.wait_for_pid("pid")
        self.assertTrue(is_alive(pid))
        os.kill(pid, signal.SIGKILL)

    def test_cancel_ends_the_whole_group(self):
        self.shell(f"(trap '' TERM; echo $(exec sh -c 'echo $PPID') > {self.file('child')};"
                   f" while :; do sleep 1; done) & echo $$ > {self.file('pid')}; wait")
        call = self.tools.call("try")
        pids = [self.wait_for_pid("pid"), self.wait_for_pid("child")]
        self.assertTrue(all(is_alive(pid) for pid in pids))
        self.tools.cancel("try", call)
        self.assertIn("interrupted", call.failure())
        wait_for("the end of both", lambda: not any(is_alive(pid) for pid in pids))

    def test_a_command_that_does_not_obey(self):
        self.shell(f"trap '' TERM; echo $$ > {self.file('pid')}; while :; do sleep 1; done")
        call = self.tools.call("try")
        pid = self.wait_for_pid("pid")
        self.tools.cancel("try", call, "timeout")
        call.failure()
        wait_for("its end", lambda: not is_alive(pid))

    def test_a_daemon_that_forgets_the_call(self):
        self.shell(f"echo $$ > {self.file('pid')}; sleep 100", "--timeout=0.1")
        call = self.tools.call("try")
        self.assertIn("timeout", call.failure())
        wait_for("its end", lambda: not is_alive(self.wait_for_pid("pid")))

    def test_the_end_of_livectl_ends_the_command(self):
        for end in (signal.SIGINT, signal.SIGTERM):
            run = self.shell(f"echo $$ > {self.file('pid')}; exec sleep 100")
            self.tools.call("try")
            pid = self.wait_for_pid("pid")
            run.process.send_signal(end)
            self.assertEqual(run.wait().code, 130)
            self.assertFalse(is_alive(pid))
            os.unlink(self.file("pid"))
            del self.tools.tools["try"]

    def test_side_by_side_up_to_a_cap(self):
        self.shell(f"touch {self.file('run')}-$(cat | tr -dc 0-9); cat {self.file('gate')}")
        os.mkfifo(self.file("gate"))
        calls = [self.tools.call("try", {"n": number}) for number in range(80)]

        def running():
            return {name for name in os.listdir(self.bus.folder) if name.startswith("run-")}
        wait_for("eight", lambda: len(running()) == 8)
        self.assertEqual(running(), {f"run-{number}" for number in range(8)})
        wait_for("the refused", lambda: len([call for call in calls if call.error]) == 8)
        for call in calls[72:]:
            self.assertIn("Too many", call.failure())
        # One that waits and is cancelled never runs.
        self.tools.cancel("try", calls[71])
        calls[71].failure()

        def open_gate():
            """Lets those go who stand there; nobody may, just now."""
            with contextlib.suppress(OSError):
                os.close(os.open(self.file("gate"), os.O_WRONLY | os.O_NONBLOCK))
            return all(call.is_done() for call in calls)
        wait_for("all", open_gate)
        self.assertEqual(running(), {f"run-{number}" for number in range(71)})
        self.assertTrue(all(call.json() == {"output": ""} for call in calls[:71]))

    def test_only_the_daemon_may_call(self):
        self.shell("echo ran")
        tool = self.tools.tools["try"]
        stranger = self.bus.connect()
        with self.assertRaisesRegex(GLib.Error, "AccessDenied"):
            stranger.call_sync(tool["owner"], tool["options"]["object-path"],
                               "org.lived.Live1.ToolProvider", "Invoke",
                               GLib.Variant("(sssa{sv})", ("c", "try", "{}", {})), None, 0, -1, None)
        stranger.close_sync(None)

    def test_a_daemon_that_comes_back(self):
        run = self.shell(f"echo $$ > {self.file('pid')}; exec sleep 100")
        self.tools.call("try")
        pid = self.wait_for_pid("pid")
        self.daemon.close()
        run.wait_for_output("waiting")
        wait_for("the command's end", lambda: not is_alive(pid))
        self.daemon = FakeDaemon(self.bus)
        self.tools = Tools(self.daemon)
        self.assertIn("try", self.tools.wait_for("try")["declaration"]["name"])

    def test_a_daemon_that_is_yet_to_come(self):
        self.daemon.close()
        refused = self.livectl("tool", "run", "try", "--", "true")
        self.assertEqual(refused.code, 3)
        run = self.start("tool", "run", "try", "--no-autostart", "--", "true")
        self.runs.append(run)
        run.wait_for_output("waiting")
        self.daemon = FakeDaemon(self.bus)
        self.tools = Tools(self.daemon)
        self.tools.wait_for("try")

    def test_a_daemon_that_refuses(self):
        for name, code in [("InvalidSchema", 2), ("ToolExists", 6), ("LimitExceeded", 1)]:
            self.refuse("RegisterTool", name, "name: no")
            result = self.livectl("tool", "run", "a b", "--", "true")
            self.assertEqual((result.code, result.out), (code, ""), name)
            self.assertIn("name: no", result.err)

    def test_lines(self):
        run = self.start("tool", "run", "try", "--json", "--", "sh", "-c", "exit 4")
        self.runs.append(run)
        self.tools.wait_for("try")
        self.tools.call("try").failure()
        run.wait_for_output("ended")
        lines = [json.loads(line) for line in run.read(run.out).splitlines()]
        self.assertEqual([line["event"] for line in lines], ["offered", "called", "ended"])
        self.assertEqual({key: lines[2][key] for key in ("call", "outcome", "message")},
                         {"call": "c-1", "outcome": "error",
                          "message": "The command failed with exit code 4"})


def entry(**values):
    types = {str: "s", int: "t", bool: "b"}
    return {name.replace("_", "-"): GLib.Variant(types[type(value)], value)
            for name, value in values.items()}


class Show(WithDaemon):
    def test_list(self):
        self.assertIn("There are no tools.", self.ok("tool", "list"))
        self.daemon.handlers["ListTools"] = lambda options: ([
            entry(name="clock", description="Tells\nthe time.", state="available", calls=3,
                  failures=1, confirm="none", owner=":1.5"),
            entry(name="open", description="Opens \x1b[31m a page.", state="activatable", calls=1,
                  failures=0, confirm="always"),
            entry(name="x", description="", state="later", calls=0, failures=0, confirm="first"),
        ],)
        self.assertEqual(self.ok("tool", "list"), """\
clock  available           3 calls, 1 failed               Tells the time.
open   starts when called  1 call             asks always  Opens \ufffd[31m a page.
x      later               0 calls            asks first
""")
        tools = self.livectl("tool", "list", "--json").json()["tools"]
        self.assertEqual(tools[0], {"name": "clock", "description": "Tells\nthe time.",
                                    "state": "available", "calls": 3, "failures": 1,
                                    "confirm": "none", "owner": ":1.5"})

    def test_call(self):
        self.daemon.handlers["CallTool"] = lambda *_: ('{"output":"ten past\\nnine"}',)
        self.assertEqual(self.ok("tool", "call", "clock"), "ten past\nnine\n")
        self.assertEqual(self.ok("tool", "call", "--json", "clock", '{"zone": "UTC"}'),
                         '{"output":"ten past\\nnine"}\n')
        self.assertEqual(self.daemon.called("CallTool"),
                         [("clock", "{}", {}), ("clock", '{"zone": "UTC"}', {})])
        self.daemon.handlers["CallTool"] = lambda *_: ('{"output":"x","truncated":true}',)
        self.assertEqual(self.ok("tool", "call", "clock"), '{"output":"x","truncated":true}\n')
        for name, code in [("NotFound", 1), ("Timeout", 5), ("PermissionDenied", 1), ("Failed", 1)]:
            self.refuse("CallTool", name)
            self.assertEqual(self.livectl("tool", "call", "clock").code, code)

    def log(self, *args):
        self.daemon.handlers["ListCalls"] = lambda options: ([
            entry(call="c-1", name="clock", outcome="ok", cause="none", started=1_700_000_000_000_000,
                  duration_us=1_500_000),
            entry(call="c-2", name="o\x1bpen", outcome="error", cause="no-agent",
                  started=1_700_000_060_000_000, duration_us=20),
            entry(call="c-3", name="slow", outcome="", cause="none", started=1_700_000_070_000_000,
                  duration_us=0)],)
        return ("tool", "log", *args)

    def test_log(self):
        self.assertEqual(self.ok(*self.log(), env={"TZ": "UTC"}), """\
2023-11-14 22:13:21  ok           1.500 s  clock
2023-11-14 22:14:20  error        0.000 s  o\ufffdpen  no-agent
""")
        self.assertEqual(self.livectl(*self.log("--json")).json()[0],
                         {"ended": 1_700_000_001_500_000, "call": "c-1", "name": "clock",
                          "outcome": "ok", "cause": "", "duration-us": 1_500_000})

    def test_log_follows(self):
        run = self.start(*self.log("-f", "--json"))
        run.wait_for_output("c-2")
        self.daemon.emit("ToolCallFinished", "c-3", "slow", "timeout", 20_000_000)
        run.wait_for_output("c-3")
        line = json.loads(run.read(run.out).splitlines()[-1])
        self.assertEqual((line["name"], line["outcome"], line["duration-us"]),
                         ("slow", "timeout", 20_000_000))
        self.daemon.close()
        self.assertEqual(run.wait().code, 3)


if __name__ == "__main__":
    main()
