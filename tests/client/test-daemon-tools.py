#!/usr/bin/python3
"""Tools of livectl and of the samples, called by a model: all of it real but the service."""

import json
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import unittest

from harness import SOURCE, die_with_parent, program, wait_for
from realdaemon import WithRealDaemon
from tap import main

EXAMPLES = SOURCE / "data" / "examples"


class Agent:
    """livectl agent at a terminal of its own."""

    def __init__(self, env):
        self.master, slave = pty.openpty()
        os.set_blocking(self.master, False)
        self.text = ""
        self.process = subprocess.Popen([program("livectl"), "agent"], env=env, stdin=slave,
                                        stdout=slave, stderr=slave, preexec_fn=die_with_parent)
        os.close(slave)
        self.see("Nobody asks")

    def read(self):
        try:
            self.text += os.read(self.master, 65536).decode(errors="replace")
        except OSError:  # nothing there, or nobody any more
            pass
        return self.text

    def see(self, part):
        """Waits for what is new since the last answer."""
        try:
            wait_for(f"{part} from the agent", lambda: part in self.read())
        except AssertionError as error:
            raise AssertionError(f"{error}; it says {self.text!r}") from None

    def answer(self, word):
        self.see("y: this once")
        self.text = ""
        os.write(self.master, f"{word}\r".encode())

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        os.close(self.master)


class Tools(WithRealDaemon):
    def setUp(self):
        super().setUp()
        self.runs = []
        self.processes = []

    def tearDown(self):
        for run in self.runs:
            if run.process.poll() is None:
                run.interrupt()
            self.assertIn(run.wait().code, (130, 3))
        for process in self.processes:
            process.terminate()
            process.wait(20)
        super().tearDown()

    def offer(self, name, script, *options):
        run = self.start("tool", "run", name, *options, "--", "sh", "-c", script)
        self.runs.append(run)
        run.wait_for_output("offered")
        self.wait_until_told(name)
        return run

    def tools(self):
        return {tool["name"]: tool
                for tool in self.livectl("tool", "list", "--json").json()["tools"]}

    def wait_until_told(self, *names):
        """The model knows of a tool some time after its registration."""
        self.ok("connect")
        wait_for("the model to be told", lambda: all(
            self.tools().get(name, {}).get("state") == "available" for name in names))

    def call(self, name, arguments):
        """What the model says of a result."""
        return self.ok("ask", f"call {name} {json.dumps(arguments)}")

    def outcomes(self):
        calls = self.livectl("tool", "log", "--json")
        return [json.loads(line)["outcome"] for line in calls.out.splitlines()]

    def test_a_command_that_the_model_calls(self):
        self.offer("weather", 'echo "sunny in $LIVED_ARG_CITY"', "--param=city:string")
        self.assertIn("sunny in Oslo", self.call("weather", {"city": "Oslo"}))
        self.assertIn("must be of type string", self.call("weather", {"city": 7}))
        self.assertEqual(self.ok("tool", "call", "weather", '{"city": "Rome"}'), "sunny in Rome\n")
        self.assertEqual(self.outcomes(), ["ok", "error", "ok"])
        self.assertEqual(self.tools()["weather"]["calls"], 3)

    def test_a_command_that_fails(self):
        self.offer("broken", "echo out of paper >&2; exit 3")
        self.assertIn("out of paper", self.call("broken", {}))

    def test_a_command_that_takes_too_long(self):
        self.offer("slow", "exec sleep 100", "--timeout=0.5")
        self.call("slow", {})
        self.assertEqual(self.outcomes(), ["timeout"])

    def test_livectl_is_killed_in_mid_call(self):
        run = self.offer("slow", "exec sleep 100")
        ask = self.start("ask", "call slow {}")
        run.wait_for_output("called")
        run.process.kill()
        run.process.wait()
        self.runs.remove(run)
        self.assertEqual(ask.wait().code, 0)
        self.assertEqual(self.outcomes(), ["vanished"])
        self.assertEqual(self.tools(), {})

    def test_a_daemon_that_starts_again(self):
        self.offer("weather", "echo sunny")
        self.end_daemon(signal.SIGKILL)
        os.unlink(f"{self.bus.folder}/pid")
        self.ok("connect")
        self.wait_until_told("weather")
        self.assertIn("sunny", self.call("weather", {}))

    def test_consent(self):
        self.offer("danger", "echo done", "--confirm=always")
        self.call("danger", {})
        self.assertEqual(self.outcomes(), ["error"])
        agent = Agent(self.bus.env)
        self.addCleanup(agent.close)
        ask = self.start("ask", 'call danger {"what": "all of it"}')
        agent.see("all of it")
        agent.answer("y")
        self.assertIn("done", ask.wait().out)
        ask = self.start("tool", "call", "danger")
        agent.answer("n")
        self.assertEqual(ask.wait().code, 1)
        ask = self.start("tool", "call", "danger")
        agent.see("y: this once")
        ask.interrupt()
        self.assertEqual(ask.wait().code, 130)
        agent.see("taken back (caller-gone)")
        self.assertEqual(self.outcomes(), ["error", "ok", "error", "cancelled"])

    def test_log_follows(self):
        log = self.start("tool", "log", "--follow")
        self.runs.append(log)
        self.offer("weather", "echo sunny")
        self.call("weather", {})
        log.wait_for_output("weather")

    def run_example(self, *command):
        self.processes.append(subprocess.Popen(command, env=self.bus.env,
                                               stdout=subprocess.DEVNULL,
                                               preexec_fn=die_with_parent))

    def test_the_sample_in_python(self):
        self.run_example("/usr/bin/python3", "-B", EXAMPLES / "tools.py")
        self.wait_until_told("roll_dice", "egg_timer")
        self.assertRegex(self.call("roll_dice", {"count": 2}), r"numbers.*sum")
        answer = subprocess.run(["/usr/bin/python3", "-B", EXAMPLES / "ask.py",
                                 'call roll_dice {"count": 3}'], env=self.bus.env, check=True,
                                capture_output=True, timeout=60).stdout.decode()
        self.assertRegex(answer, r"numbers.*sum")

    @unittest.skipUnless(shutil.which("gjs"), "gjs is not installed")
    def test_the_sample_in_gjs(self):
        pathlib.Path(self.bus.folder, "Music").mkdir()
        pathlib.Path(self.bus.folder, "Music", "Bach").touch()
        self.run_example("gjs", "-m", EXAMPLES / "tools.js")
        self.wait_until_told("list_folder")
        self.assertIn("Bach", self.call("list_folder", {"folder": "Music"}))


if __name__ == "__main__":
    main()
