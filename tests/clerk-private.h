/* What the files of the clerk share: see clerk.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CLERK_PRIVATE_H
#define CLERK_PRIVATE_H

#include "tests/clerk.h"

enum { CLERK_PORT = 443 };

enum clerk_outcome {
  CLERK_DONE,
  CLERK_UNSURE, /* it may have been done */
  CLERK_REFUSED /* it was not */
};

/* What is there for an account; also the series that the next write goes on with. */
struct clerk_sight {
  struct clerk *clerk;
  unsigned account;
  uint32_t version; /* 0: nothing */
  uint64_t series, expires;
  unsigned count; /* records */
  bool uneven;    /* records of several versions, or not all of them */
};

__attribute__((format(printf, 3, 4))) void clerk_complain(struct clerk *clerk, unsigned account,
                                                          const char *format, ...);
enum clerk_kind clerk_kind_of(unsigned account);

/* index: of one host of many; -1: the account's only one. */
void clerk_name_host(const struct clerk *clerk, unsigned account, int index, char host[64]);
struct tlspin_filter clerk_filter(const struct clerk *clerk, unsigned account, char host[64]);
void clerk_make_digest(const struct clerk *clerk, unsigned account, uint32_t of,
                       uint8_t octets[32]);

/* What a code of the library means for a write. */
enum clerk_outcome clerk_outcome(struct clerk *clerk, unsigned account, int code, const char *what);

int clerk_read_ticket(struct clerk_sight *sight);
int clerk_read_records(struct clerk_sight *sight);

/* before: what is replaced. *expires: as it was acknowledged, else 0. */
enum clerk_outcome clerk_write_ticket(struct clerk *clerk, unsigned account, uint32_t version,
                                      const struct clerk_sight *before, uint64_t *expires);
enum clerk_outcome clerk_write_record(struct clerk *clerk, unsigned account, uint32_t version);
enum clerk_outcome clerk_write_import(struct clerk *clerk, unsigned account, uint32_t version);
enum clerk_outcome clerk_write_learned(struct clerk *clerk, unsigned account, uint32_t version);

#endif
