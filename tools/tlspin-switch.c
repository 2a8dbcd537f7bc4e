/* tlspin off, tlspin on: whether pinning is done at all.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "tools/storing.h"
#include "tools/thing.h"

#include <string.h>

static struct {
  gboolean all;
  char *until;
} options;

static const GOptionEntry entries[] = {
    {"all", 0, 0, G_OPTION_ARG_NONE, &options.all, N_("For every server"), NULL},
    {"until", 0, 0, G_OPTION_ARG_STRING, &options.until, N_("When that ends (default: never)"),
     N_("TIME")},
    G_OPTION_ENTRY_NULL,
};

/* With --all the place is every host. */
static int read_places(char **names, GPtrArray *edits, const char *status)
{
  int code = STATUS_FINE;

  for (size_t i = 0; code == STATUS_FINE && (options.all ? i == 0 : names[i] != NULL); i++) {
    struct edit *edit = g_new0(struct edit, 1);

    edit->record =
        (struct tlspin_record){.host = "", .scope = "subtree", .kind = "mode", .status = status};
    edit->place.scope = SCOPE_SUBTREE;
    g_ptr_array_add(edits, edit);
    code = edit_read_end(options.until, &edit->record.expires);
    if (code == STATUS_FINE && !options.all)
      code = edit_read_place(names[i], edit);
  }
  return code;
}

enum { NAMED_MOST = 10 }; /* pins */

/* What a mode that was switched off leaves on. */
struct narrower {
  const struct place *mode;
  GPtrArray *places; /* each once */
};

static bool is_below(const char *host, const char *domain)
{
  size_t size = strlen(host), end = strlen(domain);

  return size > end &&
         (end == 0 || (host[size - end - 1] == '.' && strcmp(host + size - end, domain) == 0));
}

/* Whether a pin is for a part of what the mode is for. */
static bool is_part(const struct place *pin, const struct place *mode)
{
  bool port = mode->port == PLACE_ANY_PORT || pin->port == mode->port;
  bool same = strcmp(pin->host, mode->host) == 0;

  if (!port || (mode->scope == SCOPE_EXACT && !same))
    return false;
  if (same)
    return (pin->scope == SCOPE_EXACT && mode->scope == SCOPE_SUBTREE) ||
           (pin->scope == mode->scope && pin->port != mode->port);
  return is_below(pin->host, mode->host);
}

static int note_narrower(const tlspin_entry_t *entry, void *data)
{
  struct narrower *narrower = data;
  struct place place = {.port = (uint16_t)tlspin_entry_port(entry)};
  char text[PLACE_TEXT_SIZE];

  if (strcmp(tlspin_entry_layer(entry), "user") != 0 ||
      strcmp(tlspin_entry_state(entry), "active") != 0 || thing_is(entry, "origin", "hpkp") ||
      !scope_from_token(thing_text(entry, "scope"), &place.scope))
    return 0;
  g_strlcpy(place.host, tlspin_entry_host(entry), sizeof place.host);
  place_text(&place, text);
  if (is_part(&place, narrower->mode) &&
      !g_ptr_array_find_with_equal_func(narrower->places, text, g_str_equal, NULL))
    g_ptr_array_add(narrower->places, g_strdup(text));
  return narrower->places->len == NAMED_MOST;
}

/* Pins of the user's that still refuse a server. */
static void warn_of_narrower(const struct edit *edit)
{
  const struct tlspin_filter filter = {.status = "critical"};
  tlspin_t *context = store_context();
  struct narrower narrower = {&edit->place, g_ptr_array_new_with_free_func(g_free)};
  g_autofree char *list = NULL;

  tlspin_list(context, &filter, note_narrower, &narrower);
  tlspin_free(context);
  if (narrower.places->len > 0) {
    g_ptr_array_add(narrower.places, NULL);
    list = g_strjoinv(", ", (char **)narrower.places->pdata);
    complain(STATUS_FINE,
             _("These pins of yours are more specific, and are enforced all the same: %s. "
               "'tlspin off' with such a server switches them off, too."),
             list);
  }
  g_ptr_array_unref(narrower.places);
}

static int switch_it(int argc, char **argv, const char *status, const char *done)
{
  g_autoptr(GPtrArray) edits = g_ptr_array_new_with_free_func(g_free);
  int code;

  if (options.all ? argc > 1 : argc < 2)
    return complain(STATUS_USAGE,
                    options.all ? _("Say either --all or servers. Look at '%s --help'.")
                                : _("Name the servers, or say --all. Look at '%s --help'."),
                    g_get_prgname());
  code = read_places(argv + 1, edits, status);
  if (code == STATUS_FINE)
    code = storing_run(edits, done);
  for (guint i = 0; i < edits->len && code == STATUS_FINE && strcmp(status, "off") == 0; i++)
    warn_of_narrower(edits->pdata[i]);
  return code;
}

int run_off(int argc, char **argv)
{
  const char *description =
      _("Switches pinning off for servers: your programs trust the PKI alone there. What\n"
        "is pinned stays stored, for 'tlspin on'. Blocked keys stay blocked, and what the\n"
        "administrator has locked stays as it is. *.HOST and .HOST are names below HOST,\n"
        "as in 'tlspin pin'. A pin of yours that is more specific counts all the same.\n"
        "\n"
        "Examples:\n"
        "  tlspin off test.example.org\n"
        "  tlspin off --all --until 2h\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 4 the pin store can't be read or written.");
  int status =
      read_options("off", _("HOST[:PORT]... | --all"), description, entries, 0, -1, &argc, &argv);

  return status == STATUS_FINE ? switch_it(argc, argv, "off", _("Pinning is off there.")) : status;
}

int run_on(int argc, char **argv)
{
  const char *description =
      _("Switches pinning on again for servers, after 'tlspin off', or where a system\n"
        "layer has it off and doesn't lock that.\n"
        "\n"
        "Examples:\n"
        "  tlspin on test.example.org\n"
        "  tlspin on --all\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 4 the pin store can't be read or written.");
  int status =
      read_options("on", _("HOST[:PORT]... | --all"), description, entries, 0, -1, &argc, &argv);

  return status == STATUS_FINE ? switch_it(argc, argv, "on", _("Pinning is on there.")) : status;
}
