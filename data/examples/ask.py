#!/usr/bin/python3
"""Asks one question and prints the answer while it is spoken.

    ask.py "Why is the sky blue?"
"""

import sys

from gi.repository import Gio, GLib

NAME, PATH, SESSION = "org.lived.Live1", "/org/lived/Live1", "org.lived.Live1.Session"


class Ask:
    def __init__(self, text):
        self.loop = GLib.MainLoop()
        self.printed = ""
        self.failed = False
        self.bus = Gio.bus_get_sync(Gio.BusType.SESSION)
        self.bus.signal_subscribe(NAME, SESSION, "OutputTranscript", PATH, None,
                                  Gio.DBusSignalFlags.NONE, self.on_transcript)
        # The call starts the daemon if need be, and the daemon connects by itself. It answers or
        # refuses within the time of its own, 120 seconds; D-Bus would lose patience before that.
        self.bus.call(NAME, PATH, SESSION, "Ask", GLib.Variant("(sa{sv})", (text, {})),
                      GLib.VariantType("(sa{sv})"), Gio.DBusCallFlags.NONE, 150_000, None,
                      self.on_answer)

    def on_transcript(self, bus, sender, path, interface, signal, params):
        turn, text, is_final, details = params.unpack()
        if not is_final:  # the final text would say all of it once more
            self.printed += text
            print(text, end="", flush=True)

    def on_answer(self, bus, result):
        try:
            reply, details = bus.call_finish(result).unpack()
        except GLib.Error as error:
            name = Gio.DBusError.get_remote_error(error)  # org.lived.Live1.Error.NoCredentials …
            message = error.message.partition(f"{name}: ")[2] or error.message
            print(f"ask.py: {message}", file=sys.stderr)
            self.failed = True
        else:
            # Models that write send no transcript.
            print("" if self.printed.strip() == reply.strip() else f"\n{reply}".lstrip())
        self.loop.quit()


if __name__ == "__main__":
    ask = Ask(" ".join(sys.argv[1:]))
    ask.loop.run()
    sys.exit(ask.failed)
