/* The memory of SQLite: see sqlite-memory.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/sqlite-memory.h"

#include "common/vault.h"

#include <sqlite3.h>

static void *take(int size)
{
  return vault_take((size_t)size);
}

static void *resize(void *block, int size)
{
  return vault_resize(block, (size_t)size);
}

static int size_of(void *block)
{
  return (int)vault_size(block);
}

static int round_up(int size)
{
  return (int)vault_round((size_t)size);
}

static int begin(void *data)
{
  (void)data;
  return SQLITE_OK;
}

static void end(void *data)
{
  (void)data;
}

/* Without lookaside: what is small would be cut from a block that is not wiped before its database
 * is closed. */
bool sqlite_memory_use_vault(void)
{
  static const sqlite3_mem_methods methods = {take,     vault_give, resize, size_of,
                                              round_up, begin,      end,    NULL};

  return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK &&
         sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) == SQLITE_OK;
}
