/* network-security.data of Emacs: see emacs.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A list of property lists, one a host and port for which the user said "always":
 *
 *   ((:id "sha1:HEX of HOST:PORT" :fingerprints ("sha1:HEX" ...) :host "HOST:PORT"
 *     :conditions (:unknown-ca ...)) ...)
 *
 * :host is often not there, :fingerprint is an older form with one, and :none stands for a
 * connection without TLS. A fingerprint is the SHA-1 of the SPKI: not enough for tlspin, which
 * keeps no SHA-1, so that the key itself has to come from elsewhere. */
#include "config.h"

#include "formats/emacs.h"

#include "common/text.h"
#include "formats/key.h"
#include "formats/lines.h"
#include "formats/lisp.h"
#include "formats/quote.h"
#include "formats/service.h"

#include <string.h>

enum { SHA1_SIZE = 20 };

bool emacs_detect(struct span octets)
{
  struct lisp_reader reader = lisp_reader_of(octets);

  return lisp_take(&reader, '(') && (lisp_peek(&reader) == '(' || lisp_peek(&reader) == ')') &&
         (span_holds(octets, ":fingerprint") || lisp_take(&reader, ')'));
}

static bool skipped(const struct reading *reading, size_t line, const char *text)
{
  reading_remark(reading, line, REMARK_SKIPPED, "%s", text);
  return false;
}

static struct span span_of(const GString *text)
{
  return (struct span){(const uint8_t *)text->str, text->len};
}

/* Whether :id is that of a host and port. Emacs looks for nothing else. */
static bool is_id_of(const struct lisp *id, struct span host_port)
{
  struct span hex = span_of(id->text);
  uint8_t digest[SHA1_SIZE];
  bool found;

  span_cut(&hex, ':', &found);
  return span_begins(span_of(id->text), "sha1:") && span_hex(hex, digest, SHA1_SIZE) &&
         key_has_digest(host_port, KEY_SHA1, (struct span){digest, SHA1_SIZE});
}

/* Emacs writes a port as the program named it. */
static bool read_host(const struct reading *reading, size_t line, struct span text,
                      struct place *place)
{
  const uint8_t *colon = text.size > 0 ? memrchr(text.data, ':', text.size) : NULL;
  size_t size = colon != NULL ? (size_t)(colon - text.data) : text.size;
  struct reader r = reader_of(text);
  struct span host = reader_take(&r, size);
  g_autofree char *quoted = quote(text);
  uint16_t port;

  reader_take(&r, colon != NULL);
  if (service_port((struct span){r.next, r.left}, &port) && port != 0)
    return reading_place(reading, line, host, port, place);
  reading_remark(reading, line, REMARK_SKIPPED, _("%s is not of the form HOST:PORT."), quoted);
  return false;
}

static bool find_place(const struct reading *reading, const struct lisp *id, struct place *place)
{
  for (size_t i = 0; i < reading->place_count; i++) {
    char text[PLACE_TEXT_SIZE];

    place_text(&reading->places[i], text);
    if (is_id_of(id, (struct span){(const uint8_t *)text, strlen(text)})) {
      *place = reading->places[i];
      return true;
    }
  }
  return false;
}

static bool read_place(const struct reading *reading, const struct lisp *entry, struct place *place)
{
  const struct lisp *id = lisp_get(entry, ":id"), *host = lisp_get(entry, ":host");

  if (id == NULL || id->kind != LISP_STRING || (host != NULL && host->kind != LISP_STRING))
    return skipped(reading, entry->line, _("this is no entry of network-security.data."));
  if (host == NULL) {
    if (find_place(reading, id, place))
      return true;
    return skipped(reading, entry->line,
                   _("Emacs kept only a digest of the server's name. Name the servers that it may "
                     "be, as HOST:PORT behind the file."));
  }
  if (!is_id_of(id, span_of(host->text)))
    return skipped(reading, entry->line, _("the entry names one host and is for another."));
  return read_host(reading, entry->line, span_of(host->text), place);
}

static bool read_fingerprint(const struct reading *reading, const struct lisp *fingerprint,
                             struct keypin *pin)
{
  struct span hex = span_of(fingerprint->text);
  uint8_t digest[SHA1_SIZE];
  bool found;

  span_cut(&hex, ':', &found);
  pin->selector = SELECTOR_SPKI;
  pin->matching = MATCHING_SHA256;
  if (span_begins(span_of(fingerprint->text), "sha256:") && span_hex(hex, pin->digest, 32))
    return true;
  if (!span_begins(span_of(fingerprint->text), "sha1:") || !span_hex(hex, digest, SHA1_SIZE))
    return skipped(reading, fingerprint->line, _("the fingerprint is cut off or damaged."));
  for (size_t i = 0; i < reading->spki_count; i++)
    if (key_has_digest(reading->spkis[i], KEY_SHA1, (struct span){digest, SHA1_SIZE}))
      return key_of_spki(reading->spkis[i], pin);
  return skipped(reading, fingerprint->line,
                 _("Emacs kept only the SHA-1 of the key. Name a file with the server's "
                   "certificate by --cert, or pin the key that it has now: tlspin pin HOST:PORT "
                   "--from-server."));
}

static void put_fingerprint(const struct reading *reading, const struct lisp *fingerprint,
                            const struct place *place)
{
  struct keypin pin = reading_accepted(reading, place);

  if (fingerprint->kind == LISP_SYMBOL && span_is(span_of(fingerprint->text), ":none"))
    skipped(reading, fingerprint->line,
            _("Emacs speaks to the server without TLS; there is no key to pin."));
  else if (fingerprint->kind != LISP_STRING)
    skipped(reading, fingerprint->line, _("this is no fingerprint."));
  else if (read_fingerprint(reading, fingerprint, &pin))
    reading_put(reading, fingerprint->line, &pin);
}

/* A pin says which key is right. What else the user waved through doesn't follow from it. */
static void note_conditions(const struct reading *reading, const struct lisp *entry)
{
  const struct lisp *conditions = lisp_get(entry, ":conditions");

  if (conditions != NULL && conditions->kind == LISP_LIST && conditions->items->len > 0)
    reading_remark(
        reading, conditions->line, REMARK_NOTE,
        _("what Emacs was told to put up with there isn't taken; to accept an error of the "
          "certificate, use 'tlspin except'."));
}

static void read_entry(const struct reading *reading, const struct lisp *entry)
{
  const struct lisp *many = lisp_get(entry, ":fingerprints"),
                    *one = lisp_get(entry, ":fingerprint");
  struct place place;

  if (!read_place(reading, entry, &place))
    return;
  if (one != NULL)
    put_fingerprint(reading, one, &place);
  for (guint i = 0; many != NULL && many->kind == LISP_LIST && i < many->items->len; i++)
    put_fingerprint(reading, many->items->pdata[i], &place);
  if (one == NULL && (many == NULL || many->kind != LISP_LIST))
    skipped(reading, entry->line, _("the entry has no fingerprint."));
  note_conditions(reading, entry);
}

bool emacs_read(const struct reading *reading, struct span octets)
{
  struct lisp_reader reader = lisp_reader_of(octets);
  bool fine = lisp_take(&reader, '(');

  while (fine && !lisp_take(&reader, ')')) {
    g_autoptr(lisp) entry = lisp_read(&reader);

    fine = entry != NULL;
    if (fine)
      read_entry(reading, entry);
  }
  if (!fine)
    reading_remark(reading, reader.line, REMARK_REFUSED,
                   _("the list is broken off or damaged here, so nothing of the file is taken. Let "
                     "Emacs write it anew."));
  return fine;
}
