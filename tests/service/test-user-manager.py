#!/usr/bin/python3
"""lived under a real systemd user manager: activation, readiness, status, watchdog, log level,
reload, restart and clean stop, with the very unit that is installed.

Environment: LIVED, LIVE_SIMULATOR (programs), LIVE_UNIT, LIVE_ACTIVATION (files as installed),
GSETTINGS_SCHEMA_DIR."""

import os
import signal
import subprocess
import sys
import unittest

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)),
                os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "pipewire")]

import tap  # noqa: E402
import user_manager  # noqa: E402

NAME, PATH = "org.lived.Live1", "/org/lived/Live1"
KEY = "AIzaSyTheKeyOfTheServiceTests000000000"

# All that differs from an installed unit: where the program is, and a shorter watchdog.
DROP_IN = """[Service]
ExecStart=
ExecStart={lived} --set endpoint.url={url}
WatchdogSec=2s
TimeoutStopSec=20s
StandardError=append:{log}
# The unit's sandbox forbids what the leak sanitizer of a test build needs.
Environment=ASAN_OPTIONS=detect_leaks=0
Environment=GSETTINGS_SCHEMA_DIR={schemas}
# As the unit's own comment recommends.
LoadCredential=gemini-api-key:{key}
"""


def read(variable):
    with open(os.environ[variable], encoding="utf-8") as file:
        return file.read()


