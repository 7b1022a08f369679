"""The real daemon, started by the bus, with the simulator in the service's place."""

import json
import os
import pathlib
import re
import signal
import subprocess
import unittest
import urllib.request

from harness import Bus, Livectl, die_with_parent, program, wait_for


class Simulator:
    def __init__(self, env, *arguments):
        self.process = subprocess.Popen(
            [program("live-simulator"), "--port=0", "--tones", "--speed=20", *arguments],
            stdout=subprocess.PIPE, env=env, preexec_fn=die_with_parent)
        line = self.process.stdout.readline().decode()
        self.url = re.fullmatch(r"listening on (ws://\S+)\n", line).group(1)

    def control(self, what, **body):
        request = urllib.request.Request(f"http{self.url[2:]}/simulator/{what}",
                                         data=json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read()

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        self.process.stdout.close()


class WithRealDaemon(unittest.TestCase):
    KEY = "a-good-key"
    SETTINGS = ()
    SIMULATOR = ()

    def setUp(self):
        self.bus = Bus()
        self.simulator = None
        self.url = self.start_service()
        # The bus starts the daemon with the bus's own environment, so all stands in a script.
        start = pathlib.Path(self.bus.folder, "start")
        settings = "".join(f" --set '{setting}'"
                           for setting in (f"endpoint.url={self.url}", *self.SETTINGS))
        key = f"export GEMINI_API_KEY={self.KEY}\n" if self.KEY else ""
        start.write_text(f"#!/bin/sh\necho $$ > {self.bus.folder}/pid\n{key}"
                         f"exec {program('lived')}{settings} 2> {self.bus.folder}/lived.log\n",
                         encoding="utf-8")
        start.chmod(0o755)
        service = pathlib.Path(self.bus.folder, "services", "org.lived.Live1.service")
        service.write_text(f"[D-BUS Service]\nName=org.lived.Live1\nExec={start}\n",
                           encoding="utf-8")
        self.bus.reload()

    def start_service(self):
        self.simulator = Simulator(self.bus.env, *self.SIMULATOR)
        return self.simulator.url

    def tearDown(self):
        log = pathlib.Path(self.bus.folder, "lived.log")
        text = log.read_text(encoding="utf-8") if log.exists() else ""
        self.end_daemon(signal.SIGTERM)
        self.bus.close()
        if self.simulator:
            self.simulator.close()
        if any(word in text for word in ("CRITICAL", "Sanitizer")):
            self.fail(f"the daemon complains:\n{text[-4000:]}")

    def daemon_pid(self):
        path = pathlib.Path(self.bus.folder, "pid")
        return int(path.read_text(encoding="utf-8")) if path.exists() else None

    def end_daemon(self, number):
        """Ends the daemon and waits until it is gone."""
        pid = self.daemon_pid()
        if pid is None:
            return
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return

        def is_gone():
            try:
                stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
            except OSError:
                return True
            return stat.rsplit(")", 1)[1].split()[0] == "Z"
        wait_for("the daemon to end", is_gone)

    def start(self, *args, **options):
        return Livectl(self.bus.env, *args, **options)

    def livectl(self, *args, **options):
        return self.start(*args, **options).wait(60)

    def ok(self, *args, **options):
        result = self.livectl(*args, **options)
        self.assertEqual((result.code, result.err), (0, ""), f"{args}: {result}")
        return result.out
