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

#include "common/text.h"
#include "pinning/base64.h"

#include <string.h>

enum { SHA256_SIZE = 32 };

/* A digest of a server's key or certificate. */
struct item {
  uint8_t digest[SHA256_SIZE];
  int64_t seen; /* when last */
};

/* What is known of a place. */
struct target {
  struct place place;
  GArray *items; /* struct item */
  bool unfit;    /* there is a key, but not in a form that the program knows */
};

struct options {
  enum options_program program;
  int64_t now;
  GPtrArray *targets; /* in the order in which they came */
  GHashTable *by_name;
};

static void append_base64(const GArray *items, const char *prefix, const char *separator,
                          GString *text)
{
  char base64[BASE64_TEXT + 1];

  for (guint i = 0; i < items->len; i++) {
    base64_write(g_array_index(items, struct item, i).digest, base64);
    g_string_append_printf(text, "%s%s%s", i > 0 ? separator : "", prefix, base64);
  }
}

static void append_hex(const struct item *item, const char *separator, GString *text)
{
  for (size_t i = 0; i < SHA256_SIZE; i++)
    g_string_append_printf(text, "%s%02x", i > 0 ? separator : "", item->digest[i]);
}

static void write_curl(const struct target *target, GString *text)
{
  g_string_append(text, "--pinnedpubkey '");
  append_base64(target->items, "sha256//", ";", text);
  g_string_append(text, "'\n");
}

static void write_openconnect(const struct target *target, GString *text)
{
  append_base64(target->items, "--servercert pin-sha256:", "\n", text);
  g_string_append_c(text, '\n');
}

static void write_msmtp(const struct target *target, GString *text)
{
  const struct item *newest = &g_array_index(target->items, struct item, 0);

  for (guint i = 1; i < target->items->len; i++)
    if (g_array_index(target->items, struct item, i).seen > newest->seen)
      newest = &g_array_index(target->items, struct item, i);
  g_string_append(text, "tls_fingerprint ");
  append_hex(newest, ":", text);
  g_string_append_c(text, '\n');
}

static void write_weechat(const struct target *target, GString *text)
{
  g_string_append(text, "/set irc.server.SERVER.tls_fingerprint \"");
  for (guint i = 0; i < target->items->len; i++) {
    g_string_append(text, i > 0 ? "," : "");
    append_hex(&g_array_index(target->items, struct item, i), "", text);
  }
  g_string_append(text, "\"\n");
}

static const struct {
  const char *name;
  bool certificates;
  void (*write)(const struct target *target, GString *text);
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

static void target_free(void *data)
{
  struct target *target = data;

  g_array_unref(target->items);
  g_free(target);
}

struct options *options_new(enum options_program program, int64_t now)
{
  struct options *options = g_new0(struct options, 1);

  options->program = program;
  options->now = now;
  options->targets = g_ptr_array_new_with_free_func(target_free);
  options->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return options;
}

static struct target *target_of(struct options *options, const struct place *place)
{
  char name[PLACE_TEXT_SIZE];
  struct target *target;

  place_text(place, name);
  target = g_hash_table_lookup(options->by_name, name);
  if (target != NULL)
    return target;
  target = g_new0(struct target, 1);
  target->place = *place;
  target->items = g_array_new(FALSE, FALSE, sizeof(struct item));
  g_ptr_array_add(options->targets, target);
  g_hash_table_insert(options->by_name, g_strdup(name), target);
  return target;
}

/* A pin of a key at any level may be one of the server's own; one that isn't matches nothing. */
static bool is_own(const struct keypin *pin)
{
  return pin->level == KEYPIN_LEAF || pin->level == KEYPIN_ANY;
}

/* Of a key that was learned, the certificate that came with it is known too. */
static bool find_certificate(const struct keypin *pin, uint8_t digest[SHA256_SIZE])
{
  struct chain_seen seen;

  if (pin->selector == SELECTOR_CERTIFICATE && pin->matching == MATCHING_SHA256) {
    memcpy(digest, pin->digest, SHA256_SIZE);
    return true;
  }
  if (pin->level != KEYPIN_LEAF || !chain_seen_decode(pin->seen, &seen) || seen.count == 0 ||
      seen.raw)
    return false;
  memcpy(digest, seen.at[0].certificate, SHA256_SIZE);
  return true;
}

static bool find_key(const struct keypin *pin, uint8_t digest[SHA256_SIZE])
{
  memcpy(digest, pin->digest, SHA256_SIZE);
  return pin->selector == SELECTOR_SPKI && pin->matching == MATCHING_SHA256;
}

static bool is_there(const GArray *items, const uint8_t digest[SHA256_SIZE])
{
  for (guint i = 0; i < items->len; i++)
    if (memcmp(g_array_index(items, struct item, i).digest, digest, SHA256_SIZE) == 0)
      return true;
  return false;
}

void options_put(struct options *options, const struct keypin *pin)
{
  struct item item = {.seen = MAX(pin->last_seen, pin->first_seen)};
  struct target *target;
  bool fits;

  if (pin->kind != KEYPIN_PIN || (pin->status != KEYPIN_ACTIVE && pin->status != KEYPIN_CRITICAL) ||
      keypin_force(pin, options->now) == KEYPIN_EXPIRED)
    return;
  target = target_of(options, &pin->place);
  fits = is_own(pin) && pin->place.scope == SCOPE_EXACT &&
         (programs[options->program].certificates ? find_certificate(pin, item.digest)
                                                  : find_key(pin, item.digest));
  if (!fits)
    target->unfit = true;
  else if (!is_there(target->items, item.digest))
    g_array_append_val(target->items, item);
}

static void tell(const struct options *options, const struct target *target, const char *name,
                 reading_told told, void *data)
{
  g_autofree char *text = NULL;

  if (target->place.scope != SCOPE_EXACT)
    text = g_strdup_printf(_("%s stands for several servers; %s is told of one at a time."), name,
                           programs[options->program].name);
  else if (programs[options->program].certificates)
    text =
        g_strdup_printf(_("%s wants a certificate, and of %s only the key is known. Meet it with "
                          "a program that uses tlspin, or with 'tlspin connect'."),
                        programs[options->program].name, name);
  else
    text = g_strdup_printf(_("%s has a pin that %s does not know: only the SHA-256 of the server's "
                             "own key."),
                           name, programs[options->program].name);
  told(0, target->items->len > 0 ? REMARK_NOTE : REMARK_SKIPPED, text, data);
}

static void end_target(const struct options *options, const struct target *target, GString *text,
                       reading_told told, void *data)
{
  char name[PLACE_TEXT_SIZE];

  place_text(&target->place, name);
  if (target->unfit)
    tell(options, target, name, told, data);
  if (target->items->len == 0)
    return;
  g_string_append_printf(text, "# %s\n", name);
  programs[options->program].write(target, text);
}

char *options_end(struct options *options, reading_told told, void *data)
{
  GString *text = g_string_new(NULL);

  for (guint i = 0; i < options->targets->len; i++)
    end_target(options, options->targets->pdata[i], text, told, data);
  g_hash_table_unref(options->by_name);
  g_ptr_array_unref(options->targets);
  g_free(options);
  return g_string_free(text, FALSE);
}
