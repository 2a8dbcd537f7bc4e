/* Storing records of the user's: see edit.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/edit.h"

#include "common/spki.h"
#include "common/text.h"
#include "pinning/keypin.h"
#include "tools/hosts.h"
#include "tools/input.h"
#include "tools/json.h"
#include "tools/numbered.h"
#include "tools/record.h"
#include "tools/shown.h"
#include "tools/tlspin.h"
#include "tools/when.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { PEM_MOST = 1 << 20 };

int edit_read_place(const char *text, struct edit *edit)
{
  enum host_fault fault = place_read(text, &edit->place);

  if (fault != HOST_FINE) {
    g_autofree char *clean = output_clean(text);

    return complain(STATUS_USAGE,
                    _("'%s' can't be used: %s. Write HOST, HOST:PORT, *.HOST or .HOST."), clean,
                    _(host_fault_text(fault)));
  }
  edit->record.host = edit->place.host;
  edit->record.scope = scope_token(edit->place.scope);
  edit->record.port = edit->place.port;
  return STATUS_FINE;
}

int edit_read_server(struct edit_keys *keys, const char *text, struct edit *edit)
{
  g_autofree char *problem = NULL;
  struct target target;

  keys->where[0] = '\0';
  if (keys->ca_file != NULL && !keys->from_server)
    return complain(STATUS_USAGE, _("--ca goes with --from-server alone."));
  if (keys->sni == NULL)
    return edit_read_place(text, edit);
  if (!keys->from_server)
    return complain(STATUS_USAGE, _("--sni goes with --from-server alone; else name the server by "
                                    "its name."));
  if (!target_read_met(text, keys->sni, &target, keys->where, &problem))
    return complain(STATUS_USAGE, "%s.", problem);
  edit->place =
      (struct place){.scope = SCOPE_EXACT, .protocol = PLACE_ANY_PROTOCOL, .port = target.port};
  strcpy(edit->place.host, target.host);
  edit->record.host = edit->place.host;
  edit->record.scope = scope_token(SCOPE_EXACT);
  edit->record.port = edit->place.port;
  return STATUS_FINE;
}

char *edit_place_text(const struct edit *edit)
{
  char text[PLACE_TEXT_SIZE];

  place_text(&edit->place, text);
  return g_strdup(text);
}

int edit_read_end(const char *text, uint64_t *end)
{
  g_autofree char *problem = NULL;

  if (text == NULL || when_parse_end(text, time(NULL), end, &problem))
    return STATUS_FINE;
  return complain(STATUS_USAGE, "%s.", problem);
}

int edit_read_note(const char *note, struct tlspin_record *record)
{
  size_t size = note != NULL ? strlen(note) : 0;

  if (size > KEYPIN_NOTE_MAX)
    return complain(STATUS_USAGE,
                    _("--note is too long: %zu octets, of which %d can be kept. Shorten it."), size,
                    (int)KEYPIN_NOTE_MAX);
  record->note = size > 0 ? note : NULL;
  return STATUS_FINE;
}

/* Copies point at their own place and digest. */
static struct edit *edit_copy(const struct edit *model)
{
  struct edit *edit = g_new(struct edit, 1);

  *edit = *model;
  edit->record.host = edit->place.host;
  return edit;
}

int edit_read_level(const char *level)
{
  enum keypin_level known;
  g_autofree char *clean = NULL;

  if (level == NULL || keypin_level_from_token(level, &known))
    return STATUS_FINE;
  clean = output_clean(level);
  return complain(STATUS_USAGE,
                  _("'%s' is not a level. Say leaf, issuer, anchor, authority or any."), clean);
}

int edit_read_key(const char *text, struct tlspin_record *record, unsigned char digest[64])
{
  g_autofree char *clean = NULL;

  if (tlspin_read_key(text, record, digest) == TLSPIN_OK)
    return STATUS_FINE;
  clean = output_clean(text);
  return complain(
      STATUS_USAGE,
      _("'%s' is no key. Write it as sha256//BASE64, with 44 characters of base64, as the 64 hex "
        "digits of its SHA-256, as a TLSA record (\"3 1 1 HEX\"), or name a PEM file with --cert."),
      clean);
}

