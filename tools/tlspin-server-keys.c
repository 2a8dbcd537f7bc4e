/* tlspin-server keys: makes and changes files of protection keys.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/text.h"
#include "libserver/keytext.h"
#include "libserver/timestamp.h"
#include "tools/input.h"
#include "tools/tlspin-server-edit.h"
#include "tools/tlspin-server-keylist.h"
#include "tools/tlspin-server.h"

#include <string.h>
#include <time.h>

enum { ACTIVATE_IN = 3600 }; /* seconds in which a new key reaches all members of a cluster */

/* The normal form of a name of the command line; NULL stands for every name. False: after a
 * message. */
static bool read_name(const char *given, char name[HOST_MAX + 1])
{
  enum host_fault fault;

  if (given == NULL || strcmp(given, KEYS_ANY_NAME) == 0) {
    strcpy(name, KEYS_ANY_NAME);
    return true;
  }
  fault = host_normalise(given, strlen(given), name);
  if (fault != HOST_FINE)
    complain(STATUS_USAGE, _("'%s' can't be a server name: %s. Name the host as clients do."),
             given, _(host_fault_text(fault)));
  return fault == HOST_FINE;
}

static const char *moment(int64_t seconds, char text[TIMESTAMP_SIZE])
{
  return timestamp_format(seconds, text) ? text : "?";
}

static bool generate(struct key *key, const char *name, int64_t now, int64_t activates)
{
  if (!key_generate(key, name, now, activates)) {
    complain(STATUS_TROUBLE, _("No random octets could be had for a key. Try again later."));
    return false;
  }
  return true;
}

static bool create_file(const char *path, const struct key *key)
{
  uint8_t text[4 * KEYTEXT_LINE_MAX];
  struct writer w = writer_of(text, sizeof text);
  struct trouble trouble;
  bool created;

  keytext_write_new(&w, key);
  created = keyfile_create(path, writer_span(&w), &trouble) || edit_report(&trouble);
  explicit_bzero(text, sizeof text);
  return created;
}

static int run_new(int argc, char **argv)
{
  g_autofree char *sni = NULL, *file = NULL;
  const GOptionEntry entries[] = {
      {"sni", 0, 0, G_OPTION_ARG_STRING, &sni, N_("The server's name (default: every name)"),
       N_("NAME")},
      G_OPTION_ENTRY_NULL,
  };
  char name[HOST_MAX + 1], id[KEY_ID_TEXT_SIZE];
  int64_t now = time(NULL);
  struct key key;
  bool created;
  int status = options_parse(
      "tlspin-server keys new", _("FILE"),
      _("Makes a file with one key, which is used at once. A file that is there already\n"
        "is left alone.\n\n"
        "Example:\n  tlspin-server keys new /etc/example/tlspin.keys"),
      entries, 1, 1, &argc, &argv);

  if (status != 0 || !read_name(sni, name))
    return STATUS_USAGE;
  created = generate(&key, name, now, now) && create_file(argv[1], &key);
  key_id_text(&key, id);
  explicit_bzero(&key, sizeof key);
  if (!created)
    return STATUS_TROUBLE;
  file = input_name(argv[1]);
  output_text(_("%s: made, with the key %s. Keep a copy of the file: without it, clients that were "
                "pinned refuse this "
                "server.\n"),
              file, id);
  return 0;
}

/* Both would make a key that is never used, or not for long: a wrong clock, and a key that takes
 * over later. */
static bool check_order(const struct edit *edit, const struct key *key)
{
  char id[KEY_ID_TEXT_SIZE], text[TIMESTAMP_SIZE];

  for (size_t i = 0; i < edit->keys.count; i++) {
    const struct key *other = &edit->keys.list[i];

    key_id_text(other, id);
    if (other->created > key->created + KEYS_CLOCK_SKEW) {
      complain(STATUS_TROUBLE,
               _("%s: The key %s was created on %s, which is in the future. Set the clock of this "
                 "machine."),
               edit->name, id, moment(other->created, text));
      return false;
    }
    if (strcmp(other->name, key->name) == 0 && other->activates >= key->activates) {
      complain(STATUS_TROUBLE,
               _("%s: The key %s takes over on %s, after the new one. Give a larger --activate-in, "
                 "or remove "
                 "that key first."),
               edit->name, id, moment(other->activates, text));
      return false;
    }
  }
  return true;
}

