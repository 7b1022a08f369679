"""A private bus, livectl on it, and a stand-in for the daemon that does what a test tells it.

The stand-in takes its members from the interface files in data/, so it can neither offer what the
contract does not have nor forget a signature. Everything runs in one main loop; nothing sleeps,
and every wait has a deadline.
"""

import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from gi.repository import Gio, GLib

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests" / "pipewire"))

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1

BUS_NAME = "org.lived.Live1"
OBJECT_PATH = "/org/lived/Live1"
WAIT_S = 20.0


def die_with_parent():
    """For preexec_fn: a test that is killed leaves nothing behind."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def program(name):
    """The path of one of our programs: LIVE_TEST_PROGRAMS lists them, separated by colons."""
    for path in os.environ.get("LIVE_TEST_PROGRAMS", "").split(":"):
        if os.path.basename(path) == name:
            return path
    raise RuntimeError(f"{name} is not in LIVE_TEST_PROGRAMS")


def has_program(name):
    with contextlib.suppress(RuntimeError):
        return os.path.exists(program(name))
    return False


def wait_for(what, condition, wait_s=WAIT_S):
    """Turns the main loop until the condition holds; its value."""
    context = GLib.MainContext.default()
    late = GLib.timeout_add(int(wait_s * 1000), lambda: True)
    tick = GLib.timeout_add(10, lambda: True)  # conditions that no source wakes up for
    deadline = time.monotonic() + wait_s
    try:
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {wait_s:.0f} s for {what}")
            context.iteration(True)
    finally:
        GLib.source_remove(late)
        GLib.source_remove(tick)


class Bus:
    """A dbus-daemon of our own. services: {bus name: command} that it may start."""

    def __init__(self, services=None):
        self.folder = tempfile.mkdtemp(prefix="livectl-test-")
        os.mkdir(f"{self.folder}/services")
        for name, command in (services or {}).items():
            pathlib.Path(f"{self.folder}/services/{name}.service").write_text(
                f"[D-BUS Service]\nName={name}\nExec={command}\n", encoding="utf-8")
        pathlib.Path(f"{self.folder}/bus.conf").write_text(
            '<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"\n'
            ' "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">\n'
            "<busconfig><type>session</type>"
            f"<listen>unix:path={self.folder}/bus</listen>"
            f"<servicedir>{self.folder}/services</servicedir>"
            "<auth>EXTERNAL</auth>"
            '<policy context="default"><allow send_destination="*" eavesdrop="true"/>'
            '<allow eavesdrop="true"/><allow own="*"/></policy>'
            "</busconfig>\n", encoding="utf-8")
        self.env = self.build_env()
        self.log = open(f"{self.folder}/bus.log", "wb")
        self.process = subprocess.Popen(
            ["dbus-daemon", f"--config-file={self.folder}/bus.conf", "--nofork", "--print-address"],
            stdout=subprocess.PIPE, stderr=self.log, env=self.env, preexec_fn=die_with_parent)
        self.address = self.process.stdout.readline().decode().strip()
        self.env["DBUS_SESSION_BUS_ADDRESS"] = self.address

    def build_env(self):
        kept = ("PATH", "GSETTINGS_SCHEMA_DIR", "G_DEBUG", "MALLOC_PERTURB_", "LSAN_OPTIONS",
                "ASAN_OPTIONS", "UBSAN_OPTIONS", "LIVE_TEST_PROGRAMS", "LD_LIBRARY_PATH")
        env = {name: os.environ[name] for name in kept if name in os.environ}
        env.update(LC_ALL="C.UTF-8", TERM="xterm-256color", HOME=self.folder,
                   HISTFILE="/dev/null")
        for kind in ("config", "data", "state", "cache", "runtime"):
            os.mkdir(f"{self.folder}/{kind}", 0o700)
            variable = "XDG_RUNTIME_DIR" if kind == "runtime" else f"XDG_{kind.upper()}_HOME"
            env[variable] = f"{self.folder}/{kind}"
        return env

    def connect(self):
        return Gio.DBusConnection.new_for_address_sync(
            self.address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)

    def reload(self):
        """Reads the service files again."""
        connection = self.connect()
        connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus",
                             "org.freedesktop.DBus", "ReloadConfig", None, None, 0, -1, None)
        connection.close_sync(None)

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Refusal(Exception):
    """What a handler raises to answer with an error."""

    def __init__(self, name, message="no reason at all"):
        super().__init__(message)
        self.name = name if "." in name else f"{BUS_NAME}.Error.{name}"


SILENCE = object()  # a handler's value: no answer, ever


class FakeDaemon:
    """handlers: {method: function(*args) -> tuple of the reply's values, or GLib.Variant}."""

    def __init__(self, bus, interfaces=("Session", "Audio", "Manager", "Tools")):
        self.connection = bus.connect()
        self.connection.set_exit_on_close(False)
        self.calls = []
        self.n_reads = 0  # of properties
        self.handlers = {}
        self.properties = default_properties()
        self.infos = {}
        self.registrations = []
        for name in interfaces:
            text = (SOURCE / "data" / f"org.lived.Live1.{name}.xml").read_text(encoding="utf-8")
            info = Gio.DBusNodeInfo.new_for_xml(text).interfaces[0]
            self.infos[info.name] = info
            self.registrations.append(self.connection.register_object(
                OBJECT_PATH, info, self.on_call, self.on_get, self.on_set))
        self.own_name()

    def own_name(self):
        self.connection.call_sync(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
            GLib.Variant("(su)", (BUS_NAME, 4)), GLib.VariantType("(u)"), 0, -1, None)

    def release_name(self):
        self.connection.call_sync(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ReleaseName",
            GLib.Variant("(s)", (BUS_NAME,)), GLib.VariantType("(u)"), 0, -1, None)

    def close(self):
        if not self.connection.is_closed():
            self.connection.close_sync(None)

    # What the bus asks

    def on_call(self, connection, sender, path, interface, method, args, invocation):
        self.calls.append((method, args.unpack(), sender))
        handler = self.handlers.get(method, lambda *_: self.answer_nothing(interface, method))
        try:
            value = handler(*args.unpack())
        except Refusal as refusal:
            invocation.return_dbus_error(refusal.name, str(refusal))
            return
        if value is SILENCE:
            return
        if isinstance(value, tuple) and value and isinstance(value[0], Gio.UnixFDList):
            invocation.return_value_with_unix_fd_list(value[1], value[0])
        elif isinstance(value, GLib.Variant):
            invocation.return_value(value)
        else:
            invocation.return_value(GLib.Variant(self.reply_type(interface, method), value))

    def reply_type(self, interface, method):
        arguments = self.infos[interface].lookup_method(method).out_args
        return "(" + "".join(argument.signature for argument in arguments) + ")"

    def answer_nothing(self, interface, method):
        empty = {"s": "", "t": 0, "b": False, "a{sv}": {}, "aa{sv}": [], "a{ss}": {}}
        return tuple(empty[argument.signature]
                     for argument in self.infos[interface].lookup_method(method).out_args)

    def on_get(self, connection, sender, path, interface, name):
        self.n_reads += 1
        return self.property_variant(interface, name)

    def on_set(self, connection, sender, path, interface, name, value):
        self.calls.append(("Set", (name, value.unpack()), sender))
        self.change(**{name: value.unpack()})
        return True

    def property_variant(self, interface, name):
        return GLib.Variant(self.infos[interface].lookup_property(name).signature,
                            self.properties[name])

    # What a test does

    def called(self, method):
        return [args for name, args, _ in self.calls if name == method]

    def change(self, **values):
        """Changes properties and tells so."""
        for name, value in values.items():
            self.properties[name] = value
        for interface, info in self.infos.items():
            own = {name: self.property_variant(interface, name) for name in values
                   if info.lookup_property(name)}
            if own:
                self.connection.emit_signal(
                    None, OBJECT_PATH, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                    GLib.Variant("(sa{sv}as)", (interface, own, [])))

    def emit(self, member, *values, to=None):
        for interface, info in self.infos.items():
            found = info.lookup_signal(member)
            if found:
                signature = "(" + "".join(argument.signature for argument in found.args) + ")"
                self.connection.emit_signal(to, OBJECT_PATH, interface, member,
                                            GLib.Variant(signature, values))
                return
        raise KeyError(member)


def default_properties():
    string = GLib.Variant.new_string
    return {
        "State": "online", "StateReason": "none", "StateMessage": "", "Activity": "idle",
        "ContextOrigin": "new", "ConversationId": "c-1", "SessionId": "s-1",
        "Model": "models/gemini-live", "Voice": "Puck", "Language": "", "SystemInstruction": "",
        "Settings": {
            "session.voice": string("Puck"), "session.model": string("models/gemini-live"),
            "session.connect-on-start": GLib.Variant.new_boolean(False),
            "session.temperature": GLib.Variant.new_double(0.5),
            "vad.silence-duration-ms": GLib.Variant.new_uint32(500),
            "tools.allowed": GLib.Variant.new_strv(["a", "b"]),
        },
        "ModelFeatures": {}, "PendingChanges": [], "Resumable": True, "ConnectedSince": 0,
        "RetryAt": 0, "Usage": {"total": 30, "prompt": 10, "response": 20}, "Statistics": {},
        "Muted": False, "Listening": False, "Holds": [], "OutputVolume": 0.8, "InputDevice": "",
        "OutputDevice": "", "InputState": "idle", "OutputState": "idle", "Duplex": "full",
        "Version": "1.2.3", "Features": ["pipewire"], "Tools": [],
    }


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def json(self):
        """The one value, or the values of all lines."""
        values = [json.loads(line) for line in self.out.splitlines()]
        return values[0] if len(values) == 1 else values

    def __repr__(self):
        return f"exit {self.code}\nout: {self.out!r}\nerr: {self.err!r}"


class Livectl:
    """One run of livectl, while the main loop turns."""

    def __init__(self, env, *args, stdin=None, stdout=None):
        self.out = tempfile.TemporaryFile()
        self.err = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [program("livectl"), *args], env=env, stdout=stdout or self.out, stderr=self.err,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            preexec_fn=die_with_parent)
        if isinstance(stdin, str):
            stdin = stdin.encode()
        if isinstance(stdin, bytes):
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.write(stdin)
                self.process.stdin.close()

    def write(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def close_input(self):
        self.process.stdin.close()

    def read(self, stream):
        stream.seek(0)
        return stream.read().decode()

    def wait_for_output(self, part):
        return wait_for(f"{part!r} from livectl; it says {self.read(self.out)!r}",
                        lambda: part in self.read(self.out))

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def wait(self, wait_s=WAIT_S):
        try:
            wait_for("livectl to end", lambda: self.process.poll() is not None, wait_s)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            if self.process.stdin and not self.process.stdin.closed:
                with contextlib.suppress(BrokenPipeError):
                    self.process.stdin.close()
        result = Result(self.process.returncode, self.read(self.out), self.read(self.err))
        self.out.close()
        self.err.close()
        if result.code < 0:
            raise AssertionError(f"livectl was ended by signal {-result.code}: {result}")
        if "Sanitizer" in result.err or "CRITICAL" in result.err:
            raise AssertionError(f"livectl complains: {result}")
        return result


class WithDaemon(unittest.TestCase):
    def setUp(self):
        self.bus = Bus()
        self.daemon = FakeDaemon(self.bus)

    def tearDown(self):
        self.daemon.close()
        self.bus.close()

    def start(self, *args, env=None, **options):
        return Livectl({**self.bus.env, **(env or {})}, *args, **options)

    def livectl(self, *args, **options):
        return self.start(*args, **options).wait()

    def ok(self, *args, **options):
        result = self.livectl(*args, **options)
        self.assertEqual((result.code, result.err), (0, ""), f"{args}: {result}")
        return result.out

    def refuse(self, method, name, message="no reason at all"):
        def handler(*_):
            raise Refusal(name, message)
        self.daemon.handlers[method] = handler
