/* Clears, and what is logged: see logged.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/logged.h"

#include "daemon/owed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

void logged_with(struct store *store, const char *host, const char *layer, const char *report,
                 int64_t now)
{
  struct event_row event = {.kind = "mismatch",
                            .peer = {.protocol = PROTOCOL_TLS, .port = 443},
                            .reason = "proof-wrong",
                            .layer = layer,
                            .key = "",
                            .report = report,
                            .program = ""};
  uint64_t id;

  g_strlcpy(event.peer.host, host, sizeof event.peer.host);
  assert_int_equal(store_log(store, &event, now, &id), TLSPIN_OK);
}

void logged_of(struct store *store, const char *host, const char *layer, int64_t now)
{
  logged_with(store, host, layer, "", now);
}

void logged_at(struct store *store, const char *host, int64_t now)
{
  logged_of(store, host, "user", now);
}

static struct store_filter filter_of(const char *host)
{
  struct store_filter filter = STORE_FILTER_ANY;

  filter.host = host;
  return filter;
}

void logged_clear(struct store *store, const char *host, int64_t now)
{
  struct store_filter filter = filter_of(host);
  struct store_change change;

  assert_int_equal(store_clear(store, &filter, now, &change), TLSPIN_OK);
}

bool logged_owed(struct store *store)
{
  bool owed;

  assert_int_equal(owed_look(store, OWED_ASIDES, &owed), TLSPIN_OK);
  return owed;
}
