"""A PipeWire with WirePlumber of its own, without hardware, for tests and benchmarks.

Several rigs may run at the same time; each has a private runtime directory, session bus and
configuration, and touches no device of the machine. Nothing here sleeps for a guess: every wait
looks for an event and has a deadline, after which RigError tells what was waited for.

    with Rig() as rig:
        daemon = subprocess.Popen(["lived"], env=rig.env)       # rig.env: use it for every child
        rig.wait_for_node("lived.capture")
        rig.feed("speech.wav")                      # into the microphone, returns when it is over
        with rig.record("heard.wav"):               # what the loudspeaker plays
            ...

Functions of Rig:
    start() / stop()        also by "with"; stop never raises and leaves no process behind
    env                     the environment for children: private XDG directories, D-Bus session
                            bus (address in DBUS_SESSION_BUS_ADDRESS), G_DEBUG=fatal-criticals
    path(name)              a file in the rig's temporary folder, removed with it
    say(text, name)         speech by espeak-ng into path(name), a mono WAV; returns the path
    tone(name, ...)         a sine into path(name); returns the path
    feed(wav, to="test-mic", wait=True)
                            plays a mono WAV into a node, by default the virtual microphone.
                            With wait=False returns a Feed: .wait(), .stop(), .process
    record(wav, source="test-sink")
                            a context manager that records a sink's monitor (or a source) as mono
                            S16 at 48 kHz; recording has begun when the body runs, and the file is
                            complete behind it. rate=… for another rate; .start() and .stop() too
    kill_server() / start_server() / restart_server()
                            PipeWire and WirePlumber; kill is SIGKILL, start waits for readiness
    set_quantum(frames)     forces the graph's quantum (at 48 kHz); 0 lets it float again
    add_node(name, media_class, priority=…, description=…) / remove_node(name)
                            plugs in another null device: Audio/Sink or Audio/Source/Virtual
    set_default(kind, name) kind "sink" or "source": what a user's choice in a mixer does
    dump()                  pw-dump as Python objects
    nodes()                 name -> props of all nodes ("id" and "state" added)
    links()                 set of (output node name, input node name)
    link(output, input)     links two ports, "node:port" each
    format(name)            the format negotiated with a stream, "S16LE 16000 1"
    wait_for(what, test, timeout=10.0)
                            calls test() until it returns something true, and returns that
    wait_for_node(name) / wait_for_no_node(name) / wait_for_link(output, input)

From the shell, and for tests in C: run-in-rig.py COMMAND …
"""

import contextlib
import json
import math
import os
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import wave

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = ["pipewire", "wireplumber", "pw-cat", "pw-cli", "pw-dump", "pw-link", "pw-metadata",
            "dbus-daemon"]
POLL_S = 0.03

# WirePlumber 0.4 reads the Lua fragments, 0.5 the other file; both only switch hardware off.
WIREPLUMBER_FILES = {
    "main.lua.d/51-no-hardware.lua":
        "alsa_monitor.enabled = false\nv4l2_monitor.enabled = false\n"
        "libcamera_monitor.enabled = false\n",
    "bluetooth.lua.d/51-no-hardware.lua": "bluez_monitor.enabled = false\n",
    "wireplumber.conf.d/51-no-hardware.conf":
        "wireplumber.profiles = { main = { monitor.alsa = disabled, monitor.alsa-midi = disabled,"
        " monitor.bluez = disabled, monitor.bluez-midi = disabled, monitor.libcamera = disabled,"
        " monitor.v4l2 = disabled, support.logind = disabled, support.reserve-device = disabled"
        " } }\n",
}


class RigError(Exception):
    """Something did not happen in time, or a program failed."""


def missing_programs(more=()):
    return [name for name in [*PROGRAMS, *more] if shutil.which(name) is None]