/* What the form says of the level counts only where the user doesn't. */
static void choose_level(const struct edit *model, const char *text, struct tlspin_record *record)
{
  if (model->record.level == NULL)
    return;
  if (g_ascii_isdigit(text[0]) && strchr(text, ' ') != NULL && record->level != NULL &&
      strcmp(record->level, model->record.level) != 0)
    complain(STATUS_FINE, _("The TLSA record names a key of level %s, but --level %s counts."),
             record->level, model->record.level);
  record->level = model->record.level;
}

static int add_key(const char *text, const struct edit *model, GPtrArray *edits)
{
  struct edit *edit = edit_copy(model);
  int status;

  g_ptr_array_add(edits, edit);
  status = edit_read_key(text, &edit->record, edit->digest);
  if (status == STATUS_FINE)
    choose_level(model, text, &edit->record);
  return status;
}

/* Text with a NUL would be read only as far as that. */
static char *text_of(GBytes *bytes)
{
  struct span octets = input_span(bytes);

  if (octets.size == 0 || memchr(octets.data, '\0', octets.size) != NULL)
    return g_strdup("");
  return g_strndup((const char *)octets.data, octets.size);
}

static int add_file(const char *path, const struct edit *model, GPtrArray *edits)
{
  g_autofree char *text = NULL, *name = input_name(path), *problem = NULL;
  g_autoptr(GBytes) bytes = input_read_small(path, PEM_MOST, &problem);
  struct edit *edit;

  if (bytes == NULL)
    return complain(STATUS_USAGE, "%s", problem);
  text = text_of(bytes);
  edit = edit_copy(model);
  g_ptr_array_add(edits, edit);
  if (strstr(text, "-----BEGIN ") == NULL ||
      tlspin_read_key(text, &edit->record, edit->digest) != TLSPIN_OK)
    return complain(STATUS_USAGE,
                    _("'%s' is not a PEM file with one certificate or one public key."), name);
  choose_level(model, "", &edit->record);
  return STATUS_FINE;
}

static bool is_exception(const struct edit *model)
{
  return model->record.errors != 0;
}

/* An error that the certificate doesn't have can't be excused. */
static void warn_of_absent(const struct tlspin_check *check, const char *server,
                           const struct edit *model)
{
  unsigned absent = model->record.errors & ~check->errors;
  g_autofree char *errors = record_errors_text(absent);

  if (absent != 0)
    complain(STATUS_FINE,
             check->errors == 0 ? _("The certificate of %s is valid now, so the exception (%s) "
                                    "excuses nothing as long as it is.")
                                : _("The certificate of %s doesn't have this error now: %s. For "
                                    "that the exception excuses nothing."),
             server, errors);
}

/* A key may be taken for good only from a server that is what it says it is; and an exception that
 * leaves an error out is none. */
static int judge_server(const struct tlspin_check *check, const char *server,
                        const struct edit *model)
{
  unsigned unnamed = check->errors & ~model->record.errors;
  g_autofree char *all = record_errors_text(check->errors), *left = record_errors_text(unnamed);

  warn_of_absent(check, server, model);
  if (check->errors == 0 || unnamed == 0)
    return STATUS_FINE;
  if (!is_exception(model))
    return complain(STATUS_CONNECTION,
                    _("The certificate of %s is not valid (%s), so its key was not taken. Name its "
                      "authority with --ca FILE where you trust that, or look at 'tlspin except "
                      "--help'."),
                    server, all);
  if ((unnamed & ~(unsigned)PKI_EXCUSABLE) != 0)
    return complain(STATUS_CONNECTION,
                    _("The certificate of %s has errors that are never "
                      "excused: %s. Nothing was changed."),
                    server, left);
  return complain(
      STATUS_USAGE,
      _("The certificate of %s has these errors: %s. Each has to be named with --error; "
        "without %s the exception would change nothing."),
      server, all, left);
}

