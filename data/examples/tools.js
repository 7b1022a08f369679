#!/usr/bin/gjs -m
// A tool that the model may call while this program runs: it lists a folder of the user's.
//
//     gjs -m tools.js

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

const NAME = 'org.lived.Live1';
const PATH = '/org/lived/Live1';
const TOOLS = 'org.lived.Live1.Tools';
const OWN_PATH = '/org/example/Tools';
const FAILED = 'org.lived.Live1.Error.Failed';
const MAX_ENTRIES = 200;

// As in /usr/share/dbus-1/interfaces/org.lived.Live1.ToolProvider.xml, which also explains it.
const PROVIDER = `
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
</node>`;

const DECLARATION = {
    name: 'list_folder',
    description: 'Lists the names in a folder of the user, like Documents or Music/Bach.',
    parameters: {
        type: 'object',
        properties: {folder: {type: 'string', description: 'Below the home folder'}},
        required: ['folder'],
    },
};

Gio._promisify(Gio.File.prototype, 'enumerate_children_async');
Gio._promisify(Gio.FileEnumerator.prototype, 'next_files_async');

// Never trust a path that a model wrote: it may come from a web page that the model has read.
function findFolder(name) {
    const home = Gio.File.new_for_path(GLib.get_home_dir());
    const folder = home.resolve_relative_path(name);
    if (!folder.equal(home) && !folder.has_prefix(home))
        throw new Error('This is not below the home folder.');
    return folder;
}

async function listFolder({folder}, cancellable) {
    if (typeof folder !== 'string')
        throw new Error('folder has to be a string.');
    const entries = await findFolder(folder).enumerate_children_async(
        'standard::name,standard::display-name,standard::is-hidden',
        Gio.FileQueryInfoFlags.NOFOLLOW_SYMLINKS, GLib.PRIORITY_DEFAULT, cancellable);
    const files = await entries.next_files_async(MAX_ENTRIES, GLib.PRIORITY_DEFAULT, cancellable);
    return {
        names: files.filter(file => !file.get_is_hidden()).map(file => file.get_display_name()).sort(),
        complete: files.length < MAX_ENTRIES,
    };
}

const provider = {
    daemon: null,
    running: new Map(), // call -> Gio.Cancellable

    isStranger(invocation) {
        if (invocation.get_sender() === this.daemon)
            return false;
        invocation.return_dbus_error('org.freedesktop.DBus.Error.AccessDenied',
            'Only the daemon may call tools');
        return true;
    },

    async InvokeAsync([call, name, argumentsJson], invocation) {
        if (this.isStranger(invocation))
            return;
        const cancellable = new Gio.Cancellable();
        this.running.set(call, cancellable);
        try {
            const result = await listFolder(JSON.parse(argumentsJson), cancellable);
            invocation.return_value(new GLib.Variant('(s)', [JSON.stringify(result)]));
        } catch (error) {
            // The model reads this.
            invocation.return_dbus_error(FAILED, error.message);
        } finally {
            this.running.delete(call);
        }
    },

    CancelAsync([call], invocation) {
        if (this.isStranger(invocation))
            return;
        this.running.get(call)?.cancel();
        invocation.return_value(null);
    },
};

function register(bus) {
    const options = {'object-path': new GLib.Variant('o', OWN_PATH)};
    bus.call(NAME, PATH, TOOLS, 'RegisterTool',
        new GLib.Variant('(sa{sv})', [JSON.stringify(DECLARATION), options]),
        null, Gio.DBusCallFlags.NONE, -1, null, (connection, result) => {
            try {
                connection.call_finish(result);
                print(`${DECLARATION.name} is there`);
            } catch (error) {
                print(error.message);
            }
        });
}

const sessionBus = Gio.bus_get_sync(Gio.BusType.SESSION, null);
const exported = Gio.DBusExportedObject.wrapJSObject(PROVIDER, provider);
exported.export(sessionBus, OWN_PATH);

// Registering again when the daemon comes back, and starting it now if it does not run.
Gio.bus_watch_name_on_connection(sessionBus, NAME, Gio.BusNameWatcherFlags.AUTO_START,
    (connection, name, owner) => {
        provider.daemon = owner;
        register(connection);
    },
    () => {
        provider.daemon = null;
        provider.running.forEach(cancellable => cancellable.cancel());
    });
new GLib.MainLoop(null, false).run();
