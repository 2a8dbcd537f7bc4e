/* tlspin-server keys list: shows a file of protection keys, never a secret.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin-server-keylist.h"

#include "common/text.h"
#include "libserver/keyfile.h"
#include "libserver/keytext.h"
#include "libserver/timestamp.h"
#include "tools/columns.h"
#include "tools/json.h"
#include "tools/tlspin-server-edit.h"
#include "tools/tlspin-server.h"

#include <time.h>

enum state {
  STATE_SEALING,  /* new tickets are sealed under it */
  STATE_WAITING,  /* not active yet */
  STATE_KEPT,     /* tickets under it may be alive */
  STATE_REMOVABLE /* none can be */
};

static const struct {
  const char *token; /* in JSON */
  const char *text;
} states[] = {
    [STATE_SEALING] = {"sealing", N_("in use")},
    [STATE_WAITING] = {"waiting", N_("waiting")},
    [STATE_KEPT] = {"kept", N_("kept")},
    [STATE_REMOVABLE] = {"removable", N_("removable")},
};

static enum state state_of(const struct keys *keys, const struct key *key, int64_t now)
{
  if (keys_sealing(keys, key->name, now) == key)
    return STATE_SEALING;
  if (key->activates > now)
    return STATE_WAITING;
  return now < keys_removable_from(keys, key) ? STATE_KEPT : STATE_REMOVABLE;
}

enum {
  COLUMN_ID,
  COLUMN_CREATED,
  COLUMN_ACTIVATES,
  COLUMN_STATE,
  COLUMN_REMOVABLE,
  COLUMN_NAME,
  COLUMN_COUNT
};

static const struct column columns[COLUMN_COUNT] = {
    [COLUMN_ID] = {N_("Identifier"), false, false, 0},
    [COLUMN_CREATED] = {N_("Created"), false, false, 2},
    [COLUMN_ACTIVATES] = {N_("Activated"), false, false, 1},
    [COLUMN_STATE] = {N_("State"), false, false, 0},
    [COLUMN_REMOVABLE] = {N_("Removable from"), false, false, 0},
    [COLUMN_NAME] = {N_("Server name"), false, true, 0},
};

static void add_row(struct columns *table, const struct keys *keys, const struct key *key,
                    int64_t now)
{
  char id[KEY_ID_TEXT_SIZE], created[TIMESTAMP_SIZE], activates[TIMESTAMP_SIZE],
      from[TIMESTAMP_SIZE];
  bool removable = timestamp_format(keys_removable_from(keys, key), from);
  struct cell cells[COLUMN_COUNT] = {
      [COLUMN_ID] = {id, PAINT_NONE},
      [COLUMN_CREATED] = {created, PAINT_FAINT},
      [COLUMN_ACTIVATES] = {activates, PAINT_NONE},
      [COLUMN_STATE] = {_(states[state_of(keys, key, now)].text), PAINT_NONE},
      [COLUMN_REMOVABLE] = {removable ? from : "-", PAINT_NONE},
      [COLUMN_NAME] = {key->name, PAINT_NONE},
  };

  key_id_text(key, id);
  timestamp_format(key->created, created);
  timestamp_format(key->activates, activates);
  columns_add(table, cells);
}

static void print_text(const struct keys *keys, int64_t now)
{
  struct columns_style style = columns_style_of_output();
  struct columns *table = columns_new(columns, COLUMN_COUNT, &style);

  output_text(keys->ramp_down ? _("The ramp-down is on: no new tickets are given.\n\n")
                              : _("The ramp-down is off.\n\n"));
  for (size_t i = 0; i < keys->count; i++)
    add_row(table, keys, keys->by_name[i], now);
  columns_end(table);
}

static void add_key(JsonBuilder *builder, const struct keys *keys, const struct key *key,
                    int64_t now)
{
  char id[KEY_ID_TEXT_SIZE], created[TIMESTAMP_SIZE], activates[TIMESTAMP_SIZE],
      from[TIMESTAMP_SIZE];
  bool removable = timestamp_format(keys_removable_from(keys, key), from);

  key_id_text(key, id);
  timestamp_format(key->created, created);
  timestamp_format(key->activates, activates);
  json_builder_begin_object(builder);
  json_put_text(builder, "id", id);
  json_put_text(builder, "name", key->name);
  json_put_text(builder, "created", created);
  json_put_text(builder, "activates", activates);
  json_put_text(builder, "state", states[state_of(keys, key, now)].token);
  json_put_text(builder, "removable_from", removable ? from : NULL);
  json_builder_end_object(builder);
}

static void print_json(const struct keys *keys, int64_t now)
{
  JsonBuilder *builder = json_builder_new();

  json_builder_begin_object(builder);
  json_put_flag(builder, "ramp_down", keys->ramp_down);
  json_builder_set_member_name(builder, "keys");
  json_builder_begin_array(builder);
  for (size_t i = 0; i < keys->count; i++)
    add_key(builder, keys, keys->by_name[i], now);
  json_builder_end_array(builder);
  json_builder_end_object(builder);
  json_print(builder);
}

static bool read_keys(const char *path, struct keys *keys)
{
  struct keyfile_text text;
  struct trouble trouble;
  bool done = keyfile_read(path, &text, &trouble) &&
              keytext_parse(keyfile_text_span(&text), path, keys, &trouble);

  keyfile_text_free(&text);
  return done || edit_report(&trouble);
}

int command_keys_list(int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
      {"json", 0, 0, G_OPTION_ARG_NONE, &json, N_("Print JSON"), NULL},
      G_OPTION_ENTRY_NULL,
  };
  struct keys keys;
  int status = options_parse("tlspin-server keys list", _("FILE"),
                             _("Shows the keys of a file, by name and time. States:\n"
                               "  in use     new tickets are sealed under it\n"
                               "  waiting    it is not active yet; tickets under it are taken\n"
                               "  kept       tickets under it may be alive\n"
                               "  removable  no ticket under it can be alive"),
                             entries, 1, 1, &argc, &argv);

  if (status != 0)
    return status;
  if (!read_keys(argv[1], &keys))
    return STATUS_TROUBLE;
  if (json)
    print_json(&keys, time(NULL));
  else
    print_text(&keys, time(NULL));
  keys_free(&keys);
  return 0;
}
