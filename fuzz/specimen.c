/* Stores to be damaged, and all that one says: see specimen.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz/specimen.h"

#include "daemon/row.h"
#include "fuzz/fuzz.h"
#include "fuzz/scratch.h"
#include "tests/folder.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

enum { CHANGES_MOST = 24 };

static const uint8_t octets[] = "a ticket, or the secret that goes with it, or octets of a key";

static const char *const hosts[] = {"a.example", "b.example", "mail.example.org"};

static struct ticket_row ticket_of(size_t i, enum lock lock)
{
  struct ticket_row row = {.peer = {.protocol = PROTOCOL_TLS, .port = 443},
                           .ticket = {octets, 8 + i},
                           .secret = {octets, 32},
                           .series = i + 1,
                           .first_seen = SPECIMEN_NOW - 5,
                           .issued = SPECIMEN_NOW,
                           .expires = SPECIMEN_NOW + 86400,
                           .lock = lock};

  g_strlcpy(row.peer.host, hosts[i], sizeof row.peer.host);
  return row;
}

static struct keypin pin_of(size_t i, enum keypin_origin origin)
{
  struct place place = {.scope = i % 2 == 0 ? SCOPE_EXACT : SCOPE_SUBTREE,
                        .protocol = PLACE_ANY_PROTOCOL,
                        .port = i % 2 == 0 ? 443 : PLACE_ANY_PORT};
  struct keypin pin;

  g_strlcpy(place.host, hosts[i % G_N_ELEMENTS(hosts)], sizeof place.host);
  pin = keypin_new(&place, i == 3 ? KEYPIN_EXCEPTION : KEYPIN_PIN,
                   i == 3 ? KEYPIN_EXCEPTED : KEYPIN_ACTIVE, origin);
  memcpy(pin.digest, octets + i, 32);
  pin.errors = i == 3 ? PKI_EXPIRED : 0;
  pin.first_seen = SPECIMEN_NOW;
  pin.note = "a note";
  return pin;
}

static void edit(struct store *store, enum store_journal journal, const struct keypin *pins,
                 size_t count)
{
  struct store_edit *edit;
  struct store_change change;

  require(store_edit_begin(store, journal, 0, SPECIMEN_NOW, &edit) == TLSPIN_OK);
  for (size_t i = 0; i < count; i++)
    require(store_edit_put(edit, &pins[i]) == TLSPIN_OK);
  require(store_edit_end(edit, TLSPIN_OK, &change) == TLSPIN_OK);
}

static void fill(struct store *store)
{
  const struct event_row event = {.count = 1,
                                  .kind = "mismatch",
                                  .peer = {"a.example", PROTOCOL_TLS, 443},
                                  .reason = "key",
                                  .layer = "user",
                                  .key = "",
                                  .report = "{}",
                                  .program = "test"};
  const struct setting_row setting = {"learn", "yes", false};
  struct store_filter filter = STORE_FILTER_ANY;
  struct store_change change;
  struct keypin pins[4];
  uint64_t id;

  for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
    struct ticket_row row = ticket_of(i, LOCK_NONE);

    require(store_put(store, &row, 0, SPECIMEN_NOW) == TLSPIN_OK);
  }
  for (size_t i = 0; i < G_N_ELEMENTS(pins); i++)
    pins[i] = pin_of(i, KEYPIN_USER);
  edit(store, STORE_UNDOABLE, pins, 2);
  edit(store, STORE_TOLD, pins + 2, 2);
  require(store_put_failure(store, &event.peer, "no-proof", SPECIMEN_NOW) == TLSPIN_OK);
  require(store_log(store, &event, SPECIMEN_NOW, &id) == TLSPIN_OK);
  require(store_put_settings(store, &setting, 1) == TLSPIN_OK);
  filter.host = "b.example";
  require(store_clear(store, &filter, SPECIMEN_NOW, &change) == TLSPIN_OK);
  filter.host = "mail.example.org";
  require(store_clear(store, &filter, SPECIMEN_NOW, &change) == TLSPIN_OK);
  require(store_undo(store, 0, SPECIMEN_NOW, &change) == TLSPIN_OK);
}

static void write_layer(const char *path)
{
  const struct ticket_row tickets[] = {ticket_of(0, LOCK_ENFORCE), ticket_of(1, LOCK_NONE)};
  const struct keypin pins[] = {pin_of(0, KEYPIN_POLICY), pin_of(1, KEYPIN_POLICY),
                                pin_of(2, KEYPIN_POLICY)};
  const struct setting_row setting = {"learn", "no", true};
  const struct layer_contents contents = {.ticket_count = G_N_ELEMENTS(tickets),
                                          .tickets = tickets,
                                          .pin_count = G_N_ELEMENTS(pins),
                                          .pins = pins,
                                          .setting_count = 1,
                                          .settings = &setting};
  char *problem = NULL;

  require(store_write_layer(path, &contents, &problem) == TLSPIN_OK);
}

static void make(struct specimen *specimen, const char *name, enum store_kind kind)
{
  g_autofree char *folder = scratch_path(name);
  struct store *store;

  specimen->kind = kind;
  specimen->path = g_build_filename(folder, "pins.db", NULL);
  require(g_mkdir(folder, 0700) == 0);
  if (kind == STORE_SYSTEM)
    write_layer(specimen->path);
  store = specimen_open(specimen);
  require(store != NULL);
  if (kind == STORE_USER)
    fill(store);
  specimen->text = specimen_text(store);
  require(specimen->text != NULL);
  store_close(store);
  specimen->octets = scratch_read(specimen->path, &specimen->size);
}

const struct specimen *specimen_of(enum store_kind kind)
{
  static struct specimen specimens[2];
  struct specimen *specimen = &specimens[kind == STORE_SYSTEM];

  if (specimen->octets == NULL)
    make(specimen, kind == STORE_SYSTEM ? "system" : "user", kind);
  return specimen;
}

struct span specimen_change(const struct specimen *specimen, struct reader *r, uint8_t *copy)
{
  memcpy(copy, specimen->octets, specimen->size);
  for (int i = 0; i < CHANGES_MOST && r->left >= 3; i++) {
    uint16_t where = reader_u16(r);
    size_t at = where & 0x7fffU;

    if (at < specimen->size)
      copy[(where & 0x8000U) != 0 ? specimen->size - 1 - at : at] ^= reader_u8(r);
  }
  return (struct span){copy, specimen->size};
}

/* A store may also have a lock file and a journal beside it, backups, and what was set aside. */
void specimen_put(const struct specimen *specimen, struct span content)
{
  g_autofree char *folder = g_path_get_dirname(specimen->path);

  folder_remove(folder);
  require(g_mkdir(folder, 0700) == 0);
  scratch_write(specimen->path, content);
}

