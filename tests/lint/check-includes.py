#!/usr/bin/python3
"""Arrows point one way: a folder includes only folders before it, a library's header stands only
in the files that own the library, and nothing waits where it would block the main loop."""

import os
import re

import lint

LAYERS = ["base", "protocol", "machine", "io", "core", "bus"]
TOP = len(LAYERS)  # daemon/live-app.c and daemon/main.c

INCLUDE = re.compile(r"^\s*#\s*include\s+([\"<])([^\">]+)[\">]", re.MULTILINE)

# Library header -> the files that may name it.
OWNERS = [
    (re.compile(r"libsoup/"), re.compile(r"daemon/io/live-[\w-]*soup[\w-]*\.[ch]"), "libsoup"),
    (re.compile(r"(pipewire|spa)/"), re.compile(r"daemon/io/live-pw-[\w-]+\.[ch]"), "PipeWire"),
    (re.compile(r"systemd/"), re.compile(r"daemon/io/live-sd\.[ch]|daemon/base/live-log\.c"),
     "libsystemd"),
    (re.compile(r"libsecret/"), re.compile(r"daemon/io/live-secret[\w-]*\.[ch]"), "libsecret"),
    (re.compile(r"live-dbus[\w-]*\.h"), re.compile(r"(daemon/bus|client)/.*"),
     "generated D-Bus code"),
]

CLIENT_MAY = re.compile(r"base/live-(names|error)\.h|protocol/live-json\.h|live-config\.h|live-dbus[\w-]*\.h")

# (folders, pattern, what it is)
BANNED = [
    # pw_core_sync only asks for an event and returns at once.
    (re.compile(r"(daemon|client)/"), re.compile(r"\b(?!pw_core_sync\b)\w+_sync \("),
     "a synchronous call"),
    (re.compile(r"(daemon|client)/"), re.compile(r"\bgoto\b"), "goto"),
    (re.compile(r"(daemon|client)/"), re.compile(r"\b(g_usleep|usleep|sleep|nanosleep) \("),
     "a sleep"),
    (re.compile(r"daemon/.*/"), re.compile(r"\bg_main_(loop_run|context_iteration) \("),
     "a nested main loop"),
    (re.compile(r"daemon/(protocol|machine|core)/"),
     re.compile(r"\b(GDBus\w+|g_dbus_\w+|g_bus_\w+)\b"), "a D-Bus type"),
    (re.compile(r"daemon/(protocol|machine)/"),
     re.compile(r"\b(GFile|GSocket\w*|GInputStream|GOutputStream|GCancellable|GTask|g_file_\w+)\b"),
     "input or output"),
    (re.compile(r"daemon/(machine)/"),
     re.compile(r"\b(g_get_(monotonic|real)_time|clock_gettime|time) \("), "a clock"),
]


def layer_of(name):
    parts = name.split("/")
    if len(parts) == 2:
        return TOP
    return LAYERS.index(parts[1]) if parts[1] in LAYERS else None


def stem_of(name):
    return os.path.splitext(os.path.basename(name))[0]


def family_of(name, stems):
    """live-engine-audio belongs to live-engine when the same folder has both."""
    folder, stem = os.path.dirname(name), stem_of(name)
    parts = stem.split("-")
    for length in range(2, len(parts)):
        if (folder, "-".join(parts[:length])) in stems:
            return f"{folder}/{'-'.join(parts[:length])}"
    return f"{folder}/{stem}"


def find_cycle(edges):
    """A list of nodes that leads back to its first one, or None."""
    done, path = set(), []

    def visit(node):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        for following in sorted(edges.get(node, ())):
            cycle = visit(following)
            if cycle:
                return cycle
        path.pop()
        done.add(node)
        return None

    for node in sorted(edges):
        cycle = visit(node)
        if cycle:
            return cycle
    return None


def check_file(name, text, known):
    code = lint.code_only(text)
    layer = layer_of(name) if name.startswith("daemon/") else None
    if name.startswith("daemon/") and layer is None:
        yield f"{name}:1: a folder that no layer knows"
        return

    for match in INCLUDE.finditer(text):
        quote, header = match.groups()
        where = f"{name}:{text.count(chr(10), 0, match.start(2)) + 1}"

        for pattern, owner, library in OWNERS:
            if pattern.match(header) and not owner.fullmatch(name):
                yield f"{where}: {library} belongs to {owner.pattern}"

        if name.startswith("client/") and quote == '"':
            if not CLIENT_MAY.fullmatch(header) and f"client/{header}" not in known:
                yield f"{where}: the client may not include {header}"
        elif name.startswith("daemon/") and f"daemon/{header}" in known:
            target = layer_of(f"daemon/{header}")
            if target > layer:
                yield f"{where}: the arrow to {header} points the wrong way"

    for folders, pattern, what in BANNED:
        if folders.match(name):
            for number, line in lint.lines(code):
                if pattern.search(line):
                    yield f"{name}:{number}: {what}: {line.strip()}"


