/* Storing records of the user's: see edit.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/edit.h"

#include "common/spki.h"
#include "common/text.h"
#include "pinning/keypin.h"
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

  if (fault != HOST_FINE)
    return complain(STATUS_USAGE,
                    _("'%s' can't be used: %s. Write HOST, HOST:PORT, *.HOST or .HOST."), text,
                    _(host_fault_text(fault)));
  edit->record.host = edit->place.host;
  edit->record.scope = scope_token(edit->place.scope);
  edit->record.port = edit->place.port;
  return STATUS_FINE;
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

  if (level == NULL || keypin_level_from_token(level, &known))
    return STATUS_FINE;
  return complain(STATUS_USAGE,
                  _("'%s' is not a level. Say leaf, issuer, anchor, authority or any."), level);
}

int edit_read_key(const char *text, struct tlspin_record *record, unsigned char digest[64])
{
  if (tlspin_read_key(text, record, digest) == TLSPIN_OK)
    return STATUS_FINE;
  return complain(
      STATUS_USAGE,
      _("'%s' is no key. Write it as sha256//BASE64, with 44 characters of base64, as the 64 hex "
        "digits of its SHA-256, as a TLSA record (\"3 1 1 HEX\"), or name a PEM file with --cert."),
      text);
}

/* What the form says of the level counts only where the user doesn't. */
static void choose_level(const struct edit *model, struct tlspin_record *record)
{
  if (model->record.level != NULL)
    record->level = model->record.level;
}

static int add_key(const char *text, const struct edit *model, GPtrArray *edits)
{
  struct edit *edit = edit_copy(model);
  int status;

  g_ptr_array_add(edits, edit);
  status = edit_read_key(text, &edit->record, edit->digest);
  choose_level(model, &edit->record);
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
  g_autofree char *text = NULL, *name = g_filename_display_name(path), *problem = NULL;
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
  choose_level(model, &edit->record);
  return STATUS_FINE;
}

static bool is_exception(const struct edit *model)
{
  return model->record.errors != 0;
}

/* A key may be taken for good only from a server that is what it says it is; and an exception that
 * leaves an error out is none. */
static int judge_server(const struct tlspin_check *check, const char *server,
                        const struct edit *model)
{
  unsigned unnamed = check->errors & ~model->record.errors;
  g_autofree char *all = record_errors_text(check->errors), *left = record_errors_text(unnamed);

  if (check->errors == 0 || unnamed == 0)
    return STATUS_FINE;
  if (!is_exception(model))
    return complain(STATUS_CONNECTION,
                    _("The certificate of %s is not valid (%s), so its key was not taken."), server,
                    all);
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
  const struct shown_options options = {.connect = TRUE, .ca_file = keys->ca_file};
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

/* The number of a record says something only where there are others. */
static const char *message_of(const char *text, size_t count)
{
  const char *rest;

  return count == 1 && numbered_read(text, &rest) == 1 ? rest : text;
}

static void warn(const char *warning, void *count)
{
  complain(STATUS_FINE, "%s", message_of(warning, *(const size_t *)count));
}

static void print_json(const struct tlspin_change *change)
{
  JsonBuilder *builder = json_builder_new();

  json_builder_begin_object(builder);
  json_put_number(builder, "operation", change->operation);
  json_put_number(builder, "count", change->count);
  json_print(json_builder_end_object(builder));
}

static int put(tlspin_t *context, const struct tlspin_record *records, size_t count,
               const char *done)
{
  struct tlspin_change change = {0};
  int code = tlspin_put(context, records, count, 0, 0, &change, warn, &count);

  if (code == TLSPIN_E_ARGUMENT)
    return complain(status_of(code), "%s", message_of(tlspin_last_message(), count));
  if (code != TLSPIN_OK)
    return complain_of(code);
  if (shared_options.json)
    print_json(&change);
  else if (change.operation == 0)
    output_text("%s\n", _("That was so already; nothing was changed."));
  else
    output_text(_("%s\nTo take that back: tlspin undo %" PRIu64 "\n"), done, change.operation);
  return STATUS_FINE;
}

int edit_store(const GPtrArray *edits, const char *done)
{
  g_autofree struct tlspin_record *records = g_new(struct tlspin_record, edits->len);
  tlspin_t *context = store_context();
  int status;

  for (guint i = 0; i < edits->len; i++)
    records[i] = ((const struct edit *)edits->pdata[i])->record;
  status = put(context, records, edits->len, done);
  tlspin_free(context);
  return status;
}

int edit_put(const struct edit_keys *keys, const char *server, const struct edit *model,
             const char *done)
{
  g_autoptr(GPtrArray) edits = g_ptr_array_new_with_free_func(g_free);
  int status = edit_read_keys(keys, server, model, edits);

  return status == STATUS_FINE ? edit_store(edits, done) : status;
}
