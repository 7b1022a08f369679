#!/usr/bin/python3
"""A real lived and simulator on a bus of their own, with providers and agents of tools that are
further connections of this process."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

NAME, PATH = "org.lived.Live1", "/org/lived/Live1"
TOOLS, SESSION = NAME + ".Tools", NAME + ".Session"
ERROR = NAME + ".Error."
DEADLINE_S = 30
PROVIDER_XML = """<node><interface name='org.lived.Live1.ToolProvider'>
<method name='Invoke'><arg type='s' direction='in'/><arg type='s' direction='in'/>
<arg type='s' direction='in'/><arg type='a{sv}' direction='in'/><arg type='s' direction='out'/></method>
<method name='Cancel'><arg type='s' direction='in'/><arg type='s' direction='in'/></method>
</interface><interface name='org.lived.Live1.ToolAgent'>
<method name='Request'><arg type='s' direction='in'/><arg type='s' direction='in'/>
<arg type='s' direction='in'/><arg type='a{sv}' direction='in'/><arg type='s' direction='out'/></method>
<method name='Cancel'><arg type='s' direction='in'/><arg type='s' direction='in'/></method>
</interface></node>"""


class Provider:
    """A connection of its own with the object /p; answer(call, name, arguments) gives the result,
    an exception, or None for never."""

    def __init__(self, rig, answer=None, decide=None):
        self.rig, self.answer, self.decide = rig, answer, decide
        self.calls, self.cancelled, self.asked, self.signals = [], [], [], []
        self.held = {}
        flags = (Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
                 | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION)
        self.bus = Gio.DBusConnection.new_for_address_sync(rig.address, flags, None, None)
        for interface in Gio.DBusNodeInfo.new_for_xml(PROVIDER_XML).interfaces:
            self.bus.register_object("/p", interface, self.on_call, None, None)
        self.bus.signal_subscribe(NAME, TOOLS, None, PATH, None, Gio.DBusSignalFlags.NONE,
                                  self.on_signal)

    def on_signal(self, _bus, _sender, _path, _interface, name, parameters):
        self.signals.append((name, parameters.unpack()))

    def of(self, name):
        return [values for what, values in self.signals if what == name]

    def on_call(self, _bus, _sender, _path, _interface, method, parameters, invocation):
        values = parameters.unpack()
        if method == "Cancel":
            self.cancelled.append(values)
            invocation.return_value(None)
        elif method == "Request":
            self.asked.append(values)
            decision = self.decide(*values[:3])
            if decision is not None:
                invocation.return_value(GLib.Variant("(s)", (decision,)))
        else:
            self.calls.append(values)
            self.held[values[0]] = invocation
            answer = self.answer(*values[:3]) if self.answer else None
            if answer is not None:
                self.release(values[0], answer)

    def release(self, call, answer):
        invocation = self.held.pop(call)
        if isinstance(answer, Exception):
            invocation.return_dbus_error("org.example.Error.Broken", str(answer))
        else:
            invocation.return_value(GLib.Variant("(s)", (answer,)))

    def call(self, method, signature, *values, interface=TOOLS):
        """Runs the main loop, so that the provider answers meanwhile. Returns (values, error)."""
        box = []
        self.bus.call(NAME, PATH, interface, method, GLib.Variant(signature, values), None,
                      Gio.DBusCallFlags.NONE, DEADLINE_S * 1000, None,
                      lambda bus, result: box.append(result))
        self.rig.wait(lambda: box, method)
        try:
            return self.bus.call_finish(box[0]).unpack(), None
        except GLib.Error as error:
            name = Gio.DBusError.get_remote_error(error) or ""
            return None, name.replace(ERROR, "") + ": " + error.message

    def register(self, name, signal=False, parameters=None, **options):
        declaration = {"name": name, "description": "the " + name}
        if parameters is not None:
            declaration["parameters"] = parameters
        values = {key.replace("_", "-"): value for key, value in options.items()}
        if not signal:
            values["object-path"] = GLib.Variant("o", "/p")
        return self.call("RegisterTool", "(sa{sv})", json.dumps(declaration), values)[1]

    def close(self):
        self.bus.close_sync(None)


class Rig(unittest.TestCase):
    scenario = {}
    model = None

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="lived-tools-")
        self.data = os.path.join(self.dir, "data")
        os.makedirs(os.path.join(self.data, "lived", "tools.d"))
        self.environment = dict(os.environ, GEMINI_API_KEY="AIzaSyTools0000000000000000000000000000",
                                XDG_DATA_HOME=self.data, LC_ALL="C.UTF-8")
        for kind in ("CONFIG", "STATE", "CACHE"):
            self.environment[f"XDG_{kind}_HOME"] = os.path.join(self.dir, kind.lower())
        self.environment["XDG_RUNTIME_DIR"] = self.dir
        self.processes, self.providers = [], []
        self.bus_daemon()
        path = os.path.join(self.dir, "scenario.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.scenario, file)
        simulator = self.spawn([os.environ["LIVE_SIMULATOR"], "--speed", "20", "--scenario", path],
                               stdout=subprocess.PIPE)
        self.url = simulator.stdout.readline().decode().split()[-1]
        self.log = open(os.path.join(self.dir, "log"), "w+", encoding="utf-8", errors="replace")
        self.options = [f"--set=endpoint.url={self.url}"]
        if self.model:
            self.options.append(f"--set=session.model={self.model}")
        self.lived = self.spawn([os.environ["LIVED"], *self.options], stderr=self.log)
        self.user = self.provider()
        self.wait(lambda: self.user.call("ListTools", "(a{sv})", {})[0] is not None, "lived")

    def bus_daemon(self):
        """A private bus whose activation files are ours."""
        services = os.path.join(self.data, "dbus-1", "services")
        os.makedirs(services)
        config = os.path.join(self.dir, "bus.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"""<busconfig><type>session</type><listen>unix:dir={self.dir}</listen>
