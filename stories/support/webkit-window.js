// Run by gjs, not by Node: a window of WebKitGTK that WebDriver may drive and that keeps what pages store.
// Debian's MiniBrowser is a private window as soon as it is driven, and has file storage switched off; here it is on.
import Gtk from 'gi://Gtk?version=3.0';
import WebKit2 from 'gi://WebKit2?version=4.1';
import { programArgs } from 'system';

const SWITCHED_ON = ['StorageAPI', 'StorageAPIEstimate', 'FileSystem', 'AccessHandle'];
const [folder] = programArgs;

Gtk.init(null);
const settings = new WebKit2.Settings({ enable_write_console_messages_to_stdout: true });
const features = WebKit2.Settings.get_all_features();
for (let at = 0; at < features.get_length(); at++) {
  const feature = features.get(at);
  if (SWITCHED_ON.includes(feature.get_identifier())) settings.set_feature_enabled(feature, true);
}
const context = new WebKit2.WebContext({
  website_data_manager: new WebKit2.WebsiteDataManager({
    base_data_directory: `${folder}/data`,
    base_cache_directory: `${folder}/cache`,
  }),
});
context.set_automation_allowed(true);
context.connect('automation-started', (_context, session) => {
  const info = new WebKit2.ApplicationInfo();
  info.set_name('WebKitGTK');
  info.set_version(WebKit2.get_major_version(), WebKit2.get_minor_version(), WebKit2.get_micro_version());
  session.set_application_info(info);
  session.connect('create-web-view', () => {
    const view = new WebKit2.WebView({ web_context: context, settings, is_controlled_by_automation: true });
    const window = new Gtk.Window({ default_width: 1280, default_height: 760 });
    window.add(view);
    view.connect('close', () => window.destroy());
    window.connect('destroy', () => Gtk.main_quit());
    window.show_all();
    return view;
  });
});
Gtk.main();
