/* ksslcertificatemanager of KDE: see kde.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file of KConfig with a group a certificate, which is called by the MD5 of its DER:
 *
 *   [d41d8cd98f00b204e9800998ecf8427e]
 *   CertificatePEM=-----BEGIN CERTIFICATE-----\nMIIB...\n-----END CERTIFICATE-----\n
 *   www.example.org=ExpireUTC 3024-05-05T12:00:00,SelfSignedCertificate,HostNameMismatch
 *   bad.example.org=ExpireUTC 3024-05-05T12:00:00,Reject
 *
 * A host may be "*.example.org". What KDE's dialogue calls for ever is a thousand years. */
#include "config.h"

#include "formats/kde.h"

#include "common/text.h"
#include "formats/key.h"
#include "formats/lines.h"
#include "formats/quote.h"

#include <string.h>

enum { MD5_SIZE = 16 };

/* KDE's names of errors, old and new. 0: tlspin never excuses it. */
static const struct {
  const char *name;
  unsigned errors;
} errors_of_kde[] = {
    {"InvalidCertificateAuthority", PKI_UNKNOWN_ISSUER},
    {"SelfSignedCertificate", PKI_UNKNOWN_ISSUER},
    {"SelfSignedCertificateInChain", PKI_UNKNOWN_ISSUER},
    {"UntrustedCertificate", PKI_UNKNOWN_ISSUER},
    {"UnableToGetIssuerCertificate", PKI_UNKNOWN_ISSUER},
    {"UnableToGetLocalIssuerCertificate", PKI_UNKNOWN_ISSUER},
    {"UnableToVerifyFirstCertificate", PKI_UNKNOWN_ISSUER},
    {"SubjectIssuerMismatch", PKI_UNKNOWN_ISSUER},
    {"AuthorityIssuerSerialNumberMismatch", PKI_UNKNOWN_ISSUER},
    {"ExpiredCertificate", PKI_EXPIRED},
    {"CertificateNotYetValid", PKI_NOT_YET_VALID},
    {"HostNameMismatch", PKI_NAME},
    {"InvalidCertificatePurpose", PKI_PURPOSE},
};

/* A rule for a host, until its group's certificate is known: it may stand behind it. */
struct rule {
  size_t line;
  struct span host;
  struct span value;
};

struct work {
  const struct reading *reading;
  struct span group;
  size_t group_line;
  struct span pem;
  GArray *rules; /* of struct rule */
};

bool kde_detect(struct span octets)
{
  return span_holds(octets, "\nCertificatePEM=-----BEGIN") || span_holds(octets, "=ExpireUTC ");
}

static bool skipped(const struct work *work, size_t line, const char *text)
{
  reading_remark(work->reading, line, REMARK_SKIPPED, "%s", text);
  return false;
}

/* KConfig writes line feeds and such as escapes. */
static GString *unescape(struct span text)
{
  static const char from[] = "nrst\\", to[] = "\n\r \t\\";
  GString *plain = g_string_new(NULL);
  struct reader r = reader_of(text);

  while (r.left > 0) {
    uint8_t octet = reader_u8(&r);
    const char *found;

    if (octet == '\\' && r.left > 0) {
      octet = reader_u8(&r);
      found = octet != '\0' ? strchr(from, octet) : NULL;
      if (found != NULL)
        octet = (uint8_t)to[found - from];
    }
    g_string_append_c(plain, (char)octet);
  }
  return plain;
}

/* The certificate, if it is the one that the group is called by. */
static uint8_t *read_certificate(const struct work *work, size_t *size)
{
  g_autoptr(GString) pem = unescape(work->pem);
  g_autofree uint8_t *der = NULL;
  uint8_t name[MD5_SIZE];

  if (!key_read_pem((struct span){(const uint8_t *)pem->str, pem->len}, &der, size))
    skipped(work, work->group_line,
            _("the certificate of these rules is missing or damaged, so they can't be taken."));
  else if (!span_hex(work->group, name, MD5_SIZE) ||
           !key_has_digest((struct span){der, *size}, KEY_MD5, (struct span){name, MD5_SIZE}))
    skipped(work, work->group_line,
            _("the certificate is not the one that these rules are for, so they can't be taken."));
  else
    return g_steal_pointer(&der);
  return NULL;
}

static bool read_expiry(const struct work *work, size_t line, struct span word, int64_t *expiry)
{
  static const char prefix[] = "ExpireUTC ";
  g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
  g_autoptr(GDateTime) date = NULL;
  g_autofree char *text = g_strndup((const char *)word.data, word.size);

  if (g_str_has_prefix(text, prefix))
    date = g_date_time_new_from_iso8601(text + strlen(prefix), utc);
  if (date == NULL)
    return skipped(work, line, _("when the rule expires can't be read."));
  *expiry = g_date_time_to_unix(date);
  if (*expiry <= work->reading->now)
    return skipped(work, line, _("the rule has expired."));
  return true;
}

