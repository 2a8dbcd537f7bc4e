/* The tables' making: see schema.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/schema.h"

#include <glib.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sqlite3_stmt, sqlite3_finalize)

/* The tables, each as the version that is named by its number made it. */
#define BEFORE_1                                                                                   \
  "CREATE TABLE before(operation INTEGER NOT NULL, host TEXT NOT NULL, protocol TEXT NOT NULL, "   \
  "port INTEGER NOT NULL, present INTEGER NOT NULL, ticket BLOB NOT NULL, secret BLOB NOT NULL, "  \
  "hash TEXT NOT NULL, series INTEGER NOT NULL, first_seen INTEGER NOT NULL, "                     \
  "issued INTEGER NOT NULL, expires INTEGER NOT NULL, lock TEXT NOT NULL, digest BLOB NOT NULL, "  \
  "PRIMARY KEY(operation, host, protocol, port)) STRICT, WITHOUT ROWID;\n"
#define EVENT_2                                                                                    \
  "CREATE TABLE event(id INTEGER NOT NULL, made INTEGER NOT NULL, last INTEGER NOT NULL, "         \
  "count INTEGER NOT NULL, kind TEXT NOT NULL, host TEXT NOT NULL, protocol TEXT NOT NULL, "       \
  "port INTEGER NOT NULL, reason TEXT NOT NULL, layer TEXT NOT NULL, key TEXT NOT NULL, "          \
  "report TEXT NOT NULL, program TEXT NOT NULL, operation INTEGER NOT NULL, "                      \
  "digest BLOB NOT NULL, PRIMARY KEY(id)) STRICT, WITHOUT ROWID;\n"
#define FAILURE_1                                                                                  \
  "CREATE TABLE failure(host TEXT NOT NULL, protocol TEXT NOT NULL, port INTEGER NOT NULL, "       \
  "reason TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL, "  \
  "digest BLOB NOT NULL, PRIMARY KEY(host, protocol, port)) STRICT, WITHOUT ROWID;\n"
#define PIN_KEY_2                                                                                  \
  "host TEXT NOT NULL, scope TEXT NOT NULL, protocol TEXT NOT NULL, port INTEGER NOT NULL, "       \
  "kind TEXT NOT NULL, origin TEXT NOT NULL, level TEXT NOT NULL, selector INTEGER NOT NULL, "     \
  "matching INTEGER NOT NULL, key BLOB NOT NULL, "
#define PIN_REST_2                                                                                 \
  "status TEXT NOT NULL, locked INTEGER NOT NULL, always INTEGER NOT NULL, "                       \
  "enforce_until INTEGER NOT NULL, report_until INTEGER NOT NULL, errors INTEGER NOT NULL, "       \
  "first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, count_seen INTEGER NOT NULL, "         \
  "note TEXT NOT NULL, seen BLOB NOT NULL, "
#define IMAGE_2                                                                                    \
  "CREATE TABLE image(operation INTEGER NOT NULL, " PIN_KEY_2                                      \
  "present INTEGER NOT NULL, " PIN_REST_2 "result BLOB NOT NULL, digest BLOB NOT NULL, "           \
  "PRIMARY KEY(operation, host, scope, protocol, port, kind, origin, level, selector, matching, "  \
  "key)) STRICT, WITHOUT ROWID;\n"
#define META_1                                                                                     \
  "CREATE TABLE meta(name TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY(name)) "                 \
  "STRICT, WITHOUT ROWID;\n"
#define OPERATION_1                                                                                \
  "CREATE TABLE operation(id INTEGER NOT NULL, kind TEXT NOT NULL, target INTEGER NOT NULL, "      \
  "made INTEGER NOT NULL, undone INTEGER NOT NULL, digest BLOB NOT NULL, PRIMARY KEY(id)) "        \
  "STRICT, WITHOUT ROWID;\n"
#define PIN_2                                                                                      \
  "CREATE TABLE pin(" PIN_KEY_2 PIN_REST_2 "digest BLOB NOT NULL, PRIMARY KEY(host, scope, "       \
  "protocol, port, kind, origin, level, selector, matching, key)) STRICT, WITHOUT ROWID;\n"
#define SETTING_2                                                                                  \
  "CREATE TABLE setting(name TEXT NOT NULL, value TEXT NOT NULL, locked INTEGER NOT NULL, "        \
  "digest BLOB NOT NULL, PRIMARY KEY(name)) STRICT, WITHOUT ROWID;\n"