/* Meets the server without asking or telling the store, and takes the key that it shows. */
static int add_server(const struct edit_keys *keys, const char *server, const struct edit *model,
                      GPtrArray *edits)
{
  struct shown_options options = {.connect = TRUE, .ca_file = keys->ca_file};
  struct target target = {.port = model->place.port, .scope = TARGET_ANY_SCOPE};
  struct edit own = *model;
  char key[SPKI_PIN_TEXT_SIZE];
  struct shown shown;
  int status;

  own.record.level = "leaf";
  if (model->place.scope != SCOPE_EXACT || target.port == 0)
    return complain(STATUS_USAGE, _("--from-server needs a server to ask: HOST:PORT."));
  if (model->record.level != NULL && strcmp(model->record.level, "leaf") != 0)
    return complain(STATUS_USAGE, _("--from-server takes the server's own key, which is of level "
                                    "leaf; name another one with --cert."));
  strcpy(target.host, model->place.host);
  strcpy(options.where, keys->where);
  status = shown_read(&options, &target, &shown);
  if (status == STATUS_FINE)
    status = judge_server(shown_check(&shown), server, model);
  if (status == STATUS_FINE)
    status = shown_key(&shown, key)
                 ? add_key(key, &own, edits)
                 : complain(STATUS_CONNECTION, _("The key of %s can't be read."), server);
  shown_clear(&shown);
  return status;
}

static bool is_same_key(const struct tlspin_record *a, const struct tlspin_record *b)
{
  return a->selector == b->selector && a->matching == b->matching &&
         strcmp(a->level, b->level) == 0 && a->digest.size == b->digest.size &&
         memcmp(a->digest.data, b->digest.data, a->digest.size) == 0;
}

/* One that is named twice is no backup of itself. */
static void drop_repeated(GPtrArray *edits)
{
  for (guint i = 1; i < edits->len;) {
    const struct edit *edit = edits->pdata[i];
    guint other = 0;

    while (other < i &&
           !is_same_key(&((const struct edit *)edits->pdata[other])->record, &edit->record))
      other++;
    if (other < i)
      g_ptr_array_remove_index(edits, i);
    else
      i++;
  }
}

static bool is_for_every_server(const struct edit *model)
{
  return model->place.host[0] == '\0' && g_strcmp0(model->record.status, "rejected") != 0;
}

int edit_read_keys(const struct edit_keys *keys, const char *server, const struct edit *model,
                   GPtrArray *edits)
{
  int status = STATUS_FINE;

  if (is_for_every_server(model))
    return complain(STATUS_USAGE, _("No key is that of every server there is. Name a host, or "
                                    "'.DOMAIN' for a domain of one owner."));
  for (size_t i = 0; status == STATUS_FINE && keys->texts != NULL && keys->texts[i] != NULL; i++)
    status = add_key(keys->texts[i], model, edits);
  for (size_t i = 0; status == STATUS_FINE && keys->files != NULL && keys->files[i] != NULL; i++)
    status = add_file(keys->files[i], model, edits);
  if (status == STATUS_FINE && keys->from_server)
    status = add_server(keys, server, model, edits);
  if (status == STATUS_FINE && edits->len == 0)
    status = complain(STATUS_USAGE,
                      _("A key is missing: say --key TEXT, --cert FILE or --from-server."));
  if (status == STATUS_FINE)
    drop_repeated(edits);
  return status;
}

/* The number of a record says something only where there are others, of other places. */
static const char *message_of(const char *text, bool alone)
{
  const char *rest;

  return alone && numbered_read(text, &rest) >= 1 ? rest : text;
}

/* What is being stored. */
struct storing {
  tlspin_t *context;
  const struct tlspin_record *records;
  size_t count;
  bool alone;          /* all are of one place */
  GPtrArray *warnings; /* each once */
};

static bool is_same_place(const struct tlspin_record *a, const struct tlspin_record *b)
{
  return strcmp(a->host, b->host) == 0 && g_strcmp0(a->scope, b->scope) == 0 && a->port == b->port;
}

static bool are_of_one_place(const struct storing *storing)
{
  for (size_t i = 1; i < storing->count; i++)
    if (!is_same_place(&storing->records[0], &storing->records[i]))
      return false;
  return true;
}

static void warn(const char *warning, void *data)
{
  struct storing *storing = data;
  const char *text = message_of(warning, storing->alone);

  if (!g_ptr_array_find_with_equal_func(storing->warnings, text, g_str_equal, NULL))
    g_ptr_array_add(storing->warnings, g_strdup(text));
}

/* Whether a record, or another of its kind at its place, is in force now that it is stored. */
struct search {
  const struct tlspin_record *record;
  bool found, counts;
};