static bool add_key(const char *path, const struct key *key)
{
  struct edit edit;
  bool added = edit_open(&edit, path) && check_order(&edit, key);

  if (added) {
    keytext_write_added(&edit.changed, keyfile_text_span(&edit.text), key);
    added = edit_commit(&edit);
  }
  edit_close(&edit);
  return added;
}

static int rotate(const char *path, const char *name, int64_t delay)
{
  char id[KEY_ID_TEXT_SIZE], text[TIMESTAMP_SIZE];
  g_autofree char *file = input_name(path);
  int64_t now = time(NULL);
  struct key key;
  bool added = generate(&key, name, now, now + delay) && add_key(path, &key);

  key_id_text(&key, id);
  explicit_bzero(key.secret, sizeof key.secret);
  if (!added)
    return STATUS_TROUBLE;
  output_text(
      _("%s: the key %s takes over on %s. Before that, copy the file to every server of this "
        "name and let each "
        "read it again. Old keys stay.\n"),
      file, id, moment(key.activates, text));
  return 0;
}

static int run_rotate(int argc, char **argv)
{
  g_autofree char *sni = NULL;
  gint64 delay = ACTIVATE_IN;
  const GOptionEntry entries[] = {
      {"sni", 0, 0, G_OPTION_ARG_STRING, &sni, N_("The server's name (default: every name)"),
       N_("NAME")},
      {"activate-in", 0, 0, G_OPTION_ARG_INT64, &delay,
       N_("When the new key takes over (default: 3600)"), N_("SECONDS")},
      G_OPTION_ENTRY_NULL,
  };
  char name[HOST_MAX + 1];
  int status = options_parse(
      "tlspin-server keys rotate", _("FILE"),
      _("Adds a key. Until it takes over, the servers of a cluster learn it: copy the\n"
        "file to each, and let it be read again (SIGHUP for 'tlspin-server serve'). Old\n"
        "keys stay, so that the tickets under them are good until they end.\n\n"
        "Examples:\n  tlspin-server keys rotate /etc/example/tlspin.keys\n"
        "  tlspin-server keys rotate --activate-in 0 FILE      after a break-in: at once"),
      entries, 1, 1, &argc, &argv);

  if (status != 0 || !read_name(sni, name))
    return STATUS_USAGE;
  if (delay < 0 || delay > 10LL * KEYS_TICKET_LIFE)
    return complain(STATUS_USAGE, _("--activate-in takes 0 to %lld seconds."),
                    10LL * KEYS_TICKET_LIFE);
  return rotate(argv[1], name, delay);
}

static int run_ramp_down(int argc, char **argv)
{
  gboolean off = FALSE;
  const GOptionEntry entries[] = {
      {"off", 0, 0, G_OPTION_ARG_NONE, &off, N_("End the ramp-down: pin clients again"), NULL},
      G_OPTION_ENTRY_NULL,
  };
  g_autofree char *file = NULL;
  struct edit edit;
  bool done;
  int status = options_parse(
      "tlspin-server keys ramp-down", _("FILE"),
      _("Begins the orderly end of pinning: clients that were pinned still get their\n"
        "proof, nobody is pinned anew. 32 days later no ticket is left, and pinning can\n"
        "be taken out."),
      entries, 1, 1, &argc, &argv);

  if (status != 0)
    return status;
  done = edit_open(&edit, argv[1]);
  if (done) {
    keytext_write_ramp_down(&edit.changed, keyfile_text_span(&edit.text), edit.keys.ramp_down_line,
                            !off);
    done = edit_commit(&edit);
  }
  edit_close(&edit);
  if (!done)
    return STATUS_TROUBLE;
  file = input_name(argv[1]);
  output_text(off ? _("%s: the ramp-down is off. Let the servers read the file again.\n")
                  : _("%s: the ramp-down is on. Let the servers read the file again.\n"),
              file);
  return 0;
}

