/* A clerk's records, and what it has learned: see clerk-private.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/clerk-private.h"

#include "pinning/digest.h"

#include <stdio.h>
#include <string.h>

enum {
  FAR = 2000000000, /* when a record of version 0 would expire */
  PAGE = 12,
  PAGES = 3,
  BIG_PAGE = 400 /* more than the daemon stores at a stretch */
};

static unsigned import_size(const struct clerk *clerk)
{
  return clerk->number == 0 ? PAGE * (PAGES - 1) + BIG_PAGE : PAGE * PAGES;
}

static int read_record_entry(const tlspin_entry_t *entry, void *data)
{
  struct clerk_sight *sight = data;
  uint8_t wanted[32];
  const char *note = tlspin_entry_string(entry, "note");
  size_t size;
  const void *digest = tlspin_entry_octets(entry, "digest", &size);
  unsigned version = 0;
  int index = -1;
  bool import = clerk_kind_of(sight->account) == CLERK_IMPORT;

  if (import)
    (void)sscanf(tlspin_entry_host(entry), "i%d.", &index);
  clerk_make_digest(sight->clerk, sight->account, (uint32_t)(index + 1), wanted);
  if (note == NULL || sscanf(note, "version %u", &version) != 1 || version == 0 || size != 32 ||
      memcmp(digest, wanted, size) != 0 || tlspin_entry_expires(entry) != FAR + version ||
      (import && (index < 0 || index >= (int)import_size(sight->clerk))))
    clerk_complain(sight->clerk, sight->account, "%s: not a record that was stored",
                   tlspin_entry_host(entry));
  sight->uneven |= sight->count > 0 && version != sight->version;
  sight->version = version;
  sight->count++;
  return 0;
}

static int read_all(struct clerk_sight *sight, tlspin_visit visit)
{
  char host[64];
  struct tlspin_filter filter = clerk_filter(sight->clerk, sight->account, host);
  int code;

  code = tlspin_list(sight->clerk->context, &filter, visit, sight);
  if (clerk_kind_of(sight->account) != CLERK_IMPORT)
    sight->uneven = sight->count > 1;
  else if (sight->version > 0)
    sight->uneven |= sight->count != import_size(sight->clerk);
  return code;
}

/* index: of a record of many; -1: there is only one. */
static void fill_record(const struct clerk *clerk, unsigned account, uint32_t version, int index,
                 char host[64], char note[32], uint8_t digest[32], struct tlspin_record *record)
{
  clerk_name_host(clerk, account, index, host);
  snprintf(note, 32, "version %u", version);
  clerk_make_digest(clerk, account, (uint32_t)(index + 1), digest);
  *record = (struct tlspin_record){.host = host,
                                   .protocol = "tls",
                                   .port = CLERK_PORT,
                                   .origin = index < 0 ? "user" : "import",
                                   .selector = 1,
                                   .matching = 1,
                                   .digest = {digest, 32},
                                   .expires = FAR + version,
                                   .note = note,
                                   .backed = 1};
}

enum clerk_outcome clerk_write_record(struct clerk *clerk, unsigned account, uint32_t version)
{
  struct tlspin_record record;
  char host[64], note[32];
  uint8_t digest[32];

  fill_record(clerk, account, version, -1, host, note, digest, &record);
  return clerk_outcome(clerk, account,
                       tlspin_put(clerk->context, &record, 1, 0, 0, NULL, NULL, NULL), "put");
}

/* A page of an import. */
static int write_page(struct clerk *clerk, unsigned account, uint32_t version, unsigned first,
                      unsigned count, uint64_t *operation, unsigned flags)
{
  static struct tlspin_record records[BIG_PAGE];
  static char hosts[BIG_PAGE][64], notes[BIG_PAGE][32];
  static uint8_t digests[BIG_PAGE][32];
  struct tlspin_change change = {0};
  int code;

  for (unsigned i = 0; i < count; i++)
    fill_record(clerk, account, version, (int)(first + i), hosts[i], notes[i], digests[i],
                &records[i]);
  code = tlspin_put(clerk->context, records, count, *operation, flags, &change, NULL, NULL);
  *operation = change.operation;
  return code;
}

