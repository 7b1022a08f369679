#!/usr/bin/gjs -m
// Prints what is said on both sides, a line an utterance, until the daemon goes away.
//
//     gjs -m follow.js

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

const NAME = 'org.lived.Live1';
const PATH = '/org/lived/Live1';
const SESSION = 'org.lived.Live1.Session';

const bus = Gio.bus_get_sync(Gio.BusType.SESSION, null);
const loop = new GLib.MainLoop(null, false);

function follow(signal, func) {
    bus.signal_subscribe(NAME, SESSION, signal, PATH, null, Gio.DBusSignalFlags.NONE,
        (connection, sender, path, iface, member, params) => func(...params.deepUnpack()));
}

// The final text is the whole utterance. The fragments before it are for those who show words as
// they come.
follow('InputTranscript', (turn, text, isFinal) => {
    if (isFinal)
        print(`you:  ${text.trim()}`);
});
follow('OutputTranscript', (turn, text, isFinal) => {
    if (isFinal)
        print(`live: ${text.trim()}`);
});
follow('TurnComplete', (turn, reason) => {
    if (reason === 'interrupted')
        print('      (interrupted)');
});

Gio.bus_watch_name_on_connection(bus, NAME, Gio.BusNameWatcherFlags.NONE,
    () => print('following'), () => loop.quit());
loop.run();
