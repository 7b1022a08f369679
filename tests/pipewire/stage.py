"""A whole conversation on one stage: simulator, daemon, and somebody who listens on the bus, all in
a rig. For the tests from mouth to ear, the benchmarks and the demonstration.

    with Stage(rig) as stage:
        stage.start_simulator()
        stage.start_daemon()
        stage.call("Session", "Connect", "(a{sv})", {})
        stage.wait_for_signal("TurnComplete", lambda turn, reason, details: reason == "complete")

Nothing sleeps; every wait turns the main loop until something happens, and has a deadline.
"""

import contextlib
import dataclasses
import json
import os
import re
import subprocess
import time

from gi.repository import Gio, GLib

from rig import Rig, RigError, die_with_parent, end  # noqa: F401  (Rig: for those who import us)

BUS_NAME = "org.lived.Live1"
OBJECT_PATH = "/org/lived/Live1"
WAIT_S = 30.0


class StageError(Exception):
    """Something did not happen in time; the text holds what did."""


@dataclasses.dataclass
class Event:
    name: str
    args: tuple
    at: float  # time.monotonic()


def program(name):
    """The path of one of our programs: LIVE_TEST_PROGRAMS lists them, separated by colons."""
    for path in os.environ.get("LIVE_TEST_PROGRAMS", "").split(":"):
        if os.path.basename(path) == name:
            return path
    raise StageError(f"{name} is not in LIVE_TEST_PROGRAMS")


