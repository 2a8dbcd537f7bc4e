/* What a salvage tells of: see salvaged.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/salvaged.h"

#include "tests/lived.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

bool salvaged_visit(enum table_id table, const struct cell *cells, const struct digest *digest,
                    bool reached, void *data)
{
  struct salvaged *take = data;

  assert_true(table < TABLES && cells[0].type != 0);
  lived_add(reached ? take->reached : take->carved, table, digest);
  return ++take->calls < take->most;
}

void salvaged_new(struct salvaged *take)
{
  *take = (struct salvaged){lived_set_new(), lived_set_new(), {.pages = 0}, 0, UINT64_MAX};
}

void salvaged_free(struct salvaged *take)
{
  g_hash_table_unref(take->reached);
  g_hash_table_unref(take->carved);
}

void salvaged_read_as(struct salvaged *take, const char *path, enum store_kind kind)
{
  salvaged_new(take);
  assert_true(salvage_read(path, kind, salvaged_visit, take, &take->found));
  assert_true(take->found.reached + take->found.carved == take->calls);
  assert_true(take->found.mended <= take->found.reached);
  assert_true(take->found.pages_damaged <= take->found.pages);
}

void salvaged_read(struct salvaged *take, const char *path)
{
  salvaged_read_as(take, path, STORE_USER);
}
