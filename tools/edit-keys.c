/* The keys that a command names: see edit-keys.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/edit-keys.h"

#include "common/spki.h"
#include "common/text.h"
#include "pinning/keypin.h"
#include "tools/input.h"
#include "tools/record.h"
#include "tools/shown.h"
#include "tools/tlspin.h"

#include <string.h>

enum { PEM_MOST = 1 << 20 };

int edit_keys_read_server(struct edit_keys *keys, const char *text, struct edit *edit)
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

/* Copies point at their own place and digest. */
static struct edit *edit_copy(const struct edit *model)
{
  struct edit *edit = g_new(struct edit, 1);

  *edit = *model;
  edit->record.host = edit->place.host;
  return edit;
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

int edit_keys_read(const struct edit_keys *keys, const char *server, const struct edit *model,
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