#define STATE_3                                                                                    \
  "CREATE TABLE state(name TEXT NOT NULL, value BLOB NOT NULL, digest BLOB NOT NULL, "             \
  "PRIMARY KEY(name)) STRICT, WITHOUT ROWID;\n"
#define TICKET_1                                                                                   \
  "CREATE TABLE ticket(host TEXT NOT NULL, protocol TEXT NOT NULL, port INTEGER NOT NULL, "        \
  "ticket BLOB NOT NULL, secret BLOB NOT NULL, hash TEXT NOT NULL, series INTEGER NOT NULL, "      \
  "first_seen INTEGER NOT NULL, issued INTEGER NOT NULL, expires INTEGER NOT NULL, "               \
  "lock TEXT NOT NULL, digest BLOB NOT NULL, PRIMARY KEY(host, protocol, port)) "                  \
  "STRICT, WITHOUT ROWID;\n"

/* In the order of the names, so that the text is that of sqlite_schema as well. */
#define VERSION_1 BEFORE_1 FAILURE_1 META_1 OPERATION_1 TICKET_1
#define VERSION_2 BEFORE_1 EVENT_2 FAILURE_1 IMAGE_2 META_1 OPERATION_1 PIN_2 SETTING_2 TICKET_1
#define VERSION_3                                                                                  \
  BEFORE_1 EVENT_2 FAILURE_1 IMAGE_2 META_1 OPERATION_1 PIN_2 SETTING_2 STATE_3 TICKET_1

/* What contents.c reads of an empty store: no row, no operation yet, no digest, and SHA-256 of
 * these 48 octets. */
#define NOTHING                                                                                    \
  "INSERT INTO meta(name, value) VALUES('contents', x'"                                            \
  "000000000000000000000000000000000000000000000000"                                               \
  "000000000000000000000000000000000000000000000000"                                               \
  "17b0761f87b081d5cf10757ccc89f12be355c70e2e29df288b65b30710dcbcd1"                               \
  "');"

/* The same of a store without records: none, none that is wide, none that is inactive, and SHA-256
 * of these 24 octets. */
#define NO_RECORDS                                                                                 \
  "INSERT INTO meta(name, value) VALUES('records', x'"                                             \
  "000000000000000000000000000000000000000000000000"                                               \
  "9d908ecfb6b256def8b49a7c504e6c889c4b0e41fe6ce3e01863dd7b61a20aa0"                               \
  "');"

static const struct migration migrations[] = {
    {VERSION_1 NOTHING, VERSION_1},
    {EVENT_2 IMAGE_2 PIN_2 SETTING_2 NO_RECORDS, VERSION_2},
    {STATE_3, VERSION_3},
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

    if (sql == NULL && sqlite3_errcode(database) == SQLITE_NOMEM)
      return false;
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

/* With the very tables of our own form the number is what isn't right. */
static enum schema_state refuse_newer(sqlite3 *database, const struct schema *schema)
{
  switch (compare_text(database, schema, schema->version)) {
  case SCHEMA_UNREADABLE:
    return SCHEMA_UNREADABLE;
  case SCHEMA_DIFFERENT:
    return SCHEMA_NEWER;
  default:
    return SCHEMA_DIFFERENT;
  }
}

/* A transaction that may write makes the first page, so that inside one an empty file has `pages`
 * of 1. */
static enum schema_state inspect(sqlite3 *database, const struct schema *schema, int empty_pages,
                                 int *version)
{
  int pages, application;

  if (!read_number(database, "PRAGMA page_count", &pages) ||
      !read_number(database, "PRAGMA application_id", &application) ||
      !read_number(database, "PRAGMA user_version", version))
    return SCHEMA_UNREADABLE;
  if (pages <= empty_pages && application == 0 && *version == 0)
    return SCHEMA_EMPTY;
  if (application != SCHEMA_APPLICATION)
    return SCHEMA_FOREIGN;
  if (*version > schema->version)
    return refuse_newer(database, schema);
  return *version < 1 ? SCHEMA_DIFFERENT : compare_text(database, schema, *version);
}

enum schema_state schema_inspect(sqlite3 *database, const struct schema *schema)
{
  int version;

  return inspect(database, schema, 0, &version);
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

int schema_version(sqlite3 *database)
{
  int version;

  return read_number(database, "PRAGMA user_version", &version) ? version : -1;
}

static bool apply(sqlite3 *database, const struct schema *schema)
{
  int version;
  enum schema_state state = inspect(database, schema, 1, &version);

  if (state != SCHEMA_EMPTY && state != SCHEMA_OLDER)
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