def reaches_library(name, includes, seen):
    """The first library that a file sees, through whatever headers."""
    seen.add(name)
    for header in includes.get(name, ()):
        for pattern, _, library in OWNERS[:-1]:
            if pattern.match(header):
                return library
        below = f"daemon/{header}"
        if below in includes and below not in seen:
            library = reaches_library(below, includes, seen)
            if library:
                return library
    return None


def check(root):
    names = [n for n in lint.files(root)
             if re.fullmatch(r"(daemon|client)/.*\.([ch]|inc)", n)]
    known = set(names)
    texts = {name: lint.read(root, name) for name in names}
    includes = {name: [m.group(2) for m in INCLUDE.finditer(text)]
                for name, text in texts.items()}

    for name in names:
        yield from check_file(name, texts[name], known)
        if re.match(r"daemon/(core|bus)/", name):
            library = reaches_library(name, includes, set())
            if library:
                yield f"{name}:1: sees {library}; talk to it through an interface in io/"

    stems = {(os.path.dirname(name), stem_of(name)) for name in names}
    edges = {}
    for name in names:
        here = family_of(name, stems)
        for header in includes[name]:
            for target in (f"daemon/{header}", f"client/{header}"):
                if target in known and family_of(target, stems) != here:
                    edges.setdefault(here, set()).add(family_of(target, stems))
    cycle = find_cycle(edges)
    if cycle:
        yield f"{cycle[0]}:1: a cycle of includes: {' -> '.join(cycle)}"


GOOD = {
    "daemon/base/live-a.h": "#pragma once\n",
    "daemon/io/live-b.h": '#include "base/live-a.h"\n',
    "daemon/core/live-c.c": '#include "core/live-c.h"\n\n#include "io/live-b.h"\n/* goto */\n',
    "daemon/core/live-c.h": "#pragma once\n",
    "client/livectl.h": '#include "base/live-names.h"\n',
}


def with_file(name, content):
    return {**GOOD, name: content}


CASES = [
    ("a good tree passes", GOOD, None),
    ("an arrow that points right", with_file("daemon/base/live-a.h", '#include "io/live-b.h"\n'),
     "live-a.h:1: the arrow"),
    ("a cycle", {**GOOD, "daemon/core/live-c.h": '#include "core/live-d.h"\n',
                 "daemon/core/live-d.h": '#include "core/live-c.h"\n'}, "a cycle of includes"),
    ("a cycle through a .c", {**GOOD, "daemon/core/live-c.c": '#include "core/live-d.h"\n',
                              "daemon/core/live-d.h": "\n",
                              "daemon/core/live-d.c": '#include "core/live-c.h"\n'},
     "a cycle of includes"),
    ("a library out of its room", with_file("daemon/core/live-c.h", "#include <libsoup/soup.h>\n"),
     "libsoup belongs to"),
    ("a library seen through a header",
     with_file("daemon/io/live-b.h", "#include <pipewire/pipewire.h>\n"), "live-c.c:1: sees PipeW"),
    ("a client that looks inside", with_file("client/a.c", '#include "core/live-c.h"\n'),
     "may not include core/live-c.h"),
    ("a synchronous call", with_file("daemon/bus/live-x.c", "  g_bus_get_sync (1);\n"),
     "a synchronous call"),
    ("goto", with_file("client/a.c", "  goto out;\n"), "client/a.c:1: goto"),
    ("a sleep", with_file("daemon/io/live-x.c", "\n  g_usleep (5);\n"), "live-x.c:2: a sleep"),
    ("a nested loop", with_file("daemon/io/live-x.c", "  g_main_loop_run (loop);\n"), "a nested"),
    ("D-Bus in core", with_file("daemon/core/live-c.h", "GDBusConnection *bus;\n"), "a D-Bus type"),
    ("a clock in a machine", with_file("daemon/machine/live-x.c", "now = g_get_monotonic_time ();"),
     "a clock"),
    ("a folder without a layer", with_file("daemon/misc/live-x.c", "\n"), "no layer knows"),
]

if __name__ == "__main__":
    lint.main(check, CASES)
