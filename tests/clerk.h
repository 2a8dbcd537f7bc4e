/* A client that writes to the store, and knows what of it was acknowledged.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A clerk has accounts, each with hosts of its own. An account holds a version, 0 for none, from
 * which all that is stored for it follows: every octet of a ticket and its secret, the note and the
 * time of a record. A write that was acknowledged has to be found from then on; after one that was
 * not, the old version or the new, and nothing else. Every write begins with a look at what is
 * there.
 */
#ifndef CLERK_H
#define CLERK_H

#include "tests/path.h"

#include "libclient/tlspin-admin.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum clerk_kind {
  CLERK_TICKET, /* StoreTicket; read by Lookup */
  CLERK_RECORD, /* Put of one record; read by List */
  CLERK_LEARN,  /* CheckChain that learns; read by List and CheckChain */
  CLERK_IMPORT, /* Put of many records in several calls, as one operation */
  CLERK_CLEAR,  /* of any account: only counted */
  CLERK_KINDS
};

enum { CLERK_ACCOUNTS = 64, CLERK_CHAINS = 2 };

/* Shared by the processes of a test. */
struct clerk_board {
  _Atomic uint64_t acknowledged[CLERK_KINDS];
  _Atomic uint64_t unsure;  /* writes that failed and may have been done */
  _Atomic uint64_t found;   /* of these, those that were */
  _Atomic uint64_t refused; /* for the moment: busy, or a limit */
  _Atomic uint64_t entries; /* at the end: tickets and records that must be there */
  _Atomic bool stop;
};

struct clerk_account {
  uint32_t version;
  uint32_t pending; /* of a write that was not acknowledged; with unsure */
  bool unsure;
  uint64_t expires; /* of a ticket, as it was acknowledged; 0: not known */
};

struct clerk {
  struct clerk_board *board;
  tlspin_t *context;
  const struct path *chains; /* CLERK_CHAINS of them */
  unsigned number;
  uint32_t seed;
  uint64_t step; /* of the failure that is told */
  bool wrong;
  struct clerk_account accounts[CLERK_ACCOUNTS];
};

/* address: of the bus. */
bool clerk_open(struct clerk *clerk, struct clerk_board *board, const char *address,
                const struct path *chains, unsigned number, uint32_t seed);
void clerk_close(struct clerk *clerk);

/* One write to an account chosen at random, after a look at it. False once anything was wrong,
 * which has been printed. */
bool clerk_work(struct clerk *clerk);

/* Looks at all accounts. At the end: adds up what must be there. */
bool clerk_audit(struct clerk *clerk, bool end);

/* Apart from the accounts: stores a ticket for host `number` of this clerk's, which must be
 * acknowledged at once; and finds it, with every octet of it. */
bool clerk_store(struct clerk *clerk, unsigned number);
bool clerk_find(struct clerk *clerk, unsigned number);

/* All that were acknowledged. */
uint64_t clerk_acknowledged(const struct clerk_board *board);

#endif
