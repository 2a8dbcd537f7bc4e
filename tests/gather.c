/* What a reader makes of a file: see gather.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

struct gather gathered;

static void append_errors(GString *text, unsigned errors)
{
  for (unsigned bit = 0; bit < PKI_ERRORS; bit++)
    if ((errors & 1U << bit) != 0) {
      g_string_append_c(text, (errors & ((1U << bit) - 1)) != 0 ? ',' : ' ');
      g_string_append(text, pki_error_token((enum pki_error)(1U << bit)));
    }
}

static void on_record(const struct keypin *pin, size_t line, void *data)
{
  struct gather *gather = data;
  char place[PLACE_TEXT_SIZE], key[KEYPIN_KEY_TEXT_SIZE];

  assert_true(keypin_is_valid(pin));
  assert_true(keypin_key_text(pin, key));
  place_text(&pin->place, place);
  g_string_append_printf(gather->records, "%zu %s %s %s %s %s %s", line,
                         keypin_kind_token(pin->kind), place, keypin_status_token(pin->status),
                         keypin_origin_token(pin->origin), keypin_level_token(pin->level), key);
  append_errors(gather->records, pin->errors);
  if (pin->enforce_until != KEYPIN_FOREVER)
    g_string_append_printf(gather->records, " until %" G_GINT64_FORMAT, pin->enforce_until);
  if (pin->note[0] != '\0')
    g_string_append_printf(gather->records, " (%s)", pin->note);
  g_string_append_c(gather->records, '\n');
  gather->record_count++;
}

/* Control characters of the file would come out here. */
static void on_remark(size_t line, enum remark remark, const char *text, void *data)
{
  static const char *const words[] = {"note", "skipped", "refused"};
  struct gather *gather = data;

  assert_true(g_utf8_validate(text, -1, NULL));
  for (const char *next = text; *next != '\0'; next = g_utf8_next_char(next))
    assert_false(g_unichar_iscntrl(g_utf8_get_char(next)));
  g_string_append_printf(gather->remarks, "%zu %s %s\n", line, words[remark], text);
  gather->counts[remark]++;
}

void gather_init(struct gather *gather)
{
  *gather = (struct gather){
      .reading = {.now = GATHER_NOW,
                  .exceptions_end = GATHER_EXCEPTIONS_END,
                  .record = on_record,
                  .remark = on_remark,
                  .data = gather},
      .records = g_string_new(NULL),
      .remarks = g_string_new(NULL),
  };
}

void gather_octets(struct gather *gather, const char *name, struct span octets)
{
  const struct format *format = format_of_name(name);

  assert_non_null(format);
  gather->fine = format_read(format, &gather->reading, octets);
}

void gather_text(struct gather *gather, const char *format, const char *text)
{
  gather_octets(gather, format, (struct span){(const uint8_t *)text, strlen(text)});
}

char *gather_load(const char *name, size_t *size)
{
  g_autofree char *path = g_strconcat(TEST_DATA "/import/", name, NULL);
  char *octets = NULL;
  gsize read = 0;

  if (!g_file_get_contents(path, &octets, &read, NULL))
    fail_msg("%s can't be read", path);
  *size = read;
  return octets;
}

void gather_file(struct gather *gather, const char *format, const char *name)
{
  size_t size;
  g_autofree char *octets = gather_load(name, &size);

  gather_octets(gather, format, (struct span){(const uint8_t *)octets, size});
}

void gather_clear(struct gather *gather)
{
  g_string_free(gather->records, TRUE);
  g_string_free(gather->remarks, TRUE);
}

static void assert_line(const GString *text, const char *begins)
{
  g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);

  for (size_t i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix(lines[i], begins))
      return;
  fail_msg("no line begins with '%s' in:\n%s", begins, text->str);
}

void assert_record(const struct gather *gather, const char *begins)
{
  assert_line(gather->records, begins);
}

void assert_remark(const struct gather *gather, const char *begins)
{
  assert_line(gather->remarks, begins);
}

int gather_setup(void **state)
{
  (void)state;
  gather_init(&gathered);
  return 0;
}

int gather_teardown(void **state)
{
  (void)state;
  gather_clear(&gathered);
  return 0;
}

void assert_refused(const char *format, const char *text, const char *begins)
{
  struct gather one;

  gather_init(&one);
  gather_text(&one, format, text);
  assert_false(one.fine);
  assert_string_equal(one.records->str, "");
  assert_remark(&one, begins);
  gather_clear(&one);
}
