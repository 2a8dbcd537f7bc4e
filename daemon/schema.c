/* The tables' making: see schema.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/schema.h"

#include <glib.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sqlite3_stmt, sqlite3_finalize)

/* In the order of the names, so that the text is that of sqlite_schema as well. */
#define VERSION_1                                                                                  \
  "CREATE TABLE before(operation INTEGER NOT NULL, host TEXT NOT NULL, protocol TEXT NOT NULL, "   \
  "port INTEGER NOT NULL, present INTEGER NOT NULL, ticket BLOB NOT NULL, secret BLOB NOT NULL, "  \
  "hash TEXT NOT NULL, series INTEGER NOT NULL, first_seen INTEGER NOT NULL, "                     \
  "issued INTEGER NOT NULL, expires INTEGER NOT NULL, lock TEXT NOT NULL, digest BLOB NOT NULL, "  \
  "PRIMARY KEY(operation, host, protocol, port)) STRICT, WITHOUT ROWID;\n"                         \
  "CREATE TABLE failure(host TEXT NOT NULL, protocol TEXT NOT NULL, port INTEGER NOT NULL, "       \
  "reason TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL, "  \
  "digest BLOB NOT NULL, PRIMARY KEY(host, protocol, port)) STRICT, WITHOUT ROWID;\n"              \
  "CREATE TABLE meta(name TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY(name)) "                 \
  "STRICT, WITHOUT ROWID;\n"                                                                       \
  "CREATE TABLE operation(id INTEGER NOT NULL, kind TEXT NOT NULL, target INTEGER NOT NULL, "      \
  "made INTEGER NOT NULL, undone INTEGER NOT NULL, digest BLOB NOT NULL, PRIMARY KEY(id)) "        \
  "STRICT, WITHOUT ROWID;\n"                                                                       \
  "CREATE TABLE ticket(host TEXT NOT NULL, protocol TEXT NOT NULL, port INTEGER NOT NULL, "        \
  "ticket BLOB NOT NULL, secret BLOB NOT NULL, hash TEXT NOT NULL, series INTEGER NOT NULL, "      \
  "first_seen INTEGER NOT NULL, issued INTEGER NOT NULL, expires INTEGER NOT NULL, "               \
  "lock TEXT NOT NULL, digest BLOB NOT NULL, PRIMARY KEY(host, protocol, port)) "                  \
  "STRICT, WITHOUT ROWID;\n"

/* What contents.c reads of an empty store: no row, no operation yet, no digest, and SHA-256 of
 * these 48 octets. */
#define NOTHING                                                                                    \
  "INSERT INTO meta(name, value) VALUES('contents', x'"                                            \
  "000000000000000000000000000000000000000000000000"                                               \
  "000000000000000000000000000000000000000000000000"                                               \
  "17b0761f87b081d5cf10757ccc89f12be355c70e2e29df288b65b30710dcbcd1"                               \
  "')"

static const struct migration migrations[] = {
    {VERSION_1 NOTHING, VERSION_1},
};

const struct schema schema_current = {migrations, G_N_ELEMENTS(migrations)};

static bool read_number(sqlite3 *database, const char *pragma, int *number)
{
  g_autoptr(sqlite3_stmt) statement = NULL;

  if (sqlite3_prepare_v2(database, pragma, -1, &statement, NULL) != SQLITE_OK ||
      sqlite3_step(statement) != SQLITE_ROW)
    return false;
  *number = sqlite3_column_int(statement, 0);
  return true;
}

/* A row without SQL text (an automatic index) has no place in these tables and shows as a bare
 * line. */
static bool read_text(sqlite3 *database, GString *text)
{
  g_autoptr(sqlite3_stmt) statement = NULL;
  int rc;

  if (sqlite3_prepare_v2(database, "SELECT sql FROM sqlite_schema ORDER BY name, type", -1,
                         &statement, NULL) != SQLITE_OK)
    return false;
  while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
    const char *sql = (const char *)sqlite3_column_text(statement, 0);

    g_string_append_printf(text, "%s;\n", sql != NULL ? sql : "");
  }
  return rc == SQLITE_DONE;
}

static enum schema_state compare_text(sqlite3 *database, const struct schema *schema, int version)
{
  g_autoptr(GString) text = g_string_new(NULL);

  if (!read_text(database, text))
    return SCHEMA_UNREADABLE;
  if (!g_str_equal(text->str, schema->migrations[version - 1].text))
    return SCHEMA_DIFFERENT;
  return version == schema->version ? SCHEMA_FINE : SCHEMA_OLDER;
}

/* A transaction that may write makes the first page, so that inside one an empty file has `pages`
 * of 1. */
static enum schema_state inspect(sqlite3 *database, const struct schema *schema, int empty_pages)
{
  int pages, application, version;

  if (!read_number(database, "PRAGMA page_count", &pages) ||
      !read_number(database, "PRAGMA application_id", &application) ||
      !read_number(database, "PRAGMA user_version", &version))
    return SCHEMA_UNREADABLE;
  if (pages <= empty_pages && application == 0 && version == 0)
    return SCHEMA_EMPTY;
  if (application != SCHEMA_APPLICATION)
    return SCHEMA_FOREIGN;
  if (version > schema->version)
    return SCHEMA_NEWER;
  return version < 1 ? SCHEMA_DIFFERENT : compare_text(database, schema, version);
}

enum schema_state schema_inspect(sqlite3 *database, const struct schema *schema)
{
  return inspect(database, schema, 0);
}

static bool run(sqlite3 *database, const char *sql)
{
  return sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* PRAGMAs take no parameters; the numbers are our own. */
static bool stamp(sqlite3 *database, int version)
{
  g_autofree char *sql = g_strdup_printf("PRAGMA application_id = %d; PRAGMA user_version = %d",
                                         SCHEMA_APPLICATION, version);

  return run(database, sql);
}

static bool apply(sqlite3 *database, const struct schema *schema)
{
  enum schema_state state = inspect(database, schema, 1);
  int version;

  if ((state != SCHEMA_EMPTY && state != SCHEMA_OLDER) ||
      !read_number(database, "PRAGMA user_version", &version))
    return false;
  for (; version < schema->version; version++)
    if (!run(database, schema->migrations[version].change))
      return false;
  return stamp(database, version) && schema_inspect(database, schema) == SCHEMA_FINE;
}

bool schema_migrate(sqlite3 *database, const struct schema *schema)
{
  if (!run(database, "BEGIN IMMEDIATE"))
    return false;
  if (apply(database, schema) && run(database, "COMMIT"))
    return true;
  if (!sqlite3_get_autocommit(database))
    run(database, "ROLLBACK");
  return false;
}