class Stage:
    def __init__(self, rig, verbose=False):
        self.rig = rig
        self.verbose = verbose or "LIVE_RIG_VERBOSE" in os.environ
        self.env = dict(rig.env, GEMINI_API_KEY="a-key-for-the-simulator")
        for variable in ("GSETTINGS_SCHEMA_DIR", "LSAN_OPTIONS", "ASAN_OPTIONS", "UBSAN_OPTIONS",
                         "MALLOC_PERTURB_", "LIVE_TEST_DATA"):
            if variable in os.environ:
                self.env[variable] = os.environ[variable]
        self.simulator = self.daemon = None
        self.url = None
        self.events = []
        self.bus = None
        self.logs = {}
        self.clock = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.stop()
        if kind is not None:
            self.print_logs()

    def stop(self):
        """Ends the daemon and the simulator; raises when one of them ended badly."""
        codes = {}
        for name in ("daemon", "simulator"):
            process = getattr(self, name)
            if process is not None:
                end(process, patience_s=10.0)
                codes[name] = process.returncode
                setattr(self, name, None)
        if self.bus is not None:
            with contextlib.suppress(GLib.Error):
                self.bus.close_sync(None)
            self.bus = None
        for name, code in codes.items():
            if code != 0:
                self.print_logs()
                raise StageError(f"the {name} ended with {code}")

    def print_logs(self):
        for name, path in self.logs.items():
            with contextlib.suppress(OSError), open(path, encoding="utf-8",
                                                    errors="replace") as stream:
                for line in stream.read()[-6000:].split("\n"):
                    print(f"# {name}: {line}", flush=True)

    # Programs

    def spawn(self, name, *command, **options):
        self.logs[name] = self.rig.path(name + ".log")
        with open(self.logs[name], "ab") as log:
            options.setdefault("stderr", log)
            return subprocess.Popen(command, env=self.env, preexec_fn=die_with_parent,
                                    stdin=options.pop("stdin", subprocess.DEVNULL), **options)

    def read_url(self, process, name):
        """The line with which a server says where it listens."""
        line = process.stdout.readline().decode()
        found = re.search(r"listening on (ws://\S+)", line)
        if not found:
            self.print_logs()
            raise StageError(f"the {name} does not listen, it says {line!r}")
        return found.group(1)

    def start_simulator(self, *arguments):
        self.sounds = self.rig.path("sounds")
        self.lines = self.rig.path("wire.jsonl")
        self.simulator = self.spawn("simulator", program("live-simulator"), "--port", "0",
                                    "--record", self.lines, "--dump-audio", self.sounds, *arguments,
                                    stdout=subprocess.PIPE)
        self.url = self.read_url(self.simulator, "simulator")

    def wire(self):
        """What went over the wire so far, as the simulator wrote it down."""
        with open(self.lines, encoding="utf-8") as stream:
            return [json.loads(line) for line in stream if line.endswith("\n")]

    def start_daemon(self, *settings):
        """settings: "group.key=value"."""
        command = [program("lived")]
        if self.url is not None:
            command += ["--set", f"endpoint.url={self.url}"]
        for setting in settings:
            command += ["--set", setting]
        self.open_bus()
        self.daemon = self.spawn("daemon", *command)
        self.wait_for("the daemon's name", self.has_owner)

    def livectl(self, *arguments, check=True, timeout=60.0):
        done = subprocess.run([program("livectl"), *arguments], env=self.env, capture_output=True,
                              text=True, timeout=timeout, check=False)
        if check and done.returncode != 0:
            raise StageError(f"livectl {' '.join(arguments)}: {done.returncode}: {done.stderr}")
        return done

    # The bus

    def open_bus(self):
        if self.bus is not None:
            return
        flags = (Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
                 | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION)
        self.bus = Gio.DBusConnection.new_for_address_sync(
            self.env["DBUS_SESSION_BUS_ADDRESS"], flags, None, None)
        self.bus.set_exit_on_close(False)
        self.bus.signal_subscribe(BUS_NAME, None, None, OBJECT_PATH, None,
                                  Gio.DBusSignalFlags.NONE, self.on_signal)

    def on_signal(self, bus, sender, path, interface, name, parameters):
        now = time.monotonic()
        if name == "PropertiesChanged":
            for prop, value in parameters.unpack()[1].items():
                self.events.append(Event(prop, (value,), now))
        else:
            self.events.append(Event(name, parameters.unpack(), now))

    def has_owner(self):
        reply = self.bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus",
                                   "org.freedesktop.DBus", "NameHasOwner",
                                   GLib.Variant("(s)", (BUS_NAME,)), None,
                                   Gio.DBusCallFlags.NONE, 5000, None)
        return reply.unpack()[0]

    def call(self, interface, method, signature="()", *arguments, timeout_ms=30000):
        """Runs the main loop meanwhile, so that signals come with their right times."""
        answer = []
        parameters = GLib.Variant(signature, arguments)
        self.bus.call(BUS_NAME, OBJECT_PATH, f"{BUS_NAME}.{interface}", method, parameters, None,
                      Gio.DBusCallFlags.NO_AUTO_START, timeout_ms, None,
                      lambda bus, result: answer.append(result))
        self.wait_for(f"the reply to {method}", lambda: answer, timeout_ms / 1000 + 5)
        reply = self.bus.call_finish(answer[0]).unpack()
        return reply[0] if len(reply) == 1 else reply

    def get(self, interface, name):
        reply = self.bus.call_sync(BUS_NAME, OBJECT_PATH, "org.freedesktop.DBus.Properties", "Get",
                                   GLib.Variant("(ss)", (f"{BUS_NAME}.{interface}", name)), None,
                                   Gio.DBusCallFlags.NO_AUTO_START, 5000, None)
        return reply.unpack()[0]

    def set(self, interface, name, value):
        self.bus.call_sync(BUS_NAME, OBJECT_PATH, "org.freedesktop.DBus.Properties", "Set",
                           GLib.Variant("(ssv)", (f"{BUS_NAME}.{interface}", name, value)), None,
                           Gio.DBusCallFlags.NO_AUTO_START, 5000, None)

    # Waiting

    def wait_for(self, what, test, timeout=WAIT_S):
        """Turns the main loop until test() is true; looks at least every 50 ms, for what no event
        of ours announces."""
        context = GLib.MainContext.default()
        deadline = time.monotonic() + timeout
        ticker = GLib.timeout_add(50, lambda: True)
        try:
            while True:
                result = test()
                if result:
                    return result
                if self.daemon is not None and self.daemon.poll() is not None:
                    raise StageError(f"the daemon ended with {self.daemon.returncode} "
                                     f"while waiting for {what}")
                if time.monotonic() > deadline:
                    tail = ", ".join(f"{e.name}{e.args}"[:90] for e in self.events[-12:])
                    raise StageError(f"no {what} within {timeout:g} s; last: {tail}")
                context.iteration(True)
        finally:
            GLib.source_remove(ticker)

    def mark(self):
        """A place among the events; waits can begin behind it."""
        return len(self.events)

    def wait_for_signal(self, name, test=lambda *args: True, since=0, timeout=WAIT_S):
        """The first event of this name, a signal or a changed property, that test accepts."""

        def find():
            for event in self.events[since:]:
                if event.name == name and test(*event.args):
                    return event
            return None

        return self.wait_for(name, find, timeout)

    def signals(self, name, since=0):
        return [event for event in self.events[since:] if event.name == name]
