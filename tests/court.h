/* Cases for the verdict: entries that are written down shortly, and what a server showed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   court_add(0, "example.org", KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);
 *   assert_int_equal(court_judge(), TLSPIN_MATCH);
 *
 * There is one court. The peer is a.www.example.org, port 443 with TLS; the whole path is shown,
 * and the PKI says yes.
 */
#ifndef COURT_H
#define COURT_H

#include "pinning/verdict.h"
#include "tests/path.h"

enum {
  COURT_MAX = 512,
  COURT_OTHER = PATH_SIZE, /* a key that is not of the path */
  COURT_NOW = 1700000000
};

struct court {
  struct path path;
  struct peer peer;
  struct chain chain;
  struct keypin pins[COURT_MAX];
  struct verdict_entry entries[COURT_MAX];
  struct verdict_input in;
  struct verdict out;
  enum verdict_role roles[COURT_MAX];
};

extern struct court court;

/* Fixtures of CMocka: the path is made once, and each case begins without entries. */
int court_set_up(void **state);
int court_tear_down(void **state);
int court_open(void **state);
#define COURT_TEST(name) cmocka_unit_test_setup(name, court_open)

/* Adds an entry; place: as place_read takes it; key: of the path, or COURT_OTHER. The kind is that
 * of the status, and the level that of the key: leaf, issuer or anchor. An exception excuses
 * "expired". origin: with COURT_LOCKED it is a locked one. */
enum { COURT_LOCKED = 1 << 8 };
struct keypin *court_add(unsigned layer, const char *place, enum keypin_status status, int origin,
                         size_t key);

/* Judges and explains; the answer. */
enum tlspin_code court_judge(void);

#endif