<servicedir>{services}</servicedir><policy context='default'><allow send_destination='*'/>
<allow eavesdrop='true'/><allow own='*'/></policy></busconfig>""")
        bus = self.spawn(["dbus-daemon", f"--config-file={config}", "--print-address=1",
                          "--nofork"], stdout=subprocess.PIPE)
        self.address = bus.stdout.readline().decode().strip()
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = self.address

    def spawn(self, command, **options):
        process = subprocess.Popen(command, env=self.environment, **options)
        self.processes.append(process)
        # Also when the set-up fails half-way, where no tearDown follows.
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def provider(self, *args, **options):
        provider = Provider(self, *args, **options)
        self.providers.append(provider)
        return provider

    def tearDown(self):
        self.lived.terminate()
        status = self.lived.wait(DEADLINE_S)
        for process in self.processes:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
        self.log.seek(0)
        text = self.log.read()
        self.log.close()
        shutil.rmtree(self.dir)
        failed = status != 0 or any(word in text for word in ("CRITICAL", "Sanitizer"))
        outcome = getattr(self._outcome, "result", None)
        if failed or (outcome and (outcome.errors or outcome.failures)):
            print("".join("# " + line + "\n" for line in text.splitlines()), flush=True)
        self.assertEqual(status, 0)
        self.assertFalse(failed)

    def wait(self, test, what="something"):
        context, end = GLib.MainContext.default(), time.monotonic() + DEADLINE_S
        wake = GLib.timeout_add(20, lambda: True)
        try:
            while not test():
                if time.monotonic() > end:
                    self.fail(f"waited in vain for {what}")
                context.iteration(True)
        finally:
            GLib.source_remove(wake)

    def http(self, path, body=None):
        """In a thread: the main loop has to answer calls meanwhile."""
        box = []

        def run():
            url = self.url.replace("ws://", "http://") + path
            data = None if body is None else json.dumps(body).encode()
            with urllib.request.urlopen(url, data, timeout=DEADLINE_S) as reply:
                box.append(json.load(reply))

        thread = threading.Thread(target=run)
        thread.start()
        self.wait(lambda: not thread.is_alive(), path)
        return box[0]

    def state(self):
        return self.http("/simulator/state")

    def inject(self, *actions):
        self.http("/simulator/inject", list(actions))

    def connect(self):
        self.assertIsNone(self.user.call("Connect", "(a{sv})", {}, interface=SESSION)[1])

    def model_calls(self, name, arguments=None):
        self.inject({"call": name, "args": arguments or {}})

    def answers(self):
        return self.state()["tool_responses"]

    def wait_answers(self, count):
        box = []

        def look():
            box[:] = self.answers()
            return len(box) >= count

        self.wait(look, f"{count} answers")
        return box

    def finished(self):
        return [(values[1], values[2]) for values in self.user.of("ToolCallFinished")]

    def statistic(self, name):
        return self.user.call("Get", "(ss)", SESSION, "Statistics",
                              interface="org.freedesktop.DBus.Properties")[0][0][name]

    def tools(self):
        return {tool["name"]: tool for tool in self.user.call("ListTools", "(a{sv})", {})[0][0]}


class Tap(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.count = 0

    def say(self, word, test, text=""):
        self.count += 1
        print(f"{word} {self.count} {test.id().removeprefix('__main__.')}", flush=True)
        for line in text.splitlines():
            print("# " + line, flush=True)

    def addSuccess(self, test):
        self.say("ok", test)

    def addError(self, test, err):
        super().addError(test, err)
        self.say("not ok", test, self.errors[-1][1])

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.say("not ok", test, self.failures[-1][1])


def run():
    loader = unittest.TestLoader()
    loader.testMethodPrefix = "test_"
    names = sys.argv[1:]
    module = sys.modules["__main__"]
    suite = loader.loadTestsFromNames(names, module) if names else loader.loadTestsFromModule(module)
    print(f"1..{suite.countTestCases()}", flush=True)
    result = Tap()
    suite.run(result)
    sys.exit(not result.wasSuccessful())
