#!/usr/bin/python3
"""Runs a command in a rig: run-in-rig.py COMMAND …

Ends with the command's exit code, or with 77 when a program that the rig needs is missing.
The command may talk to the rig: it writes lines to the descriptor LIVE_RIG_FD, words separated
by tabs, and reads one line for each, "ok …" or "error …". The lines: see Control. Files go into
the folder LIVE_RIG_FOLDER. LIVE_RIG_VERBOSE shows what the servers say.
"""

import os
import signal
import socket
import subprocess
import sys
import threading

from rig import Rig, RigError, die_with_parent, end, missing_programs

SKIP = 77


class Control(threading.Thread):
    """Answers the command that runs in the rig. Lines, fields separated by tabs:
        kill-server | start-server | restart-server
        set-quantum FRAMES | add-node NAME CLASS PRIORITY | remove-node NAME
        set-default sink|source NAME
        has-node NAME -> ok 1 or ok 0; has-link OUTPUT INPUT likewise
        link OUTPUT_PORT INPUT_PORT (NODE:PORT) | node-state NODE | node-format NODE
        feed WAV [NODE] | feed-start WAV [NODE] | feed-stop
        record-start WAV [NODE] | record-stop
        tone WAV HZ SECONDS RATE | say WAV TEXT
    """

    def __init__(self, rig, connection):
        super().__init__(daemon=True)
        self.rig, self.connection = rig, connection
        self.feeding = self.recording = None

    def run(self):
        with self.connection, self.connection.makefile("rw", encoding="utf-8") as stream:
            for line in stream:
                try:
                    answer = self.obey(*line.rstrip("\n").split("\t"))
                    stream.write("ok" if answer is None else f"ok {answer}")
                except Exception as error:  # whatever it is, the test must hear of it
                    stream.write("error " + str(error).replace("\n", " "))
                stream.write("\n")
                stream.flush()

    def obey(self, verb, *words):
        rig = self.rig
        if verb in ("kill-server", "start-server", "restart-server"):
            return getattr(rig, verb.replace("-", "_"))()
        if verb == "set-quantum":
            return rig.set_quantum(int(words[0]))
        if verb == "add-node":
            return rig.add_node(words[0], words[1], priority=int(words[2]))
        if verb == "remove-node":
            return rig.remove_node(words[0])
        if verb == "set-default":
            return rig.set_default(*words)
        if verb == "has-node":
            return int(words[0] in rig.nodes())
        if verb == "has-link":
            return int(tuple(words) in rig.links())
        if verb == "link":
            return rig.link(*words)
        if verb == "node-state":
            return rig.nodes().get(words[0], {}).get("state", "none")
        if verb == "node-format":
            return rig.format(words[0])
        if verb == "feed":
            rig.feed(*words)
        elif verb == "feed-start":
            self.feeding = rig.feed(*words, wait=False)
        elif verb == "feed-stop":
            self.feeding.stop()
        elif verb == "record-start":
            self.recording = rig.record(*words).start()
        elif verb == "record-stop":
            self.recording.stop()
        elif verb == "tone":
            rig.tone(words[0], float(words[1]), float(words[2]), int(words[3]))
        elif verb == "say":
            rig.say(words[1], words[0])
        else:
            raise RigError(f"unknown line {verb}")
        return None


def run(command):
    lacking = missing_programs()
    if lacking:
        print(f"1..0 # SKIP missing programs: {' '.join(lacking)}")
        return SKIP
    ours, theirs = socket.socketpair()
    with Rig(verbose="LIVE_RIG_VERBOSE" in os.environ) as rig:
        Control(rig, ours).start()
        env = dict(rig.env, LIVE_RIG_FD=str(theirs.fileno()), LIVE_RIG_FOLDER=rig.folder)
        child = subprocess.Popen(command, env=env, pass_fds=[theirs.fileno()],
                                 preexec_fn=die_with_parent)
        theirs.close()
        try:
            return child.wait()
        finally:
            end(child)


def main():
    # A test runner ends us with SIGTERM; the servers are ended on the way out.
    signal.signal(signal.SIGTERM, lambda *ignored: sys.exit(143))
    if len(sys.argv) < 2:
        print("usage: run-in-rig.py COMMAND …", file=sys.stderr)
        return 2
    code = run(sys.argv[1:])
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
