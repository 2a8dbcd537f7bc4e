/* Pins as other programs keep them: see reader.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/reader.h"

#include "common/text.h"
#include "formats/chromium.h"
#include "formats/dump.h"
#include "formats/emacs.h"
#include "formats/filezilla.h"
#include "formats/firefox.h"
#include "formats/kde.h"
#include "formats/known-hosts.h"
#include "formats/pem.h"
#include "formats/quote.h"

#include <string.h>

static const char mark[] = "\xef\xbb\xbf";

/* In the order in which they are tried. */
const struct format formats[] = {
    {"dump", N_("a dump of tlspin"), false, false, dump_detect, dump_read},
    {"known-hosts", N_("known_hosts of GnuTLS"), false, false, known_hosts_detect,
     known_hosts_read},
    {"filezilla", N_("trustedcerts.xml of FileZilla"), false, false, filezilla_detect,
     filezilla_read},
    {"firefox", N_("cert_override.txt of Firefox"), false, false, firefox_detect, firefox_read},
    {"kde", N_("ksslcertificatemanager of KDE"), false, false, kde_detect, kde_read},
    {"emacs", N_("network-security.data of Emacs"), true, false, emacs_detect, emacs_read},
    {"chromium", N_("the static pins of Chromium"), false, true, chromium_detect, chromium_read},
    {"pem", N_("certificates or public keys in PEM"), true, false, pem_detect, pem_read},
    {NULL, NULL, false, false, NULL, NULL},
};

const struct format *format_of_name(const char *name)
{
  for (const struct format *format = formats; format->name != NULL; format++)
    if (strcmp(format->name, name) == 0)
      return format;
  return NULL;
}

/* Editors of Windows put a byte order mark before what they write. */
static struct span without_mark(struct span octets)
{
  struct reader r = reader_of(octets);

  if (octets.size >= sizeof mark - 1 && memcmp(octets.data, mark, sizeof mark - 1) == 0)
    reader_take(&r, sizeof mark - 1);
  return (struct span){r.next, r.left};
}

const struct format *format_of_octets(struct span octets)
{
  octets = without_mark(octets);
  for (const struct format *format = formats; format->name != NULL; format++)
    if (format->detect(octets))
      return format;
  return NULL;
}

bool format_read(const struct format *format, const struct reading *reading, struct span octets)
{
  return format->read(reading, without_mark(octets));
}

void reading_remark(const struct reading *reading, size_t line, enum remark remark,
                    const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start(arguments, format);
  text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  reading->remark(line, remark, text, reading->data);
}

void reading_put(const struct reading *reading, size_t line, const struct keypin *pin)
{
  const char *fault = keypin_fault(pin);

  if (fault == NULL)
    reading->record(pin, line, reading->data);
  else
    reading_remark(reading, line, REMARK_SKIPPED,
                   _("this is no pin that tlspin could keep, because of its '%s'."), fault);
}

bool reading_place(const struct reading *reading, size_t line, struct span host, uint16_t port,
                   struct place *place)
{
  enum host_fault fault;
  g_autofree char *quoted = NULL;

  *place = (struct place){.scope = SCOPE_EXACT, .protocol = PLACE_ANY_PROTOCOL, .port = port};
  fault = host_normalise((const char *)host.data, host.size, place->host);
  if (fault == HOST_FINE)
    return true;
  quoted = quote(host);
  reading_remark(reading, line, REMARK_SKIPPED, _("%s is not a host name: %s."), quoted,
                 _(host_fault_text(fault)));
  return false;
}

struct keypin reading_accepted(const struct reading *reading, const struct place *place)
{
  struct keypin pin = keypin_new(
      place, KEYPIN_PIN, reading->critical ? KEYPIN_CRITICAL : KEYPIN_ACTIVE, KEYPIN_IMPORT);

  pin.always = true;
  return pin;
}

static void note_end(const struct reading *reading, size_t line, bool endless)
{
  g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(reading->exceptions_end);
  g_autofree char *day = date != NULL ? g_date_time_format(date, "%Y-%m-%d") : g_strdup("?");

  reading_remark(reading, line, REMARK_NOTE,
                 endless ? _("the exception has no end; it is made to end on %s (--until).")
                         : _("the exception ends far in the future; it is made to end on %s "
                             "(--until)."),
                 day);
}

void reading_limit(const struct reading *reading, size_t line, struct keypin *exception)
{
  int64_t until = exception->report_until;

  if (until <= reading->exceptions_end)
    return;
  note_end(reading, line, until == KEYPIN_FOREVER);
  exception->report_until = reading->exceptions_end;
  exception->enforce_until = MIN(exception->enforce_until, reading->exceptions_end);
}

struct keypin reading_exception(const struct reading *reading, size_t line,
                                const struct place *place, unsigned errors, int64_t until)
{
  struct keypin pin = keypin_new(place, KEYPIN_EXCEPTION, KEYPIN_EXCEPTED, KEYPIN_IMPORT);

  pin.always = true;
  pin.errors = errors;
  pin.enforce_until = pin.report_until = until != 0 ? until : KEYPIN_FOREVER;
  reading_limit(reading, line, &pin);
  return pin;
}
