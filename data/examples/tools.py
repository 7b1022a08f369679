#!/usr/bin/python3
"""Two tools that the model may call while this program runs: dice, and a timer that takes its time.

A provider is an object with org.lived.Live1.ToolProvider, and one RegisterTool for each tool. The
daemon forgets the tools when this program leaves the bus, and tells the model so if it was in the
middle of something.
"""

import json
import random

from gi.repository import Gio, GLib

NAME, PATH, TOOLS = "org.lived.Live1", "/org/lived/Live1", "org.lived.Live1.Tools"
OWN_PATH = "/org/example/Tools"

# As in /usr/share/dbus-1/interfaces/org.lived.Live1.ToolProvider.xml, which also explains it.
PROVIDER = Gio.DBusNodeInfo.new_for_xml("""
<node>
  <interface name="org.lived.Live1.ToolProvider">
    <method name="Invoke">
      <arg name="call" type="s" direction="in"/>
      <arg name="name" type="s" direction="in"/>
      <arg name="arguments_json" type="s" direction="in"/>
      <arg name="context" type="a{sv}" direction="in"/>
      <arg name="result_json" type="s" direction="out"/>
    </method>
    <method name="Cancel">
      <arg name="call" type="s" direction="in"/>
      <arg name="reason" type="s" direction="in"/>
    </method>
  </interface>
</node>""").interfaces[0]

# What the model reads: say when a tool is to be called, and what comes back.
DECLARATIONS = {
    "roll_dice": {
        "description": "Rolls dice and tells the numbers.",
        "parameters": {
            "type": "object",
            "properties": {"count": {"type": "integer", "description": "1 to 100; default 1"},
                           "sides": {"type": "integer", "description": "2 to 1000; default 6"}}}},
    "egg_timer": {
        "description": "Waits and then tells that the time is over.",
        "parameters": {
            "type": "object",
            "properties": {"seconds": {"type": "number", "description": "at most 300"}},
            "required": ["seconds"]}},
}
OPTIONS = {
    "roll_dice": {},
    # Longer than the usual 20 seconds, and the conversation goes on meanwhile.
    "egg_timer": {"timeout-ms": GLib.Variant("u", 310_000), "blocking": GLib.Variant("b", False)},
}


class Provider:
    def __init__(self):
        self.timers = {}  # call -> (source id, invocation)
        self.daemon = None
        self.bus = Gio.bus_get_sync(Gio.BusType.SESSION)
        self.bus.register_object(OWN_PATH, PROVIDER, self.on_method_call, None, None)
        # Registering again when the daemon comes back, and starting it now if it does not run.
        Gio.bus_watch_name_on_connection(self.bus, NAME, Gio.BusNameWatcherFlags.AUTO_START,
                                         self.on_daemon_here, self.on_daemon_gone)

    def on_daemon_here(self, bus, name, owner):
        self.daemon = owner
        for tool, declaration in DECLARATIONS.items():
            bus.call(NAME, PATH, TOOLS, "RegisterTool", GLib.Variant("(sa{sv})", (
                json.dumps({"name": tool, **declaration}),
                {"object-path": GLib.Variant("o", OWN_PATH), **OPTIONS[tool]})),
                None, Gio.DBusCallFlags.NONE, -1, None, self.on_registered, tool)

    def on_registered(self, bus, result, tool):
        try:
            bus.call_finish(result)
            print(f"{tool} is there", flush=True)
        except GLib.Error as error:
            print(f"{tool}: {error.message}", flush=True)

    def on_daemon_gone(self, bus, name):
        self.daemon = None
        for call in list(self.timers):
            self.end(call)

    def on_method_call(self, bus, sender, path, interface, method, params, invocation):
        if sender != self.daemon:
            invocation.return_dbus_error("org.freedesktop.DBus.Error.AccessDenied",
                                         "Only the daemon may call tools")
        elif method == "Cancel":
            call, reason = params.unpack()
            self.end(call)
            invocation.return_value(None)
        else:
            call, tool, arguments_json, context = params.unpack()
            try:
                getattr(self, tool)(call, json.loads(arguments_json), invocation)
            except (TypeError, ValueError, KeyError) as error:
                # The model reads this and can do better. Its arguments are not checked by anybody
                # before they are here.
                invocation.return_dbus_error("org.lived.Live1.Error.Failed", f"bad value: {error}")

    def roll_dice(self, call, arguments, invocation):
        count, sides = arguments.get("count", 1), arguments.get("sides", 6)
        if not (1 <= count <= 100 and 2 <= sides <= 1000):
            raise ValueError("count is 1 to 100, sides is 2 to 1000")
        numbers = [random.randint(1, int(sides)) for _ in range(int(count))]
        self.answer(invocation, {"numbers": numbers, "sum": sum(numbers)})

    def egg_timer(self, call, arguments, invocation):
        seconds = float(arguments["seconds"])
        if not 0 <= seconds <= 300:
            raise ValueError("seconds is at most 300")
        source = GLib.timeout_add(int(seconds * 1000), self.on_time_over, call)
        self.timers[call] = (source, invocation)

    def on_time_over(self, call):
        source, invocation = self.timers.pop(call)
        self.answer(invocation, {"output": "The time is over."})
        return GLib.SOURCE_REMOVE

    def end(self, call):
        """No answer is wanted any more."""
        if call in self.timers:
            source, invocation = self.timers.pop(call)
            GLib.source_remove(source)
            invocation.return_dbus_error("org.lived.Live1.Error.Interrupted", "cancelled")

    def answer(self, invocation, result):
        invocation.return_value(GLib.Variant("(s)", (json.dumps(result),)))


if __name__ == "__main__":
    Provider()
    GLib.MainLoop().run()
