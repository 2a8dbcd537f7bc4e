/* A store with very many records, made quickly: see bulk.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/bulk.h"

#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

enum { AT_A_TIME = 50000 };

void bulk_host(uint32_t n, char host[64])
{
  snprintf(host, 64, "%08x.bulk.example", n * UINT32_C(2654435761));
}

static void put(struct store_edit *edit, uint32_t n)
{
  struct peer peer = {.protocol = PROTOCOL_TLS, .port = 443};
  struct place place;
  struct keypin pin;

  bulk_host(n, peer.host);
  place = place_of_peer(&peer);
  pin = keypin_new(&place, KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_TOFU);
  memcpy(pin.digest, &n, sizeof n);
  pin.first_seen = pin.last_seen = STORES_NOW;
  pin.count_seen = 1;
  assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
}

void bulk_fill(const char *path, uint32_t count)
{
  struct store *store = stores_open(path);
  struct store_edit *edit = NULL;
  struct store_change change;

  for (uint32_t n = 0; n < count; n++) {
    if (n % AT_A_TIME == 0)
      assert_int_equal(store_edit_begin(store, STORE_LEARNED, 0, STORES_NOW, &edit), TLSPIN_OK);
    put(edit, n);
    if (n % AT_A_TIME == AT_A_TIME - 1 || n == count - 1)
      assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  }
  store_close(store);
}