static void read_error(const struct work *work, size_t line, struct span word, unsigned *errors)
{
  g_autofree char *quoted = quote(word);

  if (span_is(word, "NoError"))
    return;
  for (size_t i = 0; i < G_N_ELEMENTS(errors_of_kde); i++)
    if (span_is(word, errors_of_kde[i].name)) {
      *errors |= errors_of_kde[i].errors;
      return;
    }
  reading_remark(work->reading, line, REMARK_NOTE,
                 _("the error %s is never excused; the others of the rule are."), quoted);
}

/* What stands behind the date. */
static unsigned read_directives(const struct work *work, const struct rule *rule, struct span rest,
                                bool *reject)
{
  unsigned errors = 0;
  bool more = true;

  *reject = false;
  while (more && !*reject) {
    struct span word = span_strip(span_cut(&rest, ',', &more));

    if (span_is(word, "Reject"))
      *reject = true;
    else if (word.size > 0)
      read_error(work, rule->line, word, &errors);
  }
  return errors;
}

static bool read_place(const struct work *work, const struct rule *rule, struct place *place)
{
  struct span host = rule->host;
  bool wildcard = span_begins(host, "*."), found;

  if (wildcard)
    span_cut(&host, '.', &found);
  if (!reading_place(work->reading, rule->line, host, 0, place))
    return false;
  if (wildcard)
    place->scope = SCOPE_ONE_LABEL;
  return true;
}

static void read_rule(const struct work *work, const struct rule *rule, struct span certificate)
{
  struct span rest = rule->value;
  struct place place;
  struct keypin pin;
  bool more, reject;
  unsigned errors;
  int64_t expiry;

  if (!read_place(work, rule, &place) ||
      !read_expiry(work, rule->line, span_strip(span_cut(&rest, ',', &more)), &expiry))
    return;
  errors = read_directives(work, rule, rest, &reject);
  if (reject) {
    pin = keypin_new(&place, KEYPIN_PIN, KEYPIN_REJECTED, KEYPIN_IMPORT);
    pin.always = true;
    pin.enforce_until = pin.report_until = MIN(expiry, KEYPIN_FOREVER);
  } else if (errors == 0) {
    skipped(work, rule->line, _("the rule excuses nothing that tlspin could excuse."));
    return;
  } else
    pin = reading_exception(work->reading, rule->line, &place, errors, expiry);
  if (key_of_whole_certificate(certificate, &pin))
    reading_put(work->reading, rule->line, &pin);
  else
    skipped(work, rule->line, _("the certificate of the rule can't be read."));
}

static void end_group(struct work *work)
{
  g_autofree uint8_t *der = NULL;
  size_t size = 0;

  if (work->rules->len > 0)
    der = read_certificate(work, &size);
  for (guint i = 0; der != NULL && i < work->rules->len; i++)
    read_rule(work, &g_array_index(work->rules, struct rule, i), (struct span){der, size});
  g_array_set_size(work->rules, 0);
  work->pem = (struct span){NULL, 0};
}

static void begin_group(struct work *work, size_t line, struct span text)
{
  bool found;

  end_group(work);
  span_cut(&text, '[', &found);
  work->group = span_cut(&text, ']', &found);
  work->group_line = line;
  if (!found || text.size > 0)
    skipped(work, line, _("the line doesn't begin a group of rules for a certificate."));
}

static void read_line(struct work *work, size_t line, struct span text)
{
  struct rule rule = {.line = line, .value = text};
  bool found;

  if (text.size == 0 || span_begins(text, "#"))
    return;
  if (span_begins(text, "[")) {
    begin_group(work, line, text);
    return;
  }
  rule.host = span_strip(span_cut(&rule.value, '=', &found));
  if (!found || work->group.size == 0)
    skipped(work, line, _("this is no rule of ksslcertificatemanager."));
  else if (span_is(rule.host, "CertificatePEM"))
    work->pem = rule.value;
  else
    g_array_append_val(work->rules, rule);
}

bool kde_read(const struct reading *reading, struct span octets)
{
  g_autoptr(GArray) rules = g_array_new(FALSE, FALSE, sizeof(struct rule));
  struct work work = {.reading = reading, .rules = rules};
  struct lines lines = lines_of(octets);
  struct span line;

  while (lines_next(&lines, &line))
    read_line(&work, lines.number, span_strip(line));
  end_group(&work);
  return true;
}
