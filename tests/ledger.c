/* Records in the stores of tests/strata.h: see ledger.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

static struct keypin make(const struct place *place, enum keypin_status status,
                          enum keypin_origin origin, uint8_t mark)
{
  enum keypin_kind kind = status == KEYPIN_EXCEPTED   ? KEYPIN_EXCEPTION
                          : status <= KEYPIN_REJECTED ? KEYPIN_PIN
                                                      : KEYPIN_MODE;
  struct keypin pin = keypin_new(place, kind, status, origin);

  if (kind != KEYPIN_MODE)
    memset(pin.digest, mark, matching_size(pin.matching));
  if (kind == KEYPIN_EXCEPTION)
    pin.errors = PKI_UNKNOWN_ISSUER;
  pin.first_seen = STRATA_NOW - 1000;
  return pin;
}

struct keypin ledger_pin(const char *text, enum keypin_status status, enum keypin_origin origin,
                         uint8_t mark)
{
  struct place place;

  assert_int_equal(place_read(text, &place), HOST_FINE);
  return make(&place, status, origin, mark);
}

struct keypin ledger_pin_of(const char *host, enum keypin_status status, enum keypin_origin origin,
                            uint8_t mark)
{
  struct peer peer = strata_peer(host);
  struct place place = place_of_peer(&peer);

  return make(&place, status, origin, mark);
}

void ledger_put(const struct strata *strata, const struct keypin *pins, size_t count)
{
  struct store_change change;
  struct store_edit *edit;
  struct store *store = NULL;
  char *problem = NULL;

  if (store_open(strata->user, STORE_USER, geteuid(), &store, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  assert_int_equal(store_edit_begin(store, STORE_LEARNED, 0, STRATA_NOW, &edit), TLSPIN_OK);
  for (size_t i = 0; i < count; i++)
    assert_int_equal(store_edit_put(edit, &pins[i]), TLSPIN_OK);
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  store_close(store);
}

void ledger_layer(const char *folder, const char *name, const struct keypin *pins, size_t count)
{
  struct layer_contents contents = {.pin_count = count, .pins = pins};
  char *problem = NULL;

  if (store_write_layer(strata_path(folder, name), &contents, &problem) != TLSPIN_OK)
    fail_msg("%s: %s", name, problem);
}
