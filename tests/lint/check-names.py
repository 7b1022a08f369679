#!/usr/bin/python3
"""A name tells where its thing is defined: public functions carry the stem of their file, static
ones carry none, realtime callbacks are marked and live in one file."""

import os
import re

import lint

FILE_NAME = re.compile(r"live-[a-z0-9]+(-[a-z0-9]+)*\.([ch]|inc)|main\.c|meson\.build")
REALTIME_FILE = "daemon/io/live-pw-stream.c"

# What G_DEFINE_TYPE and its like want to find under the type's name.
GOBJECT = re.compile(r"_(init|class_init|iface_init|default_init|interface_init|constructed|"
                     r"dispose|finalize|get_property|set_property)$")

# What a realtime callback may not do: allocate, lock, log, talk to GLib, to files, to PipeWire
# beyond its own buffers and its one wake-up.
REALTIME_BANNED = re.compile(
    r"\b(g_[a-z]\w*|malloc|calloc|realloc|free|printf|fprintf|pthread_\w+|read|write|"
    r"pw_(?!stream_(dequeue_buffer|queue_buffer|get_time_n)\b|loop_signal_event\b)\w+) \(")


def snake(type_name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type_name).lower()


def prefixes_of(name, stems, header):
    """What a public function of this file may begin with: its stem, the stem of the family that
    it continues (live-engine-audio.c continues live-engine), or a type of its own header."""
    stem = os.path.splitext(os.path.basename(name))[0]
    parts = stem.split("-")
    allowed = [stem.replace("-", "_")]
    for length in range(2, len(parts)):
        if (os.path.dirname(name), "-".join(parts[:length])) in stems:
            allowed.append("_".join(parts[:length]))
    types = re.findall(r"^\} (Live\w+);|^typedef struct _\w+ (Live\w+);", header, re.MULTILINE)
    allowed += [snake(first or second) for first, second in types]
    return allowed


def check_daemon_file(root, name, stems, known):
    code = lint.code_only(lint.read(root, name))
    header_name = os.path.splitext(name)[0] + ".h"
    header = lint.read(root, header_name) if header_name in known else ""
    prefixes = prefixes_of(name, stems, header)

    for function in lint.functions(code):
        where = f"{name}:{function.line}"
        own = function.name
        if own.startswith("rt_"):
            if name != REALTIME_FILE:
                yield f"{where}: {own}: realtime callbacks live in {REALTIME_FILE}"
            for offset, line in lint.lines(function.body):
                found = REALTIME_BANNED.search(line)
                if found:
                    number = function.body_line + offset - 1
                    yield f"{name}:{number}: {own} is realtime and may not call {found.group(1)}"
        if own == "main" or name.endswith(".h"):
            continue
        if function.is_static:
            if own.startswith("live_") and not GOBJECT.search(own):
                yield f"{where}: {own} is static and needs no prefix"
        elif not any(own == p or own.startswith(p + "_") for p in prefixes):
            yield f"{where}: {own} should begin with {prefixes[0]}_"


def check(root):
    names = [n for n in lint.files(root) if re.fullmatch(r"daemon/.*\.([ch]|inc)", n)]
    known = set(names)
    folders = {}
    stems = set()

    for name in names:
        base = os.path.basename(name)
        if not FILE_NAME.fullmatch(base):
            yield f"{name}:1: a file is called live-<noun>.[ch]"
        stem = os.path.splitext(base)[0]
        stems.add((os.path.dirname(name), stem))
        folders.setdefault(stem, set()).add(os.path.dirname(name))

    for stem, where in sorted(folders.items()):
        if len(where) > 1:
            yield f"{sorted(where)[1]}/{stem}:1: the stem stands in {sorted(where)[0]} already"

    for name in names:
        yield from check_daemon_file(root, name, stems, known)


GOOD = {
    "daemon/core/live-engine.h": "typedef enum\n{\n  A,\n} LiveMood;\n",
    "daemon/core/live-engine.c":
        "static void\non_opened (void)\n{\n}\n\nvoid\nlive_engine_go (int a,\n    int b)\n{\n}\n\n"
        "static void\nlive_engine_init (void)\n{\n}\n\nint\nlive_mood_best (void)\n{\n}\n",
    "daemon/core/live-engine-audio.c": "gboolean\nlive_engine_hear (void)\n{\n}\n",
    REALTIME_FILE: "static void\nrt_pull (void)\n{\n  memcpy (a, b, c);\n"
                   "  pw_stream_queue_buffer (s, b);\n}\n",
}

CASES = [
    ("a good tree passes", GOOD, None),
    ("a foreign prefix", {**GOOD, "daemon/io/live-x.c": "void\nlive_engine_x (void)\n{\n}\n"},
     "live-x.c:2: live_engine_x should begin with live_x_"),
    ("a static one with a prefix",
     {**GOOD, "daemon/io/live-x.c": "static int\nlive_x_count (void)\n{\n}\n"}, "needs no prefix"),
    ("a realtime callback elsewhere",
     {**GOOD, "daemon/io/live-x.c": "static void\nrt_x (void)\n{\n}\n"}, "realtime callbacks live"),
    ("a realtime callback that allocates",
     {REALTIME_FILE: "static void\nrt_x (void)\n{\n  int a;\n\n  g_free (a);\n}\n"},
     "live-pw-stream.c:6: rt_x is realtime and may not call g_free"),
    ("a realtime callback that uses too much of PipeWire",
     {REALTIME_FILE: "static void\nrt_x (void)\n{\n  pw_stream_flush (s, 0);\n}\n"},
     "may not call pw_stream_flush"),
    ("two files of one stem", {"daemon/io/live-x.c": "\n", "daemon/core/live-x.h": "\n"},
     "stands in daemon/core already"),
    ("a file without prefix", {"daemon/io/helpers.c": "\n"}, "is called live-<noun>"),
]

if __name__ == "__main__":
    lint.main(check, CASES)