def end(process, how=signal.SIGTERM, patience_s=5.0):
    """Ends one child of ours, politely first."""
    if process is None or process.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(how)
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def die_with_parent():
    """In the child: a rig that is killed itself takes its servers along."""
    import ctypes
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Rig:
    def __init__(self, quantum=512, verbose=False):
        self.quantum = quantum
        self.verbose = verbose
        self.folder = None
        self.env = None
        self.bus = self.pipewire = self.wireplumber = None
        self.children = []
        self.counter = 0

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *details):
        self.stop()

    # Life

    def start(self):
        # Short, for a socket's path must fit into 108 bytes.
        self.folder = tempfile.mkdtemp(prefix="rig-", dir="/tmp")
        self.env = {key: value for key, value in os.environ.items()
                    if not key.startswith(("PIPEWIRE_", "PULSE_", "WIREPLUMBER_", "DBUS_", "XDG_",
                                           "GEMINI_", "GOOGLE_", "NOTIFY_SOCKET", "SPA_"))
                    and key not in ("DISPLAY", "WAYLAND_DISPLAY")}
        for variable, name in [("XDG_RUNTIME_DIR", "run"), ("XDG_CONFIG_HOME", "config"),
                               ("XDG_STATE_HOME", "state"), ("XDG_DATA_HOME", "data"),
                               ("XDG_CACHE_HOME", "cache"), ("HOME", "home")]:
            self.env[variable] = self.path(name)
            os.mkdir(self.path(name), 0o700)
        self.env["G_DEBUG"] = "fatal-criticals"
        # A library that was unloaded hides what its globals point to from the leak checker.
        self.env["PIPEWIRE_DLCLOSE"] = "false"
        self.env["PIPEWIRE_RUNTIME_DIR"] = self.env["XDG_RUNTIME_DIR"]
        # PipeWire 0.3.65 unloads its realtime module together with a libdbus that still holds a
        # connection; LeakSanitizer then finds leaks that no program of ours could mend.
        self.env["PIPEWIRE_DLCLOSE"] = "false"
        for name, text in WIREPLUMBER_FILES.items():
            full = os.path.join(self.path("config"), "wireplumber", name)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as stream:
                stream.write(text)
        self._start_bus()
        self.start_server()
        return self

    def stop(self):
        for child in reversed(self.children):
            end(child)
        self.children.clear()
        end(self.wireplumber)
        end(self.pipewire)
        end(self.bus)
        self.wireplumber = self.pipewire = self.bus = None
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def _spawn(self, name, *command, **options):
        if not self.verbose:
            options.setdefault("stderr", open(self.path(name + ".log"), "ab"))
            options.setdefault("stdout", options["stderr"])
        child = subprocess.Popen(command, env=self.env, stdin=subprocess.DEVNULL,
                                 preexec_fn=die_with_parent, **options)
        if not self.verbose:
            options["stderr"].close()
        return child

    def _start_bus(self):
        address = "unix:path=" + os.path.join(self.env["XDG_RUNTIME_DIR"], "bus")
        self.env["DBUS_SESSION_BUS_ADDRESS"] = address
        self.bus = self._spawn("dbus-daemon", "dbus-daemon", "--session", "--nofork", "--nopidfile",
                               "--address=" + address)
        self.wait_for("the session bus",
                      lambda: os.path.exists(os.path.join(self.env["XDG_RUNTIME_DIR"], "bus")))

    def start_server(self):
        self.pipewire = self._spawn("pipewire", "pipewire", "-c",
                                    os.path.join(HERE, "server.conf"))
        self.wait_for("PipeWire", lambda: "test-mic" in self.nodes())
        self.wireplumber = self._spawn("wireplumber", "wireplumber")
        self.wait_for("WirePlumber", lambda: self.default("sink") == "test-sink"
                      and self.default("source") == "test-mic")
        if self.quantum != 512:
            self.set_quantum(self.quantum)

    def kill_server(self):
        """As a crash: nobody says good-bye."""
        for child in (self.pipewire, self.wireplumber):
            if child is not None:
                child.kill()
                child.wait()
        self.pipewire = self.wireplumber = None

    def restart_server(self):
        self.kill_server()
        self.start_server()

    # The graph

    def _run(self, *command, check=True):
        try:
            done = subprocess.run(command, env=self.env, stdin=subprocess.DEVNULL, timeout=10,
                                  capture_output=True, text=True, check=False)
        except subprocess.TimeoutExpired:
            raise RigError(f"{' '.join(command)} hangs") from None
        if check and done.returncode != 0:
            raise RigError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
        return done

    def dump(self):
        done = self._run("pw-dump", "-N", check=False)
        try:
            return json.loads(done.stdout) if done.returncode == 0 else []
        except ValueError:
            return []  # the server went away in mid-sentence

    def nodes(self):
        found = {}
        for item in self.dump():
            if item.get("type") == "PipeWire:Interface:Node":
                props = dict(item["info"].get("props", {}))
                props["id"] = item["id"]
                props["state"] = item["info"].get("state")
                found[props.get("node.name", str(item["id"]))] = props
        return found

    def links(self):
        items = self.dump()
        names = {item["id"]: item["info"].get("props", {}).get("node.name") for item in items
                 if item.get("type") == "PipeWire:Interface:Node"}
        return {(names.get(item["info"]["output-node-id"]), names.get(item["info"]["input-node-id"]))
                for item in items if item.get("type") == "PipeWire:Interface:Link"}

    def default(self, kind):
        for item in self.dump():
            if item.get("props", {}).get("metadata.name") == "default":
                for entry in item.get("metadata", []):
                    if entry["key"] == f"default.audio.{kind}" and entry["subject"] == 0:
                        return entry["value"].get("name")
        return None

    def set_default(self, kind, name):
        self._run("pw-metadata", "0", f"default.configured.audio.{kind}",
                  json.dumps({"name": name}), "Spa:String:JSON")
        self.wait_for(f"default {kind} {name}", lambda: self.default(kind) == name)

    def set_quantum(self, frames):
        self._run("pw-metadata", "-n", "settings", "0", "clock.force-quantum", str(frames))
        self.quantum = frames or 512

    def add_node(self, name, media_class, priority=500, description=None):
        self._run("pw-cli", "create-node", "adapter", json.dumps({
            "factory.name": "support.null-audio-sink", "node.name": name,
            "node.description": description or name, "media.class": media_class,
            "audio.position": "MONO", "priority.session": priority, "priority.driver": 100,
            "monitor.channel-volumes": True, "object.linger": True}))
        self.wait_for_node(name)

    def remove_node(self, name):
        node = self.nodes().get(name)
        if node is None:
            raise RigError(f"no node {name}")
        self._run("pw-cli", "destroy", str(node["id"]))
        self.wait_for_no_node(name)

    def link(self, output_port, input_port):
        self._run("pw-link", output_port, input_port)

    def format(self, name):
        """What was negotiated with a stream: "S16LE 16000 1"."""
        text = self._run("pw-cli", "enum-params", name, "Format").stdout
        found = re.search(r"AudioFormat:(\w+)\).*?Audio:rate.*?Int (\d+).*?"
                          r"Audio:channels.*?Int (\d+)", text, re.DOTALL)
        return " ".join(found.groups()) if found else "none"

    # Waiting

    def wait_for(self, what, test, timeout=10.0):
        deadline = time.monotonic() + timeout
        while True:
            result = test()
            if result:
                return result
            for name in ("bus", "pipewire", "wireplumber"):
                child = getattr(self, name)
                if child is not None and child.poll() is not None:
                    raise RigError(f"{name} ended ({child.returncode}) while waiting for {what}"
                                   + self.log(name))
            if time.monotonic() > deadline:
                raise RigError(f"no {what} within {timeout:g} s")
            time.sleep(POLL_S)

    def log(self, name):
        try:
            with open(self.path(name + ".log"), encoding="utf-8", errors="replace") as stream:
                return ":\n" + stream.read()[-2000:]
        except OSError:
            return ""

    def wait_for_node(self, name, timeout=10.0):
        return self.wait_for(f"node {name}", lambda: self.nodes().get(name), timeout)

    def wait_for_no_node(self, name, timeout=10.0):
        self.wait_for(f"end of node {name}", lambda: name not in self.nodes(), timeout)

    def wait_for_link(self, output, input_node, timeout=10.0):
        self.wait_for(f"link {output} -> {input_node}",
                      lambda: (output, input_node) in self.links(), timeout)

    # Sound

    def say(self, text, name, voice="en"):
        path = self.path(name)
        self._run("espeak-ng", "-v", voice, "-w", path, text)
        return path

    def tone(self, name, hz=300.0, seconds=1.0, rate_hz=48000, amplitude=0.5):
        path = self.path(name)
        n_frames = int(seconds * rate_hz)
        frames = (round(32767 * amplitude * math.sin(2 * math.pi * hz * i / rate_hz))
                  for i in range(n_frames))
        with wave.open(path, "wb") as stream:
            stream.setparams((1, 2, rate_hz, n_frames, "NONE", ""))
            stream.writeframes(struct.pack(f"<{n_frames}h", *frames))
        return path

    def _cat(self, kind, wav, *options):
        """pw-cat, connected to nothing: it neither starts to play nor to record before it is."""
        self.counter += 1
        node = f"rig-{kind}-{self.counter}"
        child = self._spawn(node, "pw-cat", "--" + kind, "--target", "0", "--latency", "1024/48000",
                            "-P", json.dumps({"node.name": node}), *options, wav)
        self.children.append(child)
        return child, node

    def _link(self, output, input_port, child):
        def attempt():
            if child.poll() is not None:
                raise RigError(f"pw-cat ended ({child.returncode}) before it was linked")
            done = self._run("pw-link", output, input_port, check=False)
            return done.returncode == 0 or "File exists" in done.stderr
        self.wait_for(f"link {output} -> {input_port}", attempt)

    def feed(self, wav, to="test-mic", wait=True):
        child, node = self._cat("playback", wav)
        is_sink = self.nodes().get(to, {}).get("media.class") == "Audio/Sink"
        port = "playback_MONO" if is_sink else "input_MONO"
        self._link(f"{node}:output_MONO", f"{to}:{port}", child)
        feed = Feed(self, child)
        if wait:
            feed.wait()
        return feed

    def record(self, wav, source="test-sink", rate_hz=48000):
        return Recording(self, wav, source, rate_hz)


