/* Keys as lines of options: see options.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   curl         --pinnedpubkey 'sha256//BASE64;sha256//BASE64'    keys (curl(1))
 *   wget         the same (wget(1))
 *   msmtp        tls_fingerprint HEX:HEX...                        one certificate's SHA-256
 *   WeeChat      tls_fingerprint "HEX,HEX"                         certificates' SHA-256
 *   openconnect  --servercert pin-sha256:BASE64                    keys, an option each */
#include "config.h"

#include "formats/options.h"

#include "formats/options-private.h"

#include "common/text.h"
#include "pinning/base64.h"

#include <string.h>

static void append_base64(const GArray *items, const char *prefix, const char *separator,
                          GString *text)
{
  char base64[BASE64_TEXT + 1];

  for (guint i = 0; i < items->len; i++) {
    base64_write(g_array_index(items, struct option_item, i).digest, base64);
    g_string_append_printf(text, "%s%s%s", i > 0 ? separator : "", prefix, base64);
  }
}

static void append_hex(const struct option_item *item, const char *separator, GString *text)
{
  for (size_t i = 0; i < OPTION_DIGEST; i++)
    g_string_append_printf(text, "%s%02x", i > 0 ? separator : "", item->digest[i]);
}

static void write_curl(const GArray *items, GString *text)
{
  g_string_append(text, "--pinnedpubkey '");
  append_base64(items, "sha256//", ";", text);
  g_string_append(text, "'\n");
}

static void write_openconnect(const GArray *items, GString *text)
{
  append_base64(items, "--servercert pin-sha256:", "\n", text);
  g_string_append_c(text, '\n');
}

static void write_msmtp(const GArray *items, GString *text)
{
  const struct option_item *newest = &g_array_index(items, struct option_item, 0);

  for (guint i = 1; i < items->len; i++)
    if (g_array_index(items, struct option_item, i).seen > newest->seen)
      newest = &g_array_index(items, struct option_item, i);
  g_string_append(text, "tls_fingerprint ");
  append_hex(newest, ":", text);
  g_string_append_c(text, '\n');
}

static void write_weechat(const GArray *items, GString *text)
{
  g_string_append(text, "/set irc.server.SERVER.tls_fingerprint \"");
  for (guint i = 0; i < items->len; i++) {
    g_string_append(text, i > 0 ? "," : "");
    append_hex(&g_array_index(items, struct option_item, i), "", text);
  }
  g_string_append(text, "\"\n");
}

static const struct {
  const char *name;
  bool certificates;
  void (*write)(const GArray *items, GString *text);
} programs[OPTIONS_PROGRAMS] = {
    [OPTIONS_CURL] = {"curl", false, write_curl},
    [OPTIONS_WGET] = {"wget", false, write_curl},
    [OPTIONS_MSMTP] = {"msmtp", true, write_msmtp},
    [OPTIONS_WEECHAT] = {"weechat", true, write_weechat},
    [OPTIONS_OPENCONNECT] = {"openconnect", false, write_openconnect},
};

const char *options_program_name(enum options_program program)
{
  return programs[program].name;
}

bool options_program_wants_certificates(enum options_program program)
{
  return programs[program].certificates;
}

/* Sentences with the place, and mostly with the program. */
static char *reason_text(const struct option_target *target, const char *name,
                         enum option_reason reason, const struct options *options)
{
  const char *program = programs[options->program].name;

  switch (reason) {
  case OPTION_BLOCKED:
    return g_strdup_printf(_("%s has a pinned key that is blocked; it is left out."), name);
  case OPTION_UNCERTAIN:
    return g_strdup_printf(_("A key that is blocked for %s is known by its SHA-512 alone; whether "
                             "it is a pinned one can't be told."),
                           name);
  case OPTION_UNFIT:
    if (options->asked == NULL && target->place.scope != SCOPE_EXACT)
      return g_strdup_printf(_("%s stands for several servers; %s is told of one at a time: name "
                               "it with its port."),
                             name, program);
    if (programs[options->program].certificates)
      return g_strdup_printf(
          _("%s wants a certificate, and of %s only the key is known. Pin the certificate, too: "
            "'tlspin pin' takes its SHA-256 as the key '3 0 1 HEX'. Or clear the pin, and meet the "
            "server with 'tlspin connect'."),
          program, name);
    return g_strdup_printf(_("%s has a pin that %s does not know: only the SHA-256 of the server's "
                             "own key."),
                           name, program);
  case OPTION_MASKED:
    return g_strdup_printf(_("The pins of %s don't count: pinning is off there, or another entry "
                             "decides."),
                           name);
  case OPTION_REPORTED:
    return g_strdup_printf(_("What differs from the pins of %s is only reported; %s would refuse "
                             "it."),
                           name, program);
  case OPTION_DTLS:
    return g_strdup_printf(_("The pins of %s are for DTLS, and %s speaks TLS."), name, program);
  case OPTION_EXPIRED:
    return g_strdup_printf(_("The pins of %s have expired."), name);
  default:
    return g_strdup_printf(_("The pins of %s have no key in common, and each of them must be met."),
                           name);
  }
}

/* What was left out beside what is written is told only where that could surprise. */
static void tell(const struct options *options, const struct option_target *target,
                 const char *name, bool written, reading_told told, void *data)
{
  unsigned reasons = target->reasons;

  if (written || target->items->len > 0) /* what else there is doesn't decide */
    reasons &= OPTION_BLOCKED | OPTION_UNCERTAIN | OPTION_UNFIT;
  if (!written && (reasons & ~(unsigned)OPTION_UNCERTAIN) == 0)
    reasons |= OPTION_CONFLICT;
  for (unsigned bit = 1; bit <= OPTION_CONFLICT; bit <<= 1)
    if ((reasons & bit) != 0) {
      g_autofree char *text = reason_text(target, name, (enum option_reason)bit, options);

      told(0, written ? REMARK_NOTE : REMARK_SKIPPED, text, data);
    }
}

static void end_target(const struct options *options, struct option_target *target, GString *text,
                       reading_told told, void *data)
{
  g_autoptr(GArray) items = options_choose(target);
  char name[PLACE_TEXT_SIZE];

  place_text(&target->place, name);
  tell(options, target, name, items->len > 0, told, data);
  if (items->len == 0)
    return;
  g_string_append_printf(text, "# %s\n", name);
  programs[options->program].write(items, text);
}

char *options_end(struct options *options, reading_told told, void *data)
{
  GString *text = g_string_new(NULL);

  for (guint i = 0; i < options->targets->len; i++)
    end_target(options, options->targets->pdata[i], text, told, data);
  options_free(options);
  return g_string_free(text, FALSE);
}
