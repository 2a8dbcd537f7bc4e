/* What a policy lists, as lines of text: see listing.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/listing.h"

#include "tests/strata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { NOW = STRATA_NOW };

static void append_record(const struct policy_entry *entry, GString *text)
{
  char place[PLACE_TEXT_SIZE];

  place_text(&entry->pin->place, place);
  g_string_append_printf(text, "%s %s %s %02x %s", entry->layer->name, place,
                         keypin_status_token(entry->pin->status), entry->pin->digest[0],
                         entry->state);
}

void listing_append(const struct policy_entry *entry, void *data)
{
  assert_true((entry->row == NULL) != (entry->pin == NULL));
  if (entry->pin != NULL) {
    append_record(entry, data);
    if (entry->role != NULL)
      g_string_append_printf(data, " %s", entry->role);
    g_string_append_c(data, '\n');
    return;
  }
  g_string_append_printf(data, "%s %s/%u %s", entry->layer->name, entry->row->peer.host,
                         entry->row->peer.port, entry->state);
  if (entry->failure != NULL)
    g_string_append_printf(data, " %u*%s", entry->failure->count, entry->failure->reason);
  if (entry->role != NULL)
    g_string_append_printf(data, " %s", entry->role);
  g_string_append_c(data, '\n');
}

static void read_page(struct policy *policy, const struct store_filter *filter,
                      struct policy_cursor *cursor, uint32_t limit, GString *text)
{
  char *problem = NULL;

  assert_int_equal(policy_list(policy, filter, NOW, cursor, limit, listing_append, text, &problem),
                   TLSPIN_OK);
  assert_null(problem);
}

void listing_page(struct policy *policy, struct policy_cursor *cursor, uint32_t limit,
                  GString *text)
{
  struct store_filter any = STORE_FILTER_ANY;

  read_page(policy, &any, cursor, limit, text);
}

char *listing_pages(struct policy *policy, const struct store_filter *filter, uint32_t limit,
                    unsigned *pages)
{
  struct policy_cursor cursor = {.layer = ""};
  GString *text = g_string_new(NULL);

  *pages = 0;
  do {
    read_page(policy, filter, &cursor, limit, text);
    (*pages)++;
    assert_true(*pages < 100);
  } while (cursor.layer[0] != '\0');
  return g_string_free(text, FALSE);
}

void listing_expect(struct policy *policy, const struct store_filter *filter, const char *expected)
{
  for (uint32_t limit = 1; limit <= 9; limit++) {
    unsigned pages;
    g_autofree char *text = listing_pages(policy, filter, limit, &pages);

    assert_string_equal(text, expected);
  }
}

enum tlspin_code listing_get(struct policy *policy, const char *host, GString *text, char **problem)
{
  struct peer peer = strata_peer(host);

  g_string_truncate(text, 0);
  *problem = NULL;
  return policy_get(policy, &peer, NOW, listing_append, text, problem);
}
