/* Files of other programs, with what is written of what was read.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first line names a format; where it names none, the format is found out. */
#include "config.h"

#include "fuzz/fuzz.h"

#include "common/utf8.h"
#include "formats/dump.h"
#include "formats/lines.h"
#include "formats/options.h"
#include "formats/pem.h"
#include "formats/policy-text.h"
#include "fuzz/scratch.h"
#include "policy/lint.h"

#include <glib.h>
#include <string.h>

enum { NOW = 1796000000, EXCEPTIONS_END = NOW + 366 * 86400 };

/* What a reader gave; remarks only count. */
struct yield {
  GArray *pins; /* struct keypin, owned */
  size_t refused, others;
};

static void clear_pin(void *pin)
{
  keypin_clear(pin);
}

static void on_record(const struct keypin *pin, size_t line, void *data)
{
  struct keypin own = *pin;

  (void)line;
  require(keypin_is_valid(pin) && !pin->locked);
  require(pin->kind != KEYPIN_EXCEPTION || pin->report_until <= EXCEPTIONS_END);
  require(keypin_own(&own));
  g_array_append_val(((struct yield *)data)->pins, own);
}

static void on_remark(size_t line, enum remark remark, const char *text, void *data)
{
  struct yield *yield = data;

  (void)line;
  require(text[0] != '\0');
  require(utf8_is_text((struct span){(const uint8_t *)text, strlen(text)}));
  *(remark == REMARK_REFUSED ? &yield->refused : &yield->others) += 1;
}

static void on_other_remark(size_t line, enum remark remark, const char *text, void *data)
{
  (void)line;
  (void)data;
  require(remark <= REMARK_REFUSED);
  require(utf8_is_text((struct span){(const uint8_t *)text, strlen(text)}));
}

static bool read_all(const struct format *format, struct span octets, struct yield *yield)
{
  static const struct place place = {
      .host = "mail.example.org", .protocol = PLACE_ANY_PROTOCOL, .port = 993};
  const struct reading reading = {.now = NOW,
                                  .exceptions_end = EXCEPTIONS_END,
                                  .places = &place,
                                  .place_count = 1,
                                  .record = on_record,
                                  .remark = on_remark,
                                  .data = yield};
  bool fine = format_read(format, &reading, octets);

  require(fine ? yield->refused == 0 : yield->refused == 1);
  return fine;
}

static struct yield yield_new(void)
{
  struct yield yield = {.pins = g_array_new(FALSE, FALSE, sizeof(struct keypin))};

  g_array_set_clear_func(yield.pins, clear_pin);
  return yield;
}

static const struct keypin *at(const struct yield *yield, size_t i)
{
  return &g_array_index(yield->pins, struct keypin, i);
}

static void append(const char *line, void *data)
{
  g_string_append(data, line);
}

static char *dump_text(const struct yield *yield)
{
  GString *text = g_string_new(NULL);
  struct dump *dump = dump_begin(append, text);

  for (size_t i = 0; i < yield->pins->len; i++)
    dump_put(dump, at(yield, i));
  dump_end(dump, true);
  return g_string_free(text, FALSE);
}

/* A dump of what a user may store holds the same records, in the same words. */
static void try_dump(const struct yield *yield)
{
  g_autofree char *text = dump_text(yield), *again_text = NULL;
  struct yield again = yield_new();

  require(
      read_all(format_of_name("dump"), (struct span){(const uint8_t *)text, strlen(text)}, &again));
  require(again.pins->len == yield->pins->len && again.others == 0);
  for (size_t i = 0; i < yield->pins->len; i++)
    require(keypin_compare_key(at(yield, i), at(&again, i)) == 0);
  again_text = dump_text(&again);
  require(strcmp(text, again_text) == 0);
  g_array_unref(again.pins);
}

/* As policy text it is without an error. */
static void try_policy(const struct yield *yield)
{
  const struct lint_options options = {.trust = TRUST_SYSTEM, .now = NOW};
  struct policy_text *writer = policy_text_new(NOW, 0, on_other_remark, NULL);
  g_autofree char *path = scratch_path("10-import.conf"), *text = NULL;
  char *paths[] = {path, NULL};
  struct findings findings;
  bool whole;

  for (size_t i = 0; i < yield->pins->len; i++)
    policy_text_put(writer, at(yield, i), i + 1);
  text = policy_text_end(writer, &whole);
  scratch_write(path, (struct span){(const uint8_t *)text, strlen(text)});
  findings_init(&findings, SEVERITY_ERROR);
  rules_free(lint_files(paths, &options, &findings));
  if (findings.counts[SEVERITY_ERROR] > 0)
    fprintf(stderr, "%s\n%s", finding_text(&g_array_index(findings.list, struct finding, 0)), text);
  require(findings.counts[SEVERITY_ERROR] == 0);
  findings_clear(&findings);
}

/* Lines for a shell: no character that a terminal would obey. */
static void try_options(const struct yield *yield)
{
  for (int program = 0; program < OPTIONS_PROGRAMS; program++) {
    struct options *options = options_new((enum options_program)program, NOW, NULL);
    g_autofree char *text = NULL;

    for (size_t i = 0; i < yield->pins->len; i++)
      options_block(options, at(yield, i));
    for (size_t i = 0; i < yield->pins->len; i++)
      options_put(options, at(yield, i), "user", false);
    text = options_end(options, on_other_remark, NULL);
    for (const char *c = text; *c != '\0'; c++)
      require(*c == '\n' || (unsigned char)*c >= 0x20);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct span rest = {data, size}, name;
  struct yield yield = yield_new();
  g_autofree char *text = NULL;
  const struct format *format;
  bool found;

  name = span_cut(&rest, '\n', &found);
  text = fuzz_text(name);
  format = format_of_name(text);
  if (format == NULL)
    format = format_of_octets(rest);
  if (format != NULL && read_all(format, rest, &yield)) {
    if (!format->policy_only)
      try_dump(&yield);
    try_policy(&yield);
    try_options(&yield);
  }
  g_ptr_array_unref(pem_spkis(rest));
  g_array_unref(yield.pins);
  return 0;
}
