#!/usr/bin/python3
"""The benchmarks: latency, processor time, memory, start. Each number is printed beside its floor,
measured in the same run on the same machine. Nothing fails for being slow; what fails is a
measurement that cannot be made."""

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "pipewire"))

import rig as rigs  # noqa: E402
import stage as stages  # noqa: E402

GRAPH_HZ = 48000
CHUNK_MS = 20
TICKS = os.sysconf("SC_CLK_TCK")


def percentile(values, part):
    """The smallest value that at least this part of all does not pass."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * part // 100) - 1))]


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stream:
        fields = stream.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mib(pid):
    """(RSS, PSS, private) of a process."""
    found = {}
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as stream:
        for line in stream:
            name, _, rest = line.partition(":")
            if rest.strip().endswith("kB"):
                found[name] = int(rest.split()[0]) / 1024
    return found["Rss"], found["Pss"], found["Private_Clean"] + found["Private_Dirty"]


class Peer:
    """live-bench-peer: service, mouth and ear."""

    def __init__(self, stage):
        self.process = stage.spawn("peer", stages.program("live-bench-peer"),
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        stage.url = stage.read_url(self.process, "peer")
        rig = stage.rig
        rig._link("bench-mouth:mouth", "test-mic:input_MONO", self.process)
        rig._link("bench-mouth:speaker", "test-sink:playback_MONO", self.process)
        rig._link("test-sink:monitor_MONO", "bench-ear:monitor", self.process)

    def order(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise stages.StageError("live-bench-peer went away")
        return json.loads(line)

    def ask(self, text):
        self.order(text)
        return self.answer()

    def stop(self):
        rigs.end(self.process)


class Report:
    def __init__(self, mark=""):
        self.mark = mark
        self.rows = []

    def add(self, what, value, beside):
        self.rows.append({"what": what, "value": value, "beside": beside})
        print(f"{self.mark}{what:<46} {value:>24}   {beside}", flush=True)


@contextlib.contextmanager
def talking(quantum):
    """A rig with peer and daemon, connected."""
    with rigs.Rig(quantum=quantum) as rig:
        # Forced: the numbers are to be read beside one quantum, whoever asks for another.
        rig.set_quantum(quantum)
        stage = stages.Stage(rig)
        peer = None
        try:
            peer = Peer(stage)
            stage.start_daemon()
            stage.call("Session", "Connect", "(a{sv})", {})
            yield rig, stage, peer
            stage.stop()
        finally:
            if peer is not None:
                peer.stop()
            rigs.end(stage.daemon)


def listen(rig, stage, peer):
    stage.call("Audio", "StartListening", "(a{sv})", {})
    rig.wait_for_link("test-mic", "lived.capture")
    stage.wait_for("speech at the service", lambda: peer.ask("state")["heard_frames"] > 0)


def measure_latency(report, quantum, count):
    quantum_ms = quantum * 1000 / GRAPH_HZ
    goals = [("mouth", "mouth -> socket", f"2 quanta + chunk = {2 * quantum_ms + CHUNK_MS:.0f}"),
             ("speaker", "socket -> speaker", f"2 quanta + 40 = {2 * quantum_ms + 40:.0f}"),
             ("interrupt", "interrupted -> silence", f"1.5 quanta = {1.5 * quantum_ms:.0f}")]
    with talking(quantum) as (rig, stage, peer):
        listen(rig, stage, peer)
        late = peer.ask("calibrate 5")
        if not late["ms"]:
            raise stages.StageError("the ear does not hear the speaker")
        report.add("the sink's monitor is late by", f"{percentile(late['ms'], 50):.1f} ms",
                   f"taken off below; quantum {quantum_ms:.1f} ms")
        for order, what, goal in goals:
            result = peer.ask(f"{order} {count}")
            if not result["ms"]:
                raise stages.StageError(f"{what}: nothing was measured")
            p50, p95 = (percentile(result["ms"], part) for part in (50, 95))
            missed = f", {result['missed']} of {count} missed" if result["missed"] else ""
            report.add(f"{what}, p50 / p95", f"{p50:.1f} / {p95:.1f} ms",
                       f"quantum {result['quantum_frames'] * 1000 / GRAPH_HZ:.1f} ms, "
                       f"goal p95 <= {goal} ms{missed}")


def floor_cpu(rig, seconds):
    """pw-cat that records at 16 kHz and one that plays at 24 kHz, for as long: the least that
    somebody spends who does both."""
    voice = rig.tone("floor.wav", hz=440, seconds=seconds + 5, rate_hz=24000)
    latency = ["--latency", "1024/48000"]
    recorder = rig._spawn("floor-record", "pw-cat", "--record", "--rate", "16000", "--channels",
                          "1", "--format", "s16", *latency, "--target", "test-mic",
                          rig.path("floor-record.wav"))
    player = rig._spawn("floor-play", "pw-cat", "--playback", *latency, "--target", "test-sink",
                        voice)
    rig.children += [recorder, player]
    rig.wait_for("the floor's links", lambda: {("test-mic", "pw-cat"), ("pw-cat", "test-sink")}
                 <= rig.links())
    before = cpu_s(recorder.pid) + cpu_s(player.pid)
    start = time.monotonic()
    with contextlib.suppress(subprocess.TimeoutExpired):
        player.wait(seconds)
    spent = cpu_s(recorder.pid) + cpu_s(player.pid) - before
    passed = time.monotonic() - start
    rigs.end(recorder, rigs.signal.SIGINT)
    rigs.end(player, rigs.signal.SIGINT)
    return 100 * spent / passed


def measure_talk(report, seconds):
    with talking(512) as (rig, stage, peer):
        listen(rig, stage, peer)
        speech = rig.tone("speech.wav", hz=300, seconds=seconds + 5)
        feed = rig.feed(speech, wait=False)
        before, start = cpu_s(stage.daemon.pid), time.monotonic()
        peer.order(f"talk {seconds}")
        peer.answer()
        percent = 100 * (cpu_s(stage.daemon.pid) - before) / (time.monotonic() - start)
        feed.stop()
        rss, pss, private = memory_mib(stage.daemon.pid)
        stage.call("Audio", "StopListening", "(a{sv})", {})
        rig.wait_for_no_node("lived.capture")

        floor = floor_cpu(rig, seconds)
        ratio = percent / floor if floor else float("inf")
        report.add(f"processor, {seconds} s of talk both ways", f"{percent:.2f} % of a core",
                   f"pw-cat pair {floor:.2f} %, ratio {ratio:.2f}, goal <= 1.4")

        empty = stage.spawn("floor", stages.program("live-bench-floor"))
        stage.wait_for("the empty program", lambda: stage.bus.call_sync(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
            "NameHasOwner", stages.GLib.Variant("(s)", ("org.lived.Floor",)), None, 0, 5000,
            None).unpack()[0])
        empty_rss, empty_pss, empty_private = memory_mib(empty.pid)
        rigs.end(empty)
        report.add("memory after the talk, RSS", f"{rss:.1f} MiB",
                   f"empty program {empty_rss:.1f} MiB, goal <= 24")
        report.add("memory after the talk, PSS / private", f"{pss:.1f} / {private:.1f} MiB",
                   f"empty program {empty_pss:.1f} / {empty_private:.1f} MiB")


def measure_growth(report, turns):
    with talking(512) as (rig, stage, peer):
        readings = []
        warm = turns // 4
        for number in range(1, turns + 1):
            since = stage.mark()
            stage.call("Session", "Ask", "(sa{sv})", f"Question {number}", {})
            stage.wait_for_signal("TurnComplete", since=since)
            del stage.events[:]
            if number == warm or number == turns:
                readings.append(memory_mib(stage.daemon.pid))
        growth_kib = 1024 * (readings[1][0] - readings[0][0])
        report.add(f"growth of RSS, turn {warm} to {turns}", f"{growth_kib:.0f} KiB",
                   f"{readings[0][0]:.1f} -> {readings[1][0]:.1f} MiB, goal: none")


def start_ms(stage, name, *command):
    """From fork to the name on the bus."""
    gained = []
    watch = stages.Gio.bus_watch_name_on_connection(
        stage.bus, name, stages.Gio.BusNameWatcherFlags.NONE,
        lambda *args: gained.append(time.monotonic()), None)
    start = time.monotonic()
    process = stage.spawn("start", *command)
    try:
        stage.wait_for(f"the name {name}", lambda: gained)
    finally:
        stages.Gio.bus_unwatch_name(watch)
        rigs.end(process)
    stage.wait_for("its end", lambda: process.poll() is not None)
    return 1000 * (gained[0] - start)


def measure_start(report, count):
    with rigs.Rig() as rig:
        stage = stages.Stage(rig)
        stage.open_bus()
        ours, floor = [], []
        for _ in range(count):
            ours.append(start_ms(stage, stages.BUS_NAME, stages.program("lived")))
            floor.append(start_ms(stage, "org.lived.Floor", stages.program("live-bench-floor")))
        stage.stop()
        report.add("start to name owned, p50 / p95",
                   f"{percentile(ours, 50):.0f} / {percentile(ours, 95):.0f} ms",
                   f"empty program {percentile(floor, 50):.0f} / {percentile(floor, 95):.0f} ms")


def measure_wire(report):
    done = subprocess.run([stages.program("live-bench-wire")], capture_output=True, check=True)
    for row in json.loads(done.stdout):
        report.add(row["name"], f"{row['us']:.1f} us",
                   f"base64 alone {row['floor_us']:.1f} us, ratio {row['us'] / row['floor_us']:.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", help="a build folder")
    parser.add_argument("--smoke", action="store_true",
                        help="a few of each, to see that all can still be measured")
    parser.add_argument("--json", help="also write the rows to this file")
    parser.add_argument("--only", action="append", default=[],
                        choices=["latency", "talk", "growth", "start", "wire"])
    arguments = parser.parse_args()
    if arguments.build:
        build = os.path.abspath(arguments.build)
        names = ["daemon/lived", "client/livectl", "tests/simulator/live-simulator",
                 "tests/bench/live-bench-peer", "tests/bench/live-bench-floor",
                 "tests/bench/live-bench-wire"]
        os.environ["LIVE_TEST_PROGRAMS"] = ":".join(os.path.join(build, name) for name in names)
        os.environ["GSETTINGS_SCHEMA_DIR"] = os.path.join(build, "data")

    smoke = arguments.smoke
    chosen = arguments.only or ["latency", "talk", "growth", "start", "wire"]
    report = Report("# " if smoke else "")
    print(f"{report.mark}{platform.machine()}, {os.cpu_count()} processors, Linux {platform.release()}, "
          f"load {os.getloadavg()[0]:.1f}")
    if "latency" in chosen:
        for quantum in ([512] if smoke else [1024, 512]):
            measure_latency(report, quantum, 3 if smoke else 60)
    if "talk" in chosen:
        measure_talk(report, 2 if smoke else 60)
    if "growth" in chosen:
        measure_growth(report, 4 if smoke else 200)
    if "start" in chosen:
        measure_start(report, 1 if smoke else 20)
    if "wire" in chosen and not smoke:
        measure_wire(report)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as stream:
            json.dump(report.rows, stream, indent=2)
    if smoke:
        print(f"1..1\nok 1 - {len(report.rows)} numbers could be measured")


if __name__ == "__main__":
    main()
