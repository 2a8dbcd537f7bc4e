/* How much may be stored: see quota.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/quota.h"

#include "common/text.h"

enum { SECOND = 1000000, MINUTE = 60 * SECOND };

#define MEBI ((uint64_t)1 << 20)

/* A bucket holds `burst` at most, and gains `rate` a minute. */
struct measure {
  uint64_t burst, rate;
};

struct allowance {
  struct measure stores, octets;
};

/* A browser in a sandbox that opens a thousand connections at once has each checked, noted and
 * stored: 3,000 calls, of a chain of some kilooctets each. An ordinary program could write to the
 * store's file as well; its figures only stop one that has run wild, and are far above an import of
 * a million records (1,000 calls, 500 MB). */
static const struct allowance confined = {{6000, 1200}, {64 * MEBI, 16 * MEBI}};
static const struct allowance plain = {{240000, 240000}, {2048 * MEBI, 2048 * MEBI}};

/* What is taken, instead of what is left: a new account is a zeroed one. */
struct account {
  struct quota_cost taken;
  int64_t since; /* when it was brought up to date */
  bool plain;
};

struct quota {
  GHashTable *accounts; /* pid -> struct account */
};

struct quota *quota_new(void)
{
  struct quota *quota = g_new0(struct quota, 1);

  quota->accounts = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
  return quota;
}

void quota_free(struct quota *quota)
{
  g_hash_table_unref(quota->accounts);
  g_free(quota);
}

guint quota_count(const struct quota *quota)
{
  return g_hash_table_size(quota->accounts);
}

static const struct allowance *allowance_of(const struct account *account)
{
  return account->plain ? &plain : &confined;
}

/* What flows back in a time, which is bounded so that nothing overflows. */
static uint64_t refill(uint64_t rate, int64_t elapsed)
{
  return (uint64_t)MIN(elapsed, 10 * (int64_t)MINUTE) * (rate / 60) / SECOND;
}

static void bring_up(struct account *account, int64_t now)
{
  const struct allowance *allowance = allowance_of(account);
  int64_t elapsed = now - account->since;
  uint64_t stores = refill(allowance->stores.rate, elapsed);
  uint64_t octets = refill(allowance->octets.rate, elapsed);

  if (elapsed < SECOND / 10) /* so that little by little is not nothing */
    return;
  account->taken.stores -= MIN(stores, account->taken.stores);
  account->taken.octets -= MIN(octets, account->taken.octets);
  account->since = now;
}

static gboolean is_full(gpointer key, gpointer value, gpointer now)
{
  struct account *account = value;

  (void)key;
  bring_up(account, *(const int64_t *)now);
  return account->taken.stores == 0 && account->taken.octets == 0;
}

/* Where there are too many, whose buckets are full are forgotten; the rest share one. */
static struct account *find_account(struct quota *quota, pid_t process, bool is_plain, int64_t now)
{
  struct account *account = g_hash_table_lookup(quota->accounts, GINT_TO_POINTER(process));

  if (account == NULL && quota_count(quota) >= QUOTA_ACCOUNTS)
    g_hash_table_foreach_remove(quota->accounts, is_full, &now);
  if (account == NULL && process != 0 && quota_count(quota) >= QUOTA_ACCOUNTS)
    return find_account(quota, 0, false, now);
  if (account == NULL) {
    account = g_new0(struct account, 1);
    account->since = now;
    g_hash_table_insert(quota->accounts, GINT_TO_POINTER(process), account);
  }
  account->plain = is_plain && process != 0;
  return account;
}

static unsigned seconds_until(uint64_t missing, uint64_t rate)
{
  return (unsigned)MIN(missing * 60 / rate + 1, 3600);
}

static enum tlspin_code refuse_stores(const struct measure *measure, uint64_t wanted,
                                      GString *problem)
{
  g_string_printf(problem,
                  _("The program has had too much stored: %u calls at once and %u a minute are "
                    "allowed. Try again in %u seconds."),
                  (unsigned)measure->burst, (unsigned)measure->rate,
                  seconds_until(wanted, measure->rate));
  return TLSPIN_E_LIMIT;
}

static enum tlspin_code refuse_octets(const struct measure *measure, uint64_t wanted,
                                      GString *problem)
{
  g_string_printf(problem,
                  _("The program has had too much stored: %u MiB at once and %u MiB a minute are "
                    "allowed. Try again in %u seconds."),
                  (unsigned)(measure->burst / MEBI), (unsigned)(measure->rate / MEBI),
                  seconds_until(wanted, measure->rate));
  return TLSPIN_E_LIMIT;
}

enum tlspin_code quota_take(struct quota *quota, pid_t process, enum caller_kind kind,
                            const struct quota_cost *cost, int64_t now, GString *problem)
{
  struct account *account = find_account(quota, process, kind == CALLER_PLAIN, now);
  const struct allowance *allowance = allowance_of(account);
  struct quota_cost after;

  bring_up(account, now);
  after = (struct quota_cost){account->taken.stores + cost->stores,
                              account->taken.octets + cost->octets};
  if (after.stores > allowance->stores.burst)
    return refuse_stores(&allowance->stores, after.stores - allowance->stores.burst, problem);
  if (after.octets > allowance->octets.burst)
    return refuse_octets(&allowance->octets, after.octets - allowance->octets.burst, problem);
  account->taken = after;
  return TLSPIN_OK;
}
