"""A systemd user manager of its own, without being PID 1, with a private bus that it activates.

    with UserManager(units={"lived.service": text}, activation={...}) as manager:
        manager.systemctl("start", "lived.service")

Nothing of the user's own manager is touched: runtime, configuration and state directories are
private, and all processes end with the context. Waits look for a state and have a deadline."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time

SYSTEMD = "/lib/systemd/systemd"
BOOTED = "/run/systemd/system"
DEADLINE_S = 60
POLL_S = 0.05

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>systemd:</listen>
  <servicedir>{services}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""

# The manager finds the bus only by these two names. Debian's own pair would do, but is a package
# of its own, and shows the services of the whole machine.
BUS_UNITS = {
    "dbus.socket": """[Unit]
DefaultDependencies=no
[Socket]
ListenStream=%t/bus
""",
    "dbus.service": """[Unit]
DefaultDependencies=no
Requires=dbus.socket
[Service]
Type=notify
NotifyAccess=main
ExecStart={dbus_daemon} --config-file={config} --address=systemd: --nofork --nopidfile \\
  --systemd-activation
""",
}

# What is installed for users (keyrings, sound, timers) has no business here.
MASKED = ["sockets.target", "timers.target", "paths.target"]


def missing():
    """Why there can be no manager here, or None."""
    for program in [SYSTEMD, "dbus-daemon", "systemctl", "busctl", "setpriv"]:
        if shutil.which(program) is None:
            return f"{program} is not installed"
    if not os.path.isdir(BOOTED) and not os.access(os.path.dirname(BOOTED), os.W_OK) \
            and not os.access("/run", os.W_OK):
        return f"{BOOTED} is missing and cannot be made"
    return None


class Cgroups:
    """A control group for one manager in each hierarchy where we may make one. Without it a second
    manager would take the same groups for its units, and kill what it finds there."""

    def __init__(self, name):
        self.folders = []
        with open("/proc/self/cgroup", encoding="utf-8") as file:
            lines = file.read().split()
        for line in lines:
            _, controllers, path = line.split(":", 2)
            for mount in ["/sys/fs/cgroup/" + controllers.replace("name=", "")] if controllers \
                    else ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"]:
                parent = mount + path.rstrip("/")
                if os.path.exists(os.path.join(parent, "cgroup.procs")):
                    folder = os.path.join(parent, name)
                    with contextlib.suppress(OSError):
                        os.mkdir(folder)
                        self.folders.append(folder)
                    break

    def enter(self):
        """In the child, before it becomes the manager."""
        for folder in self.folders:
            with contextlib.suppress(OSError), \
                    open(os.path.join(folder, "cgroup.procs"), "w", encoding="ascii") as file:
                file.write("0")

    def remove(self):
        for top in self.folders:
            for folder, _, _ in os.walk(top, topdown=False):
                with contextlib.suppress(OSError), \
                        open(os.path.join(folder, "cgroup.procs"), encoding="ascii") as file:
                    for pid in file.read().split():
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(int(pid), signal.SIGKILL)
                # A process that was just killed is still there for a moment.
                end = time.monotonic() + DEADLINE_S
                while os.path.isdir(folder) and time.monotonic() < end:
                    try:
                        os.rmdir(folder)
                    except OSError:
                        time.sleep(POLL_S)
        self.folders = []


class UserManager:
    def __init__(self, units, activation, environment=None):
        self.units, self.activation = units, activation
        self.environment = environment or {}
        self.children = []
        self.made = []
        self.cgroups = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, text, *names):
        path = self.path(*names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def start(self):
        self.folder = tempfile.mkdtemp(prefix="lived-manager-")
        # systemd asks for it to know that a machine runs systemd.
        path = BOOTED
        while not os.path.isdir(path):
            self.made.append(path)
            path = os.path.dirname(path)
        os.makedirs(BOOTED, exist_ok=True)

        for name in ["run", "config", "state", "cache", "data", "services"]:
            os.mkdir(self.path(name), 0o700)
        for name, text in self.units.items():
            self.write(text, "config", "systemd", "user", name)
        for name, text in self.activation.items():
            self.write(text, "services", name)

        config = self.write(BUS_CONFIG.format(services=self.path("services")), "bus.conf")
        for name, text in BUS_UNITS.items():
            self.write(text.format(dbus_daemon=shutil.which("dbus-daemon"), config=config),
                       "config", "systemd", "user", name)
        for name in MASKED:
            os.symlink("/dev/null", self.path("config", "systemd", "user", name))

        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": self.folder,
            "LC_ALL": "C.UTF-8",
            "XDG_RUNTIME_DIR": self.path("run"),
            "XDG_CONFIG_HOME": self.path("config"),
            "XDG_STATE_HOME": self.path("state"),
            "XDG_CACHE_HOME": self.path("cache"),
            "XDG_DATA_HOME": self.path("data"),
            **self.environment,
        }
        self.cgroups = Cgroups(os.path.basename(self.folder))
        # A user has no capabilities: where tests run as root, these go, so that the unit is proven
        # under the same conditions.
        drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
        self.spawn([*drop, SYSTEMD, "--user"], preexec_fn=self.cgroups.enter)
        self.wait("the manager", lambda: self.run(
            ["systemctl", "--user", "start", "dbus.socket", "dbus.service"]).returncode == 0)
        self.wait("the manager on its bus", lambda: self.run(
            ["busctl", "--user", "--auto-start=no", "status", "org.freedesktop.systemd1"])
            .returncode == 0)

    def spawn(self, command, **options):
        log = open(self.path(os.path.basename(command[0]) + ".log"), "wb")
        child = subprocess.Popen(command, env=self.env, stderr=log,
                                 **{"stdout": log, "stdin": subprocess.DEVNULL, **options})
        log.close()
        self.children.append(child)
        return child

    def stop(self):
        # The manager ends its units before it ends; the bus goes last.
        for child in reversed(self.children):
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            if child.stdout:
                child.stdout.close()
        self.children = []
        if self.cgroups:
            self.cgroups.remove()
        shutil.rmtree(self.folder, ignore_errors=True)
        for path in self.made:
            with contextlib.suppress(OSError):
                os.rmdir(path)

    def run(self, command, **options):
        return subprocess.run(command, env=self.env, capture_output=True, text=True, check=False,
                              timeout=DEADLINE_S, **options)

    def systemctl(self, *arguments):
        result = self.run(["systemctl", "--user", *arguments])
        if result.returncode != 0:
            raise AssertionError(f"systemctl {' '.join(arguments)}: {result.stderr}")
        return result.stdout.strip()

    def show(self, unit, name):
        return self.systemctl("show", "--value", "-p", name, unit)

    def call(self, *arguments):
        """busctl call; the reply as busctl prints it."""
        result = self.run(["busctl", "--user", "call", *arguments])
        if result.returncode != 0:
            raise AssertionError(f"busctl call {' '.join(arguments)}: {result.stderr}")
        return result.stdout.strip()

    def wait(self, what, test):
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            value = test()
            if value:
                return value
            time.sleep(POLL_S)
        raise AssertionError(f"waited {DEADLINE_S} s for {what}")

    def log(self, name):
        try:
            with open(self.path(name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""
