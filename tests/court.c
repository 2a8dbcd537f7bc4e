/* Cases for the verdict: see court.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/court.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void need(bool fine, const char *what)
{
  if (fine)
    return;
  fprintf(stderr, "court.c: %s\n", what);
  abort();
}

enum { DAY = 86400 };

struct court court;

int court_set_up(void **state)
{
  const struct pki_request server = {.purpose = PKI_SERVER,
                                     .name = "www.example.org",
                                     .not_before = COURT_NOW - 85 * DAY,
                                     .not_after = COURT_NOW + 5 * DAY};

  (void)state;
  path_make(&court.path, &server);
  return 0;
}

int court_tear_down(void **state)
{
  (void)state;
  path_free(&court.path);
  return 0;
}

int court_open(void **state)
{
  struct path path = court.path;

  (void)state;
  memset(&court, 0, sizeof court);
  court.path = path;
  court.peer = (struct peer){.host = "a.www.example.org", .protocol = PROTOCOL_TLS, .port = 443};
  path_read(&court.path, PATH_SIZE, true, &court.chain);
  court.in = (struct verdict_input){.peer = &court.peer,
                                    .entries = court.entries,
                                    .chain = &court.chain,
                                    .changes = CHANGES_DEFAULT,
                                    .now = COURT_NOW};
  return 0;
}

static enum keypin_kind kind_of(enum keypin_status status)
{
  if (status == KEYPIN_EXCEPTED)
    return KEYPIN_EXCEPTION;
  return status == KEYPIN_ON || status == KEYPIN_OFF ? KEYPIN_MODE : KEYPIN_PIN;
}

struct keypin *court_add(unsigned layer, const char *place, enum keypin_status status, int origin,
                         size_t key)
{
  static const enum keypin_level levels[] = {
      [PATH_SERVER] = KEYPIN_LEAF,
      [PATH_ISSUER] = KEYPIN_ISSUER,
      [PATH_ANCHOR] = KEYPIN_ANCHOR,
      [COURT_OTHER] = KEYPIN_LEAF,
  };
  struct keypin *pin = &court.pins[court.in.count];
  struct place where;

  need(court.in.count < COURT_MAX, "too many entries");
  need(place_read(place, &where) == HOST_FINE, place);
  *pin = keypin_new(&where, kind_of(status), status, (enum keypin_origin)(origin & ~COURT_LOCKED));
  pin->locked = (origin & COURT_LOCKED) != 0;
  if (pin->kind == KEYPIN_EXCEPTION)
    pin->errors = PKI_EXPIRED;
  if (pin->kind != KEYPIN_MODE) {
    pin->level = levels[key];
    path_pin(&court.path, key == COURT_OTHER ? 0 : key, SELECTOR_SPKI, MATCHING_SHA256, pin);
    pin->digest[31] ^= key == COURT_OTHER;
  }
  need(keypin_is_valid(pin), "not a valid entry");
  court.entries[court.in.count] = (struct verdict_entry){pin, layer};
  court.in.count++;
  return pin;
}

enum tlspin_code court_judge(void)
{
  struct verdict explained;

  verdict_judge(&court.in, &court.out);
  verdict_explain(&court.in, &explained, court.roles);
  need(explained.answer == court.out.answer && explained.rule == court.out.rule &&
           explained.decided_by == court.out.decided_by,
       "explained another verdict");
  return court.out.answer;
}