class Feed:
    def __init__(self, rig, process):
        self.rig, self.process = rig, process

    def wait(self, timeout=120.0):
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise RigError(f"a sound did not end within {timeout:g} s") from None
        self.rig.children.remove(self.process)
        if code != 0:
            raise RigError(f"pw-cat failed ({code})")

    def stop(self):
        end(self.process, signal.SIGINT)
        if self.process in self.rig.children:
            self.rig.children.remove(self.process)


class Recording:
    def __init__(self, rig, wav, source, rate_hz):
        self.rig, self.wav, self.source, self.rate_hz = rig, wav, source, rate_hz
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *details):
        self.stop()

    def start(self):
        self.process, node = self.rig._cat("record", self.wav, "--rate", str(self.rate_hz),
                                           "--channels", "1", "--format", "s16")
        kind = "monitor" if self.rig.nodes()[self.source]["media.class"] == "Audio/Sink" \
            else "capture"
        self.rig._link(f"{self.source}:{kind}_MONO", f"{node}:input_MONO", self.process)
        # The first frames are in the file, not only the link in the graph.
        self.rig.wait_for("the recording to begin", lambda: os.path.exists(self.wav)
                          and self.rig.nodes().get(node, {}).get("state") == "running")
        return self

    def stop(self):
        end(self.process, signal.SIGINT)
        if self.process in self.rig.children:
            self.rig.children.remove(self.process)
        return self.wav
