/* trustedcerts.xml of FileZilla: see filezilla.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   <FileZilla3><TrustedCerts><Certificate>
 *     <Data>HEX of the certificate's DER</Data>
 *     <ActivationTime>, <ExpirationTime>   seconds since 1970
 *     <Host>, <Port>
 *     <TrustSANs>1</TrustSANs>             also for the other names of the certificate
 *   </Certificate>...</TrustedCerts>
 *   <InsecureHosts><Host Port="21">NAME</Host>...</InsecureHosts>   without any TLS */
#include "config.h"

#include "formats/filezilla.h"

#include "common/text.h"
#include "formats/key.h"
#include "formats/lines.h"
#include "formats/quote.h"

#include <string.h>

enum { TEXT_MOST = 2 * CHAIN_CERTIFICATE_MAX + 1024 };

/* The parts of a <Certificate>. */
enum part { DATA, ACTIVATION, EXPIRATION, HOST, PORT, SANS, PARTS };
static const char *const part_names[PARTS] = {"Data", "ActivationTime", "ExpirationTime",
                                              "Host", "Port",           "TrustSANs"};

struct work {
  const struct reading *reading;
  GString *parts[PARTS];
  GString *insecure; /* the text of a <Host> of <InsecureHosts> */
  GString *into;     /* one of these, or NULL */
  size_t line;       /* of the element that is being read */
};

bool filezilla_detect(struct span octets)
{
  struct span start = {octets.data, MIN(octets.size, 4096)};

  return span_holds(start, "<FileZilla3") || span_holds(start, "<TrustedCerts");
}

/* Whether the path to the current element ends in this: its parent, and itself where it still has
 * to be closed. */
static bool is_in(GMarkupParseContext *context, const char *element, const char *parent)
{
  const GSList *stack = g_markup_parse_context_get_element_stack(context);

  return stack != NULL && strcmp(stack->data, element) == 0 && stack->next != NULL &&
         strcmp(stack->next->data, parent) == 0;
}

static size_t line_of(GMarkupParseContext *context)
{
  int line = 1;

  g_markup_parse_context_get_position(context, &line, NULL);
  return line > 0 ? (size_t)line : 1;
}

static void begin_certificate(struct work *work, GMarkupParseContext *context)
{
  for (size_t i = 0; i < PARTS; i++)
    g_string_truncate(work->parts[i], 0);
  work->line = line_of(context);
}

static void on_start(GMarkupParseContext *context, const char *element, const char **names,
                     const char **values, void *data, GError **error)
{
  struct work *work = data;
  const GSList *stack = g_markup_parse_context_get_element_stack(context);

  (void)names;
  (void)values;
  work->into = NULL;
  if (stack->next == NULL && strcmp(element, "FileZilla3") != 0)
    g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT, "<%s>", element);
  else if (is_in(context, "Certificate", "TrustedCerts"))
    begin_certificate(work, context);
  else if (is_in(context, "Host", "InsecureHosts")) {
    g_string_truncate(work->insecure, 0);
    work->line = line_of(context);
    work->into = work->insecure;
  } else if (stack->next != NULL && strcmp(stack->next->data, "Certificate") == 0)
    for (size_t i = 0; i < PARTS; i++)
      if (strcmp(element, part_names[i]) == 0)
        work->into = work->parts[i];
}

/* More than any certificate has is not a certificate either. */
static void on_text(GMarkupParseContext *context, const char *text, gsize size, void *data,
                    GError **error)
{
  struct work *work = data;

  (void)context;
  (void)error;
  if (work->into != NULL)
    g_string_append_len(work->into, text,
                        (gssize)MIN(size, TEXT_MOST - MIN(work->into->len, TEXT_MOST)));
}

static struct span part(const struct work *work, enum part which)
{
  const GString *text = work->parts[which];

  return span_strip((struct span){(const uint8_t *)text->str, text->len});
}

static bool skipped(const struct work *work, const char *text)
{
  reading_remark(work->reading, work->line, REMARK_SKIPPED, "%s", text);
  return false;
}