class UserManagerTest(unittest.TestCase):
    def setUp(self):
        self.simulator = subprocess.Popen([os.environ["LIVE_SIMULATOR"]], stdout=subprocess.PIPE,
                                          stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(self.end_simulator)
        url = self.simulator.stdout.readline().split()[-1]
        self.manager = user_manager.UserManager(
            units={"lived.service": read("LIVE_UNIT"),
                   # A unit that nobody names is forgotten with its results when it has ended.
                   "remember.target": "[Unit]\nAfter=lived.service\n"},
            activation={"org.lived.Live1.service": read("LIVE_ACTIVATION")})
        self.manager.__enter__()
        self.addCleanup(self.manager.stop)
        self.addCleanup(self.show_log)
        self.manager.write(
            DROP_IN.format(lived=os.environ["LIVED"], url=url,
                           key=self.manager.write(KEY + "\n", "config", "lived-key"),
                           log=self.manager.path("lived.log"),
                           schemas=os.environ["GSETTINGS_SCHEMA_DIR"]),
            "config", "systemd", "user", "lived.service.d", "test.conf")
        self.manager.systemctl("daemon-reload")
        self.manager.systemctl("start", "remember.target")

    def end_simulator(self):
        self.simulator.terminate()
        self.simulator.wait()
        self.simulator.stdout.close()

    def show_log(self):
        # Only a failed test's output is read.
        for name in ["lived.log", "systemd.log", "dbus-daemon.log"]:
            for line in self.manager.log(name).splitlines():
                print(f"# {name}: {line}")

    def show(self, name):
        return self.manager.show("lived.service", name)

    def call(self, interface, method, *arguments):
        return self.manager.call(NAME, PATH, f"{NAME}.{interface}", method, *arguments)

    def wait_status(self, words):
        self.manager.wait(f"StatusText {words}, it is {self.show('StatusText')}",
                          lambda: self.show("StatusText") == words)

    def test_activation_status_and_clean_stop(self):
        self.assertEqual(self.show("ActiveState"), "inactive")

        # The first call starts the unit, and is answered by it.
        self.assertIn("aa{sv}", self.call("Session", "ListVoices", "a{sv}", "0"))
        self.assertEqual(self.show("ActiveState"), "active")
        self.assertNotEqual(self.show("MainPID"), "0")
        self.wait_status("Offline")

        self.call("Session", "Connect", "a{sv}", "0")
        self.wait_status("Online")
        self.call("Session", "Disconnect", "a{sv}", "0")
        self.wait_status("Offline")

        # The state directory is the manager's, and private.
        state = self.manager.path("config", "lived"), self.manager.path("state", "lived")
        found = [path for path in state if os.path.isdir(path)]
        self.assertTrue(found)
        self.assertEqual(os.stat(found[-1]).st_mode & 0o777, 0o700)

        self.call("Session", "Connect", "a{sv}", "0")
        self.manager.systemctl("stop", "lived.service")
        self.assertEqual(self.show("ActiveState"), "inactive")
        self.assertEqual(self.show("Result"), "success")
        self.assertEqual(self.show("ExecMainStatus"), "0")
        # CLD_EXITED: by itself, not by a signal.
        self.assertEqual(self.show("ExecMainCode"), "1")

    def test_watchdog_restarts_a_daemon_that_hangs(self):
        self.manager.systemctl("start", "lived.service")
        pid = int(self.show("MainPID"))
        self.assertEqual(self.show("NRestarts"), "0")

        os.kill(pid, signal.SIGSTOP)
        self.manager.wait("the restart", lambda: self.show("NRestarts") == "1")
        self.manager.wait("the new daemon", lambda: self.show("SubState") == "running"
                          and self.show("MainPID") not in ["0", str(pid)])
        self.assertIn("aa{sv}", self.call("Session", "ListVoices", "a{sv}", "0"))

        # One that lives is left alone: the watchdog's two seconds pass a few times.
        since = self.show("ActiveEnterTimestampMonotonic")
        fed = self.show("WatchdogTimestampMonotonic")
        for _ in range(3):
            self.manager.wait("the watchdog's food",
                              lambda: self.show("WatchdogTimestampMonotonic") != fed)
            fed = self.show("WatchdogTimestampMonotonic")
        self.assertEqual(self.show("NRestarts"), "1")
        self.assertEqual(self.show("ActiveEnterTimestampMonotonic"), since)

    def test_crash_restarts(self):
        self.manager.systemctl("start", "lived.service")
        pid = self.show("MainPID")
        os.kill(int(pid), signal.SIGKILL)
        self.manager.wait("the new daemon", lambda: self.show("SubState") == "running"
                          and self.show("MainPID") not in ["0", pid])

    def test_log_level_and_reload(self):
        self.manager.systemctl("start", "lived.service")
        pid = self.show("MainPID")
        self.assertEqual(self.manager.systemctl("service-log-level", "lived.service"), "info")
        self.manager.systemctl("service-log-level", "lived.service", "debug")
        self.assertEqual(self.manager.systemctl("service-log-level", "lived.service"), "debug")
        self.assertIn(self.manager.systemctl("service-log-target", "lived.service"),
                      ["console", "journal"])
        refused = self.manager.run(
            ["systemctl", "--user", "service-log-target", "lived.service", "kmsg"])
        self.assertNotEqual(refused.returncode, 0)

        self.manager.systemctl("reload", "lived.service")
        self.assertEqual(self.show("ActiveState"), "active")
        self.assertEqual(self.show("MainPID"), pid)
        self.assertEqual(self.manager.systemctl("service-log-level", "lived.service"), "debug")

    def test_second_daemon_does_not_start(self):
        self.manager.systemctl("start", "lived.service")
        env = {**self.manager.env, "PIPEWIRE_DLCLOSE": "false",
               "GSETTINGS_SCHEMA_DIR": os.environ["GSETTINGS_SCHEMA_DIR"]}
        second = subprocess.run([os.environ["LIVED"]], env=env, capture_output=True, text=True,
                                timeout=user_manager.DEADLINE_S, check=False)
        self.assertEqual(second.returncode, 6)
        self.assertIn("--replace", second.stderr)
        self.assertNotIn("WARNING", second.stderr)
        self.assertEqual(self.show("ActiveState"), "active")


if __name__ == "__main__":
    reason = user_manager.missing()
    if reason:
        print(f"1..0 # SKIP {reason}")
        sys.exit(77)
    tap.main()