static int look_at(const tlspin_entry_t *entry, void *data)
{
  struct search *search = data;
  const struct tlspin_record *record = search->record;

  if (strcmp(tlspin_entry_layer(entry), "user") != 0 || tlspin_entry_port(entry) != record->port)
    return 0;
  search->found = true;
  search->counts = strcmp(tlspin_entry_state(entry), "masked") != 0;
  return search->counts;
}

/* True, too, where that can't be told. */
static bool does_count(const struct storing *storing, const struct tlspin_record *record)
{
  const struct tlspin_filter filter = {
      .host = record->host, .scope = record->scope, .port = record->port, .status = record->status};
  struct search search = {.record = record};

  return tlspin_list(storing->context, &filter, look_at, &search) != TLSPIN_OK || !search.found ||
         search.counts;
}

static char *place_of(const struct tlspin_record *record)
{
  struct place place = {.scope = SCOPE_EXACT, .port = (uint16_t)record->port};
  char text[PLACE_TEXT_SIZE];

  if (record->scope != NULL)
    scope_from_token(record->scope, &place.scope);
  g_strlcpy(place.host, record->host, sizeof place.host);
  place_text(&place, text);
  return g_strdup(text);
}

/* Tells of the places where it doesn't count. Returns whether it does at some. */
static bool check_places(const struct storing *storing)
{
  bool any = false;

  for (size_t i = 0; i < storing->count; i++) {
    const struct tlspin_record *record = &storing->records[i];
    g_autofree char *place = NULL;

    if (i > 0 && storing->alone)
      break;
    if (does_count(storing, record)) {
      any = true;
      continue;
    }
    place = place_of(record);
    complain(STATUS_FINE,
             _("For %s it is stored, but it doesn't count as long as another entry decides there; "
               "'tlspin list' calls that masked, and 'tlspin why HOST:PORT' names the other."),
             place);
  }
  return any;
}

static void print_json(const struct tlspin_change *change)
{
  JsonBuilder *builder = json_builder_new();

  json_builder_begin_object(builder);
  json_put_number(builder, "operation", change->operation);
  json_put_number(builder, "count", change->count);
  json_print(json_builder_end_object(builder));
}

static void print_change(const struct storing *storing, const struct tlspin_change *change,
                         const char *done)
{
  bool counts;

  if (change->operation == 0) {
    if (!shared_options.json)
      output_said("%s", _("That was so already; nothing was changed."));
    check_places(storing);
    return;
  }
  for (guint i = 0; i < storing->warnings->len; i++)
    complain(STATUS_FINE, "%s", (const char *)storing->warnings->pdata[i]);
  counts = check_places(storing);
  if (counts && !shared_options.json)
    output_said("%s", done);
  if (!shared_options.json)
    output_said(_("To take that back: tlspin undo %" PRIu64), change->operation);
}

static int put(struct storing *storing, const char *done)
{
  struct tlspin_change change = {0};
  int code =
      tlspin_put(storing->context, storing->records, storing->count, 0, 0, &change, warn, storing);

  if (code == TLSPIN_E_ARGUMENT)
    return complain(status_of(code), "%s", message_of(tlspin_last_message(), storing->count == 1));
  if (code != TLSPIN_OK)
    return complain_of(code);
  if (shared_options.json)
    print_json(&change);
  print_change(storing, &change, done);
  return STATUS_FINE;
}

int edit_store(const GPtrArray *edits, const char *done)
{
  g_autofree struct tlspin_record *records = g_new(struct tlspin_record, edits->len);
  struct storing storing = {.context = store_context(), .records = records, .count = edits->len};
  int status;

  for (guint i = 0; i < edits->len; i++)
    records[i] = ((const struct edit *)edits->pdata[i])->record;
  storing.alone = are_of_one_place(&storing);
  storing.warnings = g_ptr_array_new_with_free_func(g_free);
  status = put(&storing, done);
  g_ptr_array_unref(storing.warnings);
  tlspin_free(storing.context);
  return status;
}

int edit_put(const struct edit_keys *keys, const char *server, const struct edit *model,
             const char *done)
{
  g_autoptr(GPtrArray) edits = g_ptr_array_new_with_free_func(g_free);
  int status = edit_read_keys(keys, server, model, edits);

  return status == STATUS_FINE ? edit_store(edits, done) : status;
}