static bool read_key(const struct work *work, struct keypin *pin)
{
  struct span hex = part(work, DATA);
  g_autofree uint8_t *der = g_malloc(hex.size / 2 + 1);

  if (hex.size % 2 == 0 && span_hex(hex, der, hex.size / 2) &&
      key_of_certificate((struct span){der, hex.size / 2}, pin))
    return true;
  return skipped(work, _("the certificate is cut off or damaged. Accept it again in FileZilla, or "
                         "say 'tlspin pin HOST:PORT --from-server'."));
}

/* FileZilla too passes over what is not valid now. */
static bool read_times(const struct work *work, struct keypin *pin)
{
  uint64_t activation, expiration;

  if (!span_number(part(work, ACTIVATION), KEYPIN_FOREVER, &activation) ||
      !span_number(part(work, EXPIRATION), KEYPIN_FOREVER, &expiration))
    return skipped(work, _("when the certificate is valid can't be read."));
  if (expiration <= (uint64_t)work->reading->now)
    return skipped(work, _("the certificate has expired."));
  if (activation > (uint64_t)work->reading->now)
    return skipped(work, _("the certificate is not valid yet."));
  pin->enforce_until = pin->report_until = (int64_t)expiration;
  return true;
}

static void end_certificate(const struct work *work)
{
  struct place place;
  struct keypin pin;
  uint64_t port;

  if (!span_number(part(work, PORT), UINT16_MAX, &port) || port == 0) {
    skipped(work, _("the port is not one of 1 to 65535."));
    return;
  }
  if (!reading_place(work->reading, work->line, part(work, HOST), (uint16_t)port, &place))
    return;
  pin = reading_accepted(work->reading, &place);
  if (!read_times(work, &pin) || !read_key(work, &pin))
    return;
  if (span_is(part(work, SANS), "1"))
    reading_remark(
        work->reading, work->line, REMARK_NOTE,
        _("FileZilla trusts the certificate for its other names too; %s alone is pinned."),
        place.host);
  reading_put(work->reading, work->line, &pin);
}

static void end_insecure(const struct work *work)
{
  g_autofree char *quoted =
      quote((struct span){(const uint8_t *)work->insecure->str, work->insecure->len});

  reading_remark(work->reading, work->line, REMARK_SKIPPED,
                 _("FileZilla speaks to %s without TLS; there is no key to pin."), quoted);
}

static void on_end(GMarkupParseContext *context, const char *element, void *data, GError **error)
{
  struct work *work = data;

  (void)element;
  (void)error;
  work->into = NULL;
  if (is_in(context, "Certificate", "TrustedCerts"))
    end_certificate(work);
  else if (is_in(context, "Host", "InsecureHosts"))
    end_insecure(work);
}

/* An XML file holds no NUL and nothing but UTF-8; GLib says so too, but shows the octets. */
static bool parse(struct work *work, struct span octets)
{
  static const GMarkupParser parser = {
      .start_element = on_start, .end_element = on_end, .text = on_text};
  g_autoptr(GMarkupParseContext) context =
      g_markup_parse_context_new(&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, work, NULL);
  bool fine =
      g_markup_parse_context_parse(context, (const char *)octets.data, (gssize)octets.size, NULL) &&
      g_markup_parse_context_end_parse(context, NULL);

  if (!fine)
    reading_remark(work->reading, line_of(context), REMARK_REFUSED,
                   _("the XML is broken off or damaged here, so nothing of the file is taken. Let "
                     "FileZilla write it anew."));
  return fine;
}

bool filezilla_read(const struct reading *reading, struct span octets)
{
  struct work work = {.reading = reading, .insecure = g_string_new(NULL)};
  bool fine;

  for (size_t i = 0; i < PARTS; i++)
    work.parts[i] = g_string_new(NULL);
  fine = parse(&work, octets);
  for (size_t i = 0; i < PARTS; i++)
    g_string_free(work.parts[i], TRUE);
  g_string_free(work.insecure, TRUE);
  return fine;
}