/* What is left of a draft whose daemon was killed can't be gone on with: nothing was done. */
enum clerk_outcome clerk_write_import(struct clerk *clerk, unsigned account, uint32_t version)
{
  uint64_t operation = 0;
  unsigned left = import_size(clerk), first = 0;
  int code = TLSPIN_OK;

  for (unsigned page = 1; page < PAGES && code == TLSPIN_OK; page++, first += PAGE)
    code = write_page(clerk, account, version, first, PAGE, &operation, TLSPIN_MORE);
  if (code != TLSPIN_OK)
    return code == TLSPIN_E_NOT_FOUND ? CLERK_REFUSED : clerk_outcome(clerk, account, code, "page");
  code = write_page(clerk, account, version, first, left - first, &operation, 0);
  return code == TLSPIN_E_NOT_FOUND ? CLERK_UNSURE : clerk_outcome(clerk, account, code, "import");
}

/* --- What was learned --- */

static bool digest_of(const struct clerk *clerk, uint32_t version, uint8_t digest[64])
{
  return digest_gnutls(MATCHING_SHA256, clerk->chains[version - 1].spki[PATH_SERVER], digest);
}

static int read_learned_entry(const tlspin_entry_t *entry, void *data)
{
  struct clerk_sight *sight = data;
  const char *origin = tlspin_entry_string(entry, "origin");
  uint8_t wanted[64];
  size_t size;
  const void *digest = tlspin_entry_octets(entry, "digest", &size);

  for (uint32_t version = 1; version <= CLERK_CHAINS; version++)
    if (size == 32 && digest_of(sight->clerk, version, wanted) && memcmp(digest, wanted, 32) == 0)
      sight->version = version;
  if (sight->version == 0 || origin == NULL || strcmp(origin, "tofu") != 0)
    clerk_complain(sight->clerk, sight->account, "not a key that was learned");
  sight->count++;
  return 0;
}

static int check_chain(struct clerk *clerk, unsigned account, uint32_t version, unsigned flags,
                       bool *learned)
{
  const struct path *path = &clerk->chains[version - 1];
  struct tlspin_octets chain[PATH_SIZE];
  struct tlspin_check check = {.chain = chain,
                               .chain_size = PATH_SIZE,
                               .flags = TLSPIN_CHECK_PATH | flags,
                               .pki = TLSPIN_PKI_OK,
                               .program = "clerk"};
  tlspin_verdict_t *verdict = NULL;
  char host[64];
  int code;

  for (size_t i = 0; i < PATH_SIZE; i++)
    chain[i] = (struct tlspin_octets){path->certificate[i].data, path->certificate[i].size};
  clerk_name_host(clerk, account, -1, host);
  code = tlspin_check_chain(clerk->context, host, "tls", CLERK_PORT, &check, &verdict);
  *learned = verdict != NULL && tlspin_verdict_learned(verdict) != 0;
  tlspin_verdict_free(verdict);
  return code;
}

/* Only what has no key learns one. A daemon that was asked twice says "match" the second time. */
enum clerk_outcome clerk_write_learned(struct clerk *clerk, unsigned account, uint32_t version)
{
  bool learned;
  int code = check_chain(clerk, account, version, TLSPIN_CHECK_LEARN, &learned);

  if (code == TLSPIN_MATCH)
    return CLERK_UNSURE;
  if (code != TLSPIN_NO_PIN)
    return clerk_outcome(clerk, account, code, "learn");
  return learned ? CLERK_DONE : CLERK_REFUSED;
}

int clerk_read_records(struct clerk_sight *sight)
{
  return read_all(sight, clerk_kind_of(sight->account) == CLERK_LEARN ? read_learned_entry
                                                                      : read_record_entry);
}
