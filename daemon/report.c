/* The report of a pin that was not met: see report.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/report.h"

#include "pinning/base64.h"

#include <glib.h>
#include <string.h>

enum { PEM_LINE = 64 /* RFC 7468 section 2 */ };

/* RFC 8259 section 7; what is no UTF-8 becomes U+FFFD. */
static void put_string(GString *json, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid(text, -1);

  g_string_append_c(json, '"');
  for (const char *c = valid; *c != '\0'; c++)
    if (*c == '"' || *c == '\\')
      g_string_append_printf(json, "\\%c", *c);
    else if ((unsigned char)*c < 0x20)
      g_string_append_printf(json, "\\u%04x", (unsigned)*c);
    else
      g_string_append_c(json, *c);
  g_string_append_c(json, '"');
}

static void put_member(GString *json, const char *name)
{
  g_string_append(json, json->str[json->len - 1] == '{' ? "\n  " : ",\n  ");
  put_string(json, name);
  g_string_append(json, ": ");
}

static void put_text(GString *json, const char *name, const char *text)
{
  put_member(json, name);
  put_string(json, text);
}

/* RFC 3339 section 5.6. */
static void put_time(GString *json, const char *name, int64_t time)
{
  g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(time);
  g_autofree char *text = date != NULL ? g_date_time_format_iso8601(date) : g_strdup("");

  put_text(json, name, text);
}

static void put_pem(GString *json, struct span der)
{
  g_autofree char *base64 = g_base64_encode(der.data, der.size);
  g_autoptr(GString) pem = g_string_new("-----BEGIN CERTIFICATE-----\n");

  for (const char *line = base64; *line != '\0'; line += strnlen(line, PEM_LINE)) {
    g_string_append_len(pem, line, (gssize)strnlen(line, PEM_LINE));
    g_string_append_c(pem, '\n');
  }
  g_string_append(pem, "-----END CERTIFICATE-----\n");
  put_string(json, pem->str);
}

static void put_certificates(GString *json, const char *name, const struct span *ders, size_t count)
{
  put_member(json, name);
  g_string_append_c(json, '[');
  for (size_t i = 0; i < count; i++) {
    g_string_append(json, i > 0 ? ",\n    " : "\n    ");
    put_pem(json, ders[i]);
  }
  g_string_append_c(json, ']');
}

/* A raw key is no certificate. */
static void put_path(GString *json, const char *name, const struct chain *chain)
{
  struct span ders[CHAIN_MAX];
  bool there = chain->path && !chain->raw;

  for (size_t i = 0; i < chain->count; i++)
    ders[i] = chain->at[i].der;
  put_certificates(json, name, ders, there ? chain->count : 0);
}

static void put_pins(GString *json, const struct report *report)
{
  put_member(json, "known-pins");
  g_string_append_c(json, '[');
  for (size_t i = 0; i < report->pins; i++) {
    char base64[BASE64_TEXT + 1];
    g_autofree char *pin = NULL;

    base64_write(report->pin[i], base64);
    pin = g_strdup_printf("pin-sha256=\"%s\"", base64);
    g_string_append(json, i > 0 ? ",\n    " : "\n    ");
    put_string(json, pin);
  }
  g_string_append_c(json, ']');
}

static GString *write_report(const struct report *report, bool served, bool validated)
{
  GString *json = g_string_new("{");

  put_time(json, "date-time", report->now);
  put_text(json, "hostname", report->peer->host);
  put_member(json, "port");
  g_string_append_printf(json, "%u", report->peer->port);
  put_time(json, "effective-expiration-date", report->expires);
  put_member(json, "include-subdomains");
  g_string_append(json, report->subdomains ? "true" : "false");
  put_text(json, "noted-hostname", report->noted);
  put_certificates(json, "served-certificate-chain", report->served,
                   served ? report->served_count : 0);
  if (validated)
    put_path(json, "validated-certificate-chain", report->chain);
  else
    put_certificates(json, "validated-certificate-chain", NULL, 0);
  put_pins(json, report);
  g_string_append(json, "\n}\n");
  return json;
}

char *report_text(const struct report *report, size_t most)
{
  GString *json = write_report(report, true, true);

  if (json->len > most) {
    g_string_free(json, TRUE);
    json = write_report(report, false, true);
  }
  if (json->len > most) {
    g_string_free(json, TRUE);
    json = write_report(report, false, false);
  }
  return g_string_free(json, FALSE);
}
