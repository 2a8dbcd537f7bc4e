/* A disk that doesn't give a file, or not all of it: see baddisk.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/baddisk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct misfire baddisk_read, baddisk_size;

static sqlite3_io_methods methods;
static const sqlite3_io_methods *real;

static int get_size(sqlite3_file *file, sqlite3_int64 *size)
{
  return misfire_now(&baddisk_size) ? SQLITE_IOERR_FSTAT : real->xFileSize(file, size);
}

static int get_octets(sqlite3_file *file, void *octets, int size, sqlite3_int64 at)
{
  return misfire_now(&baddisk_read) ? SQLITE_IOERR_READ : real->xRead(file, octets, size, at);
}

static sqlite3_file *file_of(struct database *db)
{
  sqlite3_file *file = NULL;

  assert_int_equal(sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file),
                   SQLITE_OK);
  return file;
}

void baddisk_begin(struct database *db)
{
  sqlite3_file *file = file_of(db);

  real = file->pMethods;
  methods = *real;
  methods.xFileSize = get_size;
  methods.xRead = get_octets;
  file->pMethods = &methods;
}

void baddisk_end(struct database *db)
{
  file_of(db)->pMethods = real;
}
