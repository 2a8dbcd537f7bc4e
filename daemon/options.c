/* What the command line of tlspind says: see options.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/options.h"

#include "common/text.h"

struct options options = {.idle = -1};

static const GOptionEntry entries[] = {
    {"data-dir", 0, 0, G_OPTION_ARG_FILENAME, &options.data_dir, N_("Where the user's store is"),
     N_("DIR")},
    {"admin-dir", 0, 0, G_OPTION_ARG_FILENAME, &options.admin_dir,
     N_("Where the administrator's layers are"), N_("DIR")},
    {"vendor-dir", 0, 0, G_OPTION_ARG_FILENAME, &options.vendor_dir,
     N_("Where the vendor's layers are"), N_("DIR")},
    {"vendor-anchors", 0, 0, G_OPTION_ARG_FILENAME, &options.vendor_anchors,
     N_("Where the vendor's trusted certificates are"), N_("DIR")},
    {"system-owner", 0, 0, G_OPTION_ARG_INT, &options.system_owner,
     N_("Who must own the system layers (default: 0, root)"), N_("UID")},
    {"config", 0, 0, G_OPTION_ARG_FILENAME, &options.config_file,
     N_("The only configuration file to read"), N_("FILE")},
    {"bus", 0, 0, G_OPTION_ARG_STRING, &options.bus,
     N_("The bus to serve (default: the session bus)"), N_("ADDRESS")},
    {"idle", 0, 0, G_OPTION_ARG_INT, &options.idle,
     N_("Leave after so many seconds without a call; 0: never"), N_("SECONDS")},
    {"clock", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &options.clock, NULL, NULL},
    {"version", 0, 0, G_OPTION_ARG_NONE, &options.version, N_("Print the version"), NULL},
    {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static const char *translate(const char *text, gpointer data)
{
  (void)data;
  return text_translate(text);
}

/* Each on a line of its own: the folders may have been set to long ones. */
static char *describe(void)
{
  return g_strdup_printf(_("Where things are unless an option says otherwise:\n"
                           "  --data-dir        $XDG_DATA_HOME/tlspin\n"
                           "  --admin-dir       %s\n"
                           "  --vendor-dir      %s\n"
                           "  --vendor-anchors  %s"),
                         ADMIN_DIR "/layers.d", VENDOR_DIR "/layers.d", VENDOR_ANCHORS);
}

bool options_read(int *argc, char ***argv)
{
  g_autoptr(GOptionContext) context = g_option_context_new(NULL);
  g_autofree char *description = describe();
  g_autoptr(GError) error = NULL;

  g_option_context_set_summary(
      context, _("Keeps the TLS pins of a user and answers on the session bus, which starts it\n"
                 "when a program needs it."));
  g_option_context_set_description(context, description);
  g_option_context_add_main_entries(context, entries, NULL);
  g_option_group_set_translate_func(g_option_context_get_main_group(context), translate, NULL,
                                    NULL);
  if (g_option_context_parse(context, argc, argv, &error) && *argc == 1)
    return true;
  g_printerr("tlspind: %s\n%s\n", error != NULL ? error->message : _("too many arguments"),
             _("Try 'tlspind --help'."));
  return false;
}

void options_config(struct config *config)
{
  g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
  const char *const *system = g_get_system_config_dirs();

  if (options.config_file != NULL) {
    g_ptr_array_add(paths, g_strdup(options.config_file));
  } else {
    for (size_t i = g_strv_length((char **)system); i > 0; i--)
      g_ptr_array_add(paths, g_build_filename(system[i - 1], "tlspin", "tlspind.conf", NULL));
    g_ptr_array_add(paths,
                    g_build_filename(g_get_user_config_dir(), "tlspin", "tlspind.conf", NULL));
  }
  g_ptr_array_add(paths, NULL);
  config_read((const char *const *)paths->pdata, config);
  if (options.idle >= 0)
    config->idle_timeout = (uint32_t)options.idle;
}

static const char *or_else(const char *given, const char *fallback)
{
  return given != NULL ? given : fallback;
}

char *options_store(void)
{
  g_autofree char *home = g_build_filename(g_get_user_data_dir(), "tlspin", NULL);

  return g_build_filename(or_else(options.data_dir, home), "pins.db", NULL);
}

const char *options_admin_dir(void)
{
  return or_else(options.admin_dir, ADMIN_DIR "/layers.d");
}

const char *options_vendor_dir(void)
{
  return or_else(options.vendor_dir, VENDOR_DIR "/layers.d");
}

const char *options_vendor_anchors(void)
{
  return or_else(options.vendor_anchors, VENDOR_ANCHORS);
}
