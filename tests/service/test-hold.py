#!/usr/bin/python3
"""Holds on the microphone with a real PipeWire: the capture stream lives exactly as long as
somebody holds it and it is not muted, whatever becomes of the holder.

Environment: LIVED, LIVE_SIMULATOR, GSETTINGS_SCHEMA_DIR."""

import os
import signal
import subprocess
import sys
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "pipewire")]

import rig as rig_module  # noqa: E402
import tap  # noqa: E402

NAME, PATH = "org.lived.Live1", "/org/lived/Live1"
CAPTURE = "lived.capture"

# A caller that takes the microphone, says so, and stays until it is killed.
HOLDER = """
import sys
from gi.repository import Gio, GLib
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
bus.call_sync("org.lived.Live1", "/org/lived/Live1", "org.lived.Live1.Audio", "StartListening",
              GLib.Variant("(a{sv})", ({"reason": GLib.Variant("s", "a test")},)), None, 0, -1)
print(bus.get_unique_name(), flush=True)
GLib.MainLoop().run()
"""


class HoldTest(unittest.TestCase):
    def setUp(self):
        self.rig = rig_module.Rig()
        self.addCleanup(self.rig.stop)
        self.rig.start()
        self.simulator = subprocess.Popen([os.environ["LIVE_SIMULATOR"]], env=self.rig.env,
                                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                          text=True)
        self.addCleanup(self.end, self.simulator)
        self.url = self.simulator.stdout.readline().split()[-1]
        self.start_lived()

    def start_lived(self):
        self.log = open(self.rig.path("lived.log"), "ab")
        self.addCleanup(self.log.close)
        env = {**self.rig.env, "GSETTINGS_SCHEMA_DIR": os.environ["GSETTINGS_SCHEMA_DIR"],
               "GEMINI_API_KEY": "AIzaSyTheKeyOfTheServiceTests000000000"}
        self.lived = subprocess.Popen(
            [os.environ["LIVED"], "--verbose", f"--set=endpoint.url={self.url}"], env=env,
            stderr=self.log)
        self.addCleanup(self.end, self.lived)
        self.addCleanup(self.show_log)
        self.rig.wait_for("lived on the bus", lambda: self.busctl(
            "status", NAME).returncode == 0)

    def show_log(self):
        with open(self.rig.path("lived.log"), encoding="utf-8", errors="replace") as file:
            for line in file:
                print(f"# lived: {line.rstrip()}")

    def end(self, process):
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(30)
        if process.stdout:
            process.stdout.close()

    def busctl(self, *arguments):
        return subprocess.run(["busctl", "--user", "--auto-start=no", *arguments],
                              env=self.rig.env, capture_output=True, text=True, timeout=60,
                              check=False)

    def get(self, name):
        result = self.busctl("get-property", NAME, PATH, f"{NAME}.Audio", name)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.strip()

    def call(self, method, *arguments):
        result = self.busctl("call", NAME, PATH, f"{NAME}.Audio", method, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)

    def hold(self):
        holder = subprocess.Popen(["/usr/bin/python3", "-c", HOLDER], env=self.rig.env,
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(holder.stdout.close)
        self.addCleanup(holder.wait)
        self.addCleanup(holder.kill)
        name = holder.stdout.readline().strip()
        self.assertTrue(name.startswith(":"), name)
        return holder, name

    def test_killed_holder_closes_the_microphone(self):
        self.rig.wait_for("InputState", lambda: self.get("InputState") == 's "idle"')
        holder, name = self.hold()
        self.rig.wait_for_node(CAPTURE)
        self.rig.wait_for("Listening", lambda: self.get("Listening") == "b true")
        holds = self.get("Holds")
        self.assertIn(name, holds)
        self.assertIn('"a test"', holds)
        self.rig.wait_for("the pid", lambda: f" u {holder.pid} " in self.get("Holds"))

        holder.kill()
        self.rig.wait_for_no_node(CAPTURE)
        self.rig.wait_for("no hold", lambda: self.get("Holds") == "aa{sv} 0")
        self.assertEqual(self.get("Listening"), "b false")

    def test_last_of_two_holders_closes_it(self):
        first, _ = self.hold()
        second, second_name = self.hold()
        self.rig.wait_for_node(CAPTURE)
        first.kill()
        self.rig.wait_for("one hold", lambda: self.get("Holds").startswith("aa{sv} 1 "))
        self.assertIn(second_name, self.get("Holds"))
        self.assertIn(CAPTURE, self.rig.nodes())
        second.kill()
        self.rig.wait_for_no_node(CAPTURE)

    def test_muted_destroys_the_stream(self):
        self.hold()
        self.rig.wait_for_node(CAPTURE)
        self.busctl("set-property", NAME, PATH, f"{NAME}.Audio", "Muted", "b", "true")
        self.rig.wait_for_no_node(CAPTURE)
        self.assertEqual(self.get("Listening"), "b false")
        # The hold stays, and another one is granted.
        self.hold()
        self.assertTrue(self.get("Holds").startswith("aa{sv} 2 "))
        self.assertNotIn(CAPTURE, self.rig.nodes())
        self.busctl("set-property", NAME, PATH, f"{NAME}.Audio", "Muted", "b", "false")
        self.rig.wait_for_node(CAPTURE)

    def test_detached_hold_outlives_its_caller(self):
        # busctl is gone when it returns.
        self.call("StartListening", "a{sv}", "2", "detached", "b", "true", "reason", "s", "cli")
        self.rig.wait_for_node(CAPTURE)
        self.call("StartListening", "a{sv}", "2", "detached", "b", "true", "reason", "s", "cli")
        self.rig.wait_for("one hold", lambda: self.get("Holds").startswith("aa{sv} 1 "))
        self.assertIn(CAPTURE, self.rig.nodes())
        self.call("StopListening", "a{sv}", "0")
        self.rig.wait_for_no_node(CAPTURE)

    def test_first_call_need_not_wait_for_pipewire(self):
        # Asked for within the same breath as the start of the daemon.
        self.end(self.lived)
        self.rig.wait_for("an end", lambda: self.busctl("status", NAME).returncode != 0)
        self.start_lived()
        self.call("StartListening", "a{sv}", "1", "detached", "b", "true")
        self.rig.wait_for_node(CAPTURE)

    def test_hold_survives_pipewire(self):
        self.hold()
        self.rig.wait_for_node(CAPTURE)
        self.rig.kill_server()
        self.rig.wait_for("InputState", lambda: self.get("InputState") == 's "unavailable"')
        self.assertTrue(self.get("Holds").startswith("aa{sv} 1 "))
        refused = self.busctl("call", NAME, PATH, f"{NAME}.Audio", "StartListening", "a{sv}", "0")
        self.assertNotEqual(refused.returncode, 0)
        self.rig.start_server()
        self.rig.wait_for_node(CAPTURE)


if __name__ == "__main__":
    missing = [program for program in rig_module.PROGRAMS + ["busctl"]
               if not rig_module.shutil.which(program)]
    if missing:
        print(f"1..0 # SKIP {', '.join(missing)} missing")
        sys.exit(77)
    tap.main()