static bool check_removable(const struct edit *edit, const struct key *key, const char *id)
{
  int64_t from = keys_removable_from(&edit->keys, key);
  char text[TIMESTAMP_SIZE];

  if (from <= time(NULL))
    return true;
  if (from == INT64_MAX)
    complain(STATUS_TROUBLE,
             _("%s: The key %s is in use. Rotate first, and remove it 32 days after the new key "
               "took over."),
             edit->name, id);
  else
    complain(STATUS_TROUBLE,
             _("%s: Tickets under the key %s may live until %s; without it their clients refuse "
               "the server. Wait, "
               "or use --force."),
             edit->name, id, moment(from, text));
  return false;
}

static bool remove_key(struct edit *edit, const char *id, bool force)
{
  uint8_t octets[KEY_ID_SIZE];
  const struct key *key;

  if (!key_id_parse((struct span){(const uint8_t *)id, strlen(id)}, octets)) {
    complain(STATUS_USAGE,
             _("'%s' is no identifier of a key: 16 hexadecimal digits in lower case. Look at "
               "'tlspin-server keys list'."),
             id);
    return false;
  }
  key = keys_find(&edit->keys, octets);
  if (key == NULL) {
    complain(STATUS_TROUBLE, _("%s: There is no key %s. Look at 'tlspin-server keys list'."),
             edit->name, id);
    return false;
  }
  if (edit->keys.count == 1) {
    complain(STATUS_TROUBLE,
             _("%s: The key %s is the only one. Delete the file, if nobody is pinned any more."),
             edit->name, id);
    return false;
  }
  if (!force && !check_removable(edit, key, id))
    return false;
  keytext_write_removed(&edit->changed, keyfile_text_span(&edit->text), key->line);
  return edit_commit(edit);
}

static int run_remove(int argc, char **argv)
{
  gboolean force = FALSE;
  const GOptionEntry entries[] = {
      {"force", 0, 0, G_OPTION_ARG_NONE, &force, N_("Remove it though tickets under it may live"),
       NULL},
      G_OPTION_ENTRY_NULL,
  };
  g_autofree char *file = NULL;
  struct edit edit;
  bool removed;
  int status = options_parse(
      "tlspin-server keys remove", _("FILE ID"),
      _("Removes a key, if no ticket under it can be alive: 32 days after the next key\n"
        "for the same name took over. Keys are never removed by themselves."),
      entries, 2, 2, &argc, &argv);

  if (status != 0)
    return status;
  removed = edit_open(&edit, argv[1]) && remove_key(&edit, argv[2], force);
  edit_close(&edit);
  if (!removed)
    return STATUS_TROUBLE;
  file = input_name(argv[1]);
  output_text(_("%s: the key %s is removed. Let the servers read the file again.\n"), file,
              argv[2]);
  return 0;
}

static const struct command commands[] = {
    {"new", "FILE", N_("make a file with a first key"), run_new},
    {"rotate", "FILE", N_("add a key that takes over in an hour"), run_rotate},
    {"list", "FILE", N_("show the keys, but not their secrets"), command_keys_list},
    {"ramp-down", "FILE", N_("begin the end of pinning, or take that back"), run_ramp_down},
    {"remove", "FILE ID", N_("remove a key under which no ticket can be alive"), run_remove},
    {NULL, NULL, NULL, NULL},
};

int command_keys(int argc, char **argv)
{
  g_autofree char *list = command_list(commands);

  if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
    output_text(_("Usage:\n  tlspin-server keys COMMAND FILE\n\nCommands:\n%s\n"
                  "Each has a --help of its own. The file is described in tlspin-keys(5).\n"),
                list);
    return 0;
  }
  return command_run(commands, "tlspin-server keys", argc, argv);
}