struct store *specimen_open(const struct specimen *specimen)
{
  char *problem = NULL;
  struct store *store = NULL;
  enum tlspin_code code = store_open(specimen->path, specimen->kind, geteuid(), &store, &problem);

  require(code == TLSPIN_OK || code == TLSPIN_UNAVAILABLE ||
          (code == TLSPIN_STORE_DAMAGED && specimen->kind == STORE_USER));
  require((code == TLSPIN_OK) == (store != NULL) && (code == TLSPIN_OK) == (problem == NULL));
  for (const char *c = problem; c != NULL && *c != '\0'; c++)
    require(!g_ascii_iscntrl(*c));
  g_free(problem);
  return store;
}

static void append_hex(GString *text, struct span part)
{
  for (size_t i = 0; i < part.size; i++)
    g_string_append_printf(text, "%02x", part.data[i]);
  g_string_append_c(text, ' ');
}

static bool on_ticket(const struct ticket_row *row, void *data)
{
  GString *text = data;

  g_string_append_printf(text, "ticket %s %d %u %d %d %" G_GUINT64_FORMAT " ", row->peer.host,
                         (int)row->peer.protocol, row->peer.port, (int)row->hash, (int)row->lock,
                         row->series);
  append_hex(text, row->ticket);
  append_hex(text, row->secret);
  g_string_append_printf(text, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n",
                         row->first_seen, row->issued, row->expires);
  require(peer_is_valid(&row->peer) && time_is_valid(row->expires));
  return true;
}

static bool on_pin(const struct keypin *pin, void *data)
{
  GString *text = data;
  char place[PLACE_TEXT_SIZE], key[KEYPIN_KEY_TEXT_SIZE];

  require(keypin_is_valid(pin) && keypin_key_text(pin, key));
  place_text(&pin->place, place);
  g_string_append_printf(text, "pin %s %d %d %d %d %d %s %d %d %u ", place, pin->place.protocol,
                         (int)pin->kind, (int)pin->status, (int)pin->origin, (int)pin->level, key,
                         pin->locked, pin->always, pin->errors);
  g_string_append_printf(text,
                         "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
                         " %" G_GINT64_FORMAT " %" G_GUINT64_FORMAT " %s ",
                         pin->enforce_until, pin->report_until, pin->first_seen, pin->last_seen,
                         pin->count_seen, pin->note);
  append_hex(text, pin->seen);
  g_string_append_c(text, '\n');
  return true;
}

static bool on_event(const struct event_row *event, void *data)
{
  g_string_append_printf(data, "event %" G_GUINT64_FORMAT " %s %s %u %s %s %s %s %s %u\n",
                         event->id, event->kind, event->peer.host, event->peer.port, event->reason,
                         event->layer, event->key, event->report, event->program, event->count);
  require(peer_is_valid(&event->peer) && g_utf8_validate(event->report, -1, NULL));
  return true;
}

static bool on_setting(const struct setting_row *setting, void *data)
{
  g_string_append_printf(data, "setting %s %s %d\n", setting->name, setting->value,
                         setting->locked);
  return true;
}

char *specimen_text(struct store *store)
{
  const struct store_filter any = STORE_FILTER_ANY;
  GString *text = g_string_new(NULL);
  bool fine = store_list(store, &any, NULL, UINT32_MAX, on_ticket, text) == TLSPIN_OK &&
              store_list_pins(store, &any, NULL, UINT32_MAX, on_pin, text) == TLSPIN_OK &&
              store_events(store, 0, NULL, UINT32_MAX, on_event, text) == TLSPIN_OK &&
              store_settings(store, on_setting, text) == TLSPIN_OK;

  return g_string_free(text, !fine);
}
