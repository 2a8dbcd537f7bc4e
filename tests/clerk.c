/* A client that writes to the store, and knows what of it was acknowledged: see clerk.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/clerk-private.h"

#include "tests/stores.h"

#include <unistd.h>

enum {
  PATIENCE = 600,   /* tries, 100 ms apart, until an answer comes */
  SETTLING = 500000 /* microseconds in which a daemon that runs goes on with what is half done */
};

static int take_sight(struct clerk *clerk, unsigned account, struct clerk_sight *sight)
{
  *sight = (struct clerk_sight){.clerk = clerk, .account = account};
  return clerk_kind_of(account) == CLERK_TICKET ? clerk_read_ticket(sight)
                                                : clerk_read_records(sight);
}

/* An import that was finished is brought to its end by the next daemon: until then there may be
 * something of both versions, or still the old one. */
static bool is_settled(struct clerk *clerk, unsigned account, struct clerk_sight *sight)
{
  if (!clerk->accounts[account].unsure || clerk_kind_of(account) != CLERK_IMPORT)
    return true;
  if (sight->uneven)
    return false;
  if (sight->version == clerk->accounts[account].pending)
    return true;
  usleep(SETTLING);
  return take_sight(clerk, account, sight) == TLSPIN_OK && !sight->uneven;
}

/* The answer, once there is one. */
static bool await_sight(struct clerk *clerk, unsigned account, struct clerk_sight *sight)
{
  int code = TLSPIN_OK;

  for (int i = 0; i < PATIENCE && !clerk->wrong; i++) {
    code = take_sight(clerk, account, sight);
    if (code == TLSPIN_OK && is_settled(clerk, account, sight))
      return true;
    if (code != TLSPIN_OK && code != TLSPIN_UNAVAILABLE && code != TLSPIN_E_BUSY)
      break;
    usleep(100000);
  }
  if (!clerk->wrong)
    clerk_complain(clerk, account, "no answer: %d%s %s", code, sight->uneven ? ", uneven" : "",
                   tlspin_last_message());
  return false;
}

/* Looks at an account and compares. */
static bool verify(struct clerk *clerk, unsigned account, struct clerk_sight *sight)
{
  struct clerk_account *known = &clerk->accounts[account];

  if (!await_sight(clerk, account, sight) || clerk->wrong)
    return false;
  if (sight->uneven)
    clerk_complain(clerk, account, "%u records of version %u, and not all", sight->count,
                   sight->version);
  if (known->unsure && sight->version == known->pending) {
    known->version = known->pending;
    clerk->board->found++;
  }
  if (sight->version != known->version)
    clerk_complain(clerk, account, "version %u is there, and %u was acknowledged", sight->version,
                   known->version);
  if (known->expires != 0 && sight->version != 0 && sight->expires != known->expires)
    clerk_complain(clerk, account, "another time of expiry");
  known->unsure = false;
  return !clerk->wrong;
}

static enum clerk_outcome clear(struct clerk *clerk, unsigned account)
{
  char host[64];
  struct tlspin_filter filter = clerk_filter(clerk, account, host);
  int code = tlspin_clear(clerk->context, &filter, NULL);

  if (code == TLSPIN_E_NOT_FOUND) /* asked a second time */
    return CLERK_UNSURE;
  return clerk_outcome(clerk, account, code, "clear");
}

static enum clerk_outcome change(struct clerk *clerk, unsigned account, uint32_t version,
                                 const struct clerk_sight *before)
{
  if (version == 0)
    return clear(clerk, account);
  switch (clerk_kind_of(account)) {
  case CLERK_TICKET:
    return clerk_write_ticket(clerk, account, version, before, &clerk->accounts[account].expires);
  case CLERK_LEARN:
    return clerk_write_learned(clerk, account, version);
  case CLERK_IMPORT:
    return clerk_write_import(clerk, account, version);
  default:
    return clerk_write_record(clerk, account, version);
  }
}

/* Now and then an account is cleared; a learned key always is, before the next one. */
static uint32_t next_version(struct clerk *clerk, unsigned account, uint32_t highest)
{
  uint32_t version = clerk->accounts[account].version;
  bool learns = clerk_kind_of(account) == CLERK_LEARN;
  bool clears = version != 0 && (learns || stores_random(&clerk->seed) % 8 == 0);

  if (clears)
    return 0;
  return learns ? 1 + stores_random(&clerk->seed) % CLERK_CHAINS : highest;
}

bool clerk_work(struct clerk *clerk)
{
  unsigned chosen = stores_random(&clerk->seed) % (CLERK_ACCOUNTS * 2);
  unsigned account = chosen < CLERK_ACCOUNTS ? chosen : chosen % (CLERK_ACCOUNTS - 1);
  struct clerk_account *known = &clerk->accounts[account];
  struct clerk_sight before;
  uint32_t version;
  enum clerk_outcome outcome;

  clerk->step++;
  if (!verify(clerk, account, &before))
    return false;
  version = next_version(clerk, account, (uint32_t)clerk->step);
  outcome = change(clerk, account, version, &before);
  if (outcome == CLERK_DONE) {
    known->version = version;
    clerk->board->acknowledged[version == 0 ? CLERK_CLEAR : clerk_kind_of(account)]++;
  } else if (outcome == CLERK_UNSURE) {
    known->unsure = true;
    known->pending = version;
    clerk->board->unsure++;
  } else {
    clerk->board->refused++;
  }
  return !clerk->wrong;
}

bool clerk_audit(struct clerk *clerk, bool end)
{
  struct clerk_sight sight;

  for (unsigned i = 0; i < CLERK_ACCOUNTS; i++) {
    if (!verify(clerk, i, &sight))
      return false;
    if (end)
      clerk->board->entries += clerk_kind_of(i) == CLERK_TICKET ? sight.version > 0 : sight.count;
  }
  return true;
}

uint64_t clerk_acknowledged(const struct clerk_board *board)
{
  uint64_t sum = 0;

  for (int i = 0; i < CLERK_KINDS; i++)
    sum += board->acknowledged[i];
  return sum;
}

bool clerk_open(struct clerk *clerk, struct clerk_board *board, const char *address,
                const struct path *chains, unsigned number, uint32_t seed)
{
  *clerk = (struct clerk){.board = board, .chains = chains, .number = number};
  clerk->seed = seed + number * 7919u + 1;
  if (tlspin_new(&clerk->context, address) != TLSPIN_OK)
    return false;
  tlspin_set_budget(clerk->context, 20000, 20000); /* the store is tried here, not the budget */
  return true;
}

void clerk_close(struct clerk *clerk)
{
  tlspin_free(clerk->context);
}
