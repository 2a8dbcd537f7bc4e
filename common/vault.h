/* Memory for secrets.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is taken from the vault is in no core file (MADV_DONTDUMP), is kept off the swap as far as
 * the limits allow (mlock), and is wiped when it is given back. Blocks of all sizes share a few
 * mappings: to take one costs about what malloc costs. Any thread.
 */
#ifndef VAULT_H
#define VAULT_H

#include <stddef.h>

enum {
  VAULT_LOCKED_GUEST = 256 << 10, /* octets locked at most in a program that is not ours */
  VAULT_LOCKED_OWN = 4 << 20      /* and in one that is: half of what Linux allows by default */
};

/* To be called first thing in a program that is ours: more is locked, and what is in the vault
 * doesn't reach a child of it (MADV_WIPEONFORK). A library can't have that: a server that loads its
 * keys and then forks would be without them. */
void vault_own_process(void);

/* A block of zeros, aligned for every type; NULL without memory. */
void *vault_take(size_t size);

/* Its contents as far as they fit, zeros behind them; NULL without memory: then the old block
 * stands. block: or NULL. */
void *vault_resize(void *block, size_t size);

/* Wipes all of it. block: or NULL. */
void vault_give(void *block);

/* The octets of the block that may be used: as many as were asked for, or a few more. */
size_t vault_size(const void *block);

/* The size that a block of that size will have. */
size_t vault_round(size_t size);

#endif
