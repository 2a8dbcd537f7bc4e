/* What is to be stored for the user: see edit.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/edit.h"

#include "common/text.h"
#include "pinning/keypin.h"
#include "tools/hosts.h"
#include "tools/tlspin.h"
#include "tools/when.h"

#include <string.h>

int edit_read_place(const char *text, struct edit *edit)
{
  g_autofree char *problem = NULL, *given = target_argument(text, &problem);
  enum host_fault fault;

  if (given == NULL)
    return complain(STATUS_USAGE, "%s", problem);
  fault = place_read(given, &edit->place);
  if (fault != HOST_FINE) {
    g_autofree char *clean = output_clean(given);

    return complain(STATUS_USAGE,
                    _("'%s' can't be used: %s. Write HOST, HOST:PORT, *.HOST or .HOST."), clean,
                    _(host_fault_text(fault)));
  }
  edit->record.host = edit->place.host;
  edit->record.scope = scope_token(edit->place.scope);
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

  if (text == NULL || when_parse_end(text, store_time(), end, &problem))
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
