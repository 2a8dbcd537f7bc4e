/* What a clerk's versions are, and its tickets: see clerk-private.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/clerk-private.h"

#include "tests/stores.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LIFETIME = 7 * 86400 };

__attribute__((format(printf, 3, 4))) void clerk_complain(struct clerk *clerk, unsigned account,
                                                          const char *format, ...)
{
  char text[512];
  va_list list;

  va_start(list, format);
  (void)vsnprintf(text, sizeof text, format, list);
  va_end(list);
  fprintf(stderr, "clerk %u, step %llu, account %u: %s\n", clerk->number,
          (unsigned long long)clerk->step, account, text);
  clerk->wrong = true;
}

enum clerk_kind clerk_kind_of(unsigned account)
{
  static const enum clerk_kind kinds[] = {CLERK_TICKET, CLERK_RECORD, CLERK_TICKET, CLERK_LEARN};

  if (account >= CLERK_ACCOUNTS)
    return CLERK_TICKET;
  return account == CLERK_ACCOUNTS - 1 ? CLERK_IMPORT : kinds[account % 4];
}

void clerk_name_host(const struct clerk *clerk, unsigned account, int index, char host[64])
{
  if (index < 0)
    snprintf(host, 64, "a%u.clerk%u.example", account, clerk->number);
  else
    snprintf(host, 64, "i%04d.a%u.clerk%u.example", index, account, clerk->number);
}

/* Octets that follow from the account, the version and what they are for. */
static size_t make_octets(const struct clerk *clerk, unsigned account, uint32_t version,
                          uint32_t purpose, uint8_t *octets, size_t size)
{
  uint32_t seed = 1 + version * 2654435761u + account * 40503u + clerk->number * 69069u + purpose;

  for (size_t i = 0; i < size; i++)
    octets[i] = (uint8_t)(stores_random(&seed) >> 11);
  memcpy(octets, &version, sizeof version);
  return size;
}

static size_t make_ticket(const struct clerk *clerk, unsigned account, uint32_t version,
                          uint8_t octets[512])
{
  return make_octets(clerk, account, version, 1, octets, 16 + version * 37 % 480);
}

static void make_secret(const struct clerk *clerk, unsigned account, uint32_t version,
                        uint8_t octets[32])
{
  make_octets(clerk, account, version, 2, octets, 32);
}

void clerk_make_digest(const struct clerk *clerk, unsigned account, uint32_t of, uint8_t octets[32])
{
  make_octets(clerk, account, of, 3, octets, 32);
}

/* All that an account holds. */
struct tlspin_filter clerk_filter(const struct clerk *clerk, unsigned account, char host[64])
{
  if (clerk_kind_of(account) == CLERK_IMPORT) {
    snprintf(host, 64, "i*.a%u.clerk%u.example", account, clerk->number);
    return (struct tlspin_filter){.pattern = host};
  }
  clerk_name_host(clerk, account, -1, host);
  return (struct tlspin_filter){.host = host};
}

static void read_ticket_entry(const tlspin_entry_t *entry, struct clerk_sight *sight)
{
  uint8_t ticket[512], secret[32];
  size_t size, secret_size;
  const void *octets = tlspin_entry_ticket(entry, &size);
  const void *got = tlspin_entry_secret(entry, &secret_size);

  if (octets != NULL && size >= sizeof sight->version)
    memcpy(&sight->version, octets, sizeof sight->version);
  make_secret(sight->clerk, sight->account, sight->version, secret);
  if (octets == NULL || got == NULL || secret_size != sizeof secret ||
      size != make_ticket(sight->clerk, sight->account, sight->version, ticket) ||
      memcmp(octets, ticket, size) != 0 || memcmp(got, secret, sizeof secret) != 0)
    clerk_complain(sight->clerk, sight->account, "the ticket is not one that was stored");
  sight->series = tlspin_entry_series(entry);
  sight->expires = tlspin_entry_expires(entry);
}

int clerk_read_ticket(struct clerk_sight *sight)
{
  tlspin_entry_t *entry = NULL;
  char host[64];
  int code;

  clerk_name_host(sight->clerk, sight->account, -1, host);
  code = tlspin_lookup(sight->clerk->context, host, "tls", CLERK_PORT, &entry);
  if (code == TLSPIN_MATCH)
    read_ticket_entry(entry, sight);
  tlspin_entry_free(entry);
  return code == TLSPIN_MATCH || code == TLSPIN_NO_PIN ? TLSPIN_OK : code;
}

enum clerk_outcome clerk_outcome(struct clerk *clerk, unsigned account, int code, const char *what)
{
  switch (code) {
  case TLSPIN_OK:
    return CLERK_DONE;
  case TLSPIN_UNAVAILABLE:
    return CLERK_UNSURE;
  case TLSPIN_E_BUSY:
  case TLSPIN_E_LIMIT:
    return CLERK_REFUSED;
  default:
    clerk_complain(clerk, account, "%s: %d %s", what, code, tlspin_last_message());
    return CLERK_REFUSED;
  }
}

enum clerk_outcome clerk_write_ticket(struct clerk *clerk, unsigned account, uint32_t version,
                                      const struct clerk_sight *before, uint64_t *expires)
{
  uint8_t ticket[512], secret[32];
  struct tlspin_ticket request = {.ticket = ticket,
                                  .ticket_size = make_ticket(clerk, account, version, ticket),
                                  .secret = secret,
                                  .secret_size = sizeof secret,
                                  .hash = "sha256",
                                  .lifetime = LIFETIME,
                                  .series = before->series};
  char host[64];
  int code;

  *expires = 0;
  make_secret(clerk, account, version, secret);
  clerk_name_host(clerk, account, -1, host);
  code = tlspin_store(clerk->context, host, "tls", CLERK_PORT, &request, expires);
  /* Sent again after the daemon ended: the first one had been carried out, which made a new series
   * of it. */
  if (code == TLSPIN_OK && *expires == 0)
    return CLERK_UNSURE;
  return clerk_outcome(clerk, account, code, "store");
}

/* Accounts beyond the others, which hold one version for ever. */
bool clerk_store(struct clerk *clerk, unsigned number)
{
  const struct clerk_sight none = {.clerk = clerk};
  uint64_t expires;

  if (clerk_write_ticket(clerk, CLERK_ACCOUNTS + number, number + 1, &none, &expires) != CLERK_DONE)
    clerk_complain(clerk, CLERK_ACCOUNTS + number, "not stored: %s", tlspin_last_message());
  return !clerk->wrong;
}

bool clerk_find(struct clerk *clerk, unsigned number)
{
  struct clerk_sight sight = {.clerk = clerk, .account = CLERK_ACCOUNTS + number};
  int code = clerk_read_ticket(&sight);

  if (code != TLSPIN_OK || sight.version != number + 1)
    clerk_complain(clerk, sight.account, "not found: answer %d, version %u %s", code, sight.version,
                   tlspin_last_message());
  return !clerk->wrong;
}
