/* Calls of SQLite that fail: see misstep.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/misstep.h"

#include "tests/misfire.h"

#include <sqlite3.h>
#include <stddef.h>

static struct misfire misfire;
static bool failed, latest; /* a call did; the latest one */

void misstep_after(unsigned calls)
{
  misfire = (struct misfire){.call = calls + 1};
  failed = latest = false;
}

bool misstep_end(void)
{
  misfire.call = 0;
  latest = false;
  return failed;
}

static bool fails(void)
{
  latest = misfire_now(&misfire);
  failed = failed || latest;
  return latest;
}

#define WRAP(name, parameters, arguments, fault)                                                   \
  int __real_##name parameters;                                                                    \
  int __wrap_##name parameters;                                                                    \
  int __wrap_##name parameters                                                                     \
  {                                                                                                \
    return fails() ? (fault) : __real_##name arguments;                                            \
  }

WRAP(sqlite3_step, (sqlite3_stmt * statement), (statement), SQLITE_IOERR)
WRAP(sqlite3_exec,
     (sqlite3 * handle, const char *sql, int (*told)(void *, int, char **, char **), void *data,
      char **error),
     (handle, sql, told, data, error), SQLITE_IOERR)
WRAP(sqlite3_prepare_v2,
     (sqlite3 * handle, const char *sql, int size, sqlite3_stmt **statement, const char **tail),
     (handle, sql, size, statement, tail), (*statement = NULL, SQLITE_IOERR))
WRAP(sqlite3_prepare_v3,
     (sqlite3 * handle, const char *sql, int size, unsigned flags, sqlite3_stmt **statement,
      const char **tail),
     (handle, sql, size, flags, statement, tail), (*statement = NULL, SQLITE_IOERR))

/* A handle is made all the same. */
int __real_sqlite3_open_v2(const char *path, sqlite3 **handle, int flags, const char *vfs);
int __wrap_sqlite3_open_v2(const char *path, sqlite3 **handle, int flags, const char *vfs);
int __wrap_sqlite3_open_v2(const char *path, sqlite3 **handle, int flags, const char *vfs)
{
  int rc = __real_sqlite3_open_v2(path, handle, flags, vfs);

  return fails() ? SQLITE_IOERR : rc;
}

/* It says the same as the call did. */
int __real_sqlite3_errcode(sqlite3 *handle);
int __wrap_sqlite3_errcode(sqlite3 *handle);
int __wrap_sqlite3_errcode(sqlite3 *handle)
{
  return latest ? SQLITE_IOERR : __real_sqlite3_errcode(handle);
}
