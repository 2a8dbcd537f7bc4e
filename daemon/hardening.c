/* Switches, limits and pragmas of SQLite: see hardening.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/hardening.h"

#include <glib.h>

enum {
  HEAP_SOFT = 4 << 20, /* octets, for all of SQLite in the process */
  HEAP_HARD = 32 << 20
};

/* Nothing of what our tables never need (sqlite.org/security.html). */
static const struct {
  int option, on;
} switches[] = {
    {SQLITE_DBCONFIG_DEFENSIVE, 1},
    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
    {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
    {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
    {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
    {SQLITE_DBCONFIG_DQS_DML, 0},
    {SQLITE_DBCONFIG_DQS_DDL, 0},
    /* else a statement with GLOB is compiled anew whenever its pattern is bound */
    {SQLITE_DBCONFIG_ENABLE_QPSG, 1},
};

static const struct {
  int limit, value;
} limits[] = {
    {SQLITE_LIMIT_LENGTH, 256 * 1024},
    {SQLITE_LIMIT_SQL_LENGTH, 8192},
    {SQLITE_LIMIT_COLUMN, 32},
    {SQLITE_LIMIT_EXPR_DEPTH, 32},
    {SQLITE_LIMIT_COMPOUND_SELECT, 2},
    {SQLITE_LIMIT_VDBE_OP, 10000},
    {SQLITE_LIMIT_FUNCTION_ARG, 8},
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1024},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 32},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
};

/* What is set, and what must be read back: a pragma that SQLite doesn't follow says nothing.
 * TRUNCATE with EXTRA loses no acknowledged commit at a loss of power, as DELETE with FULL does. */
struct setting {
  const char *set, *ask, *answer;
};

static const struct setting common_settings[] = {
    {"PRAGMA mmap_size = 0", "PRAGMA mmap_size", "0"},
    {"PRAGMA cell_size_check = ON", "PRAGMA cell_size_check", "1"},
    {"PRAGMA temp_store = MEMORY", "PRAGMA temp_store", "2"},
    {"PRAGMA cache_size = -256", "PRAGMA cache_size", "-256"},
};

static const struct setting user_settings[] = {
    {"PRAGMA page_size = 4096", "SELECT 1", "1"}, /* of a new file; STORE_PAGE */
    {"PRAGMA auto_vacuum = NONE", "SELECT 1", "1"},
    {"PRAGMA secure_delete = ON", "PRAGMA secure_delete", "1"},
    {"PRAGMA synchronous = EXTRA", "PRAGMA synchronous", "3"},
    {"PRAGMA journal_mode = TRUNCATE", "PRAGMA journal_mode", "truncate"},
};

static const struct setting system_settings[] = {
    {"PRAGMA query_only = ON", "PRAGMA query_only", "1"},
};

bool hardening_limit(sqlite3 *handle)
{
  for (size_t i = 0; i < G_N_ELEMENTS(switches); i++)
    if (sqlite3_db_config(handle, switches[i].option, switches[i].on, NULL) != SQLITE_OK)
      return false;
  for (size_t i = 0; i < G_N_ELEMENTS(limits); i++)
    sqlite3_limit(handle, limits[i].limit, limits[i].value);
  sqlite3_soft_heap_limit64(HEAP_SOFT);
  sqlite3_hard_heap_limit64(HEAP_HARD);
  return true;
}

bool hardening_answers(sqlite3 *handle, const char *question, const char *answer)
{
  sqlite3_stmt *statement = NULL;
  bool same = sqlite3_prepare_v2(handle, question, -1, &statement, NULL) == SQLITE_OK &&
              sqlite3_step(statement) == SQLITE_ROW &&
              g_strcmp0((const char *)sqlite3_column_text(statement, 0), answer) == 0;

  sqlite3_finalize(statement);
  return same;
}

static bool apply_setting(sqlite3 *handle, const struct setting *setting)
{
  return sqlite3_exec(handle, setting->set, NULL, NULL, NULL) == SQLITE_OK &&
         hardening_answers(handle, setting->ask, setting->answer);
}

static bool apply_settings(sqlite3 *handle, const struct setting *settings, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (!apply_setting(handle, &settings[i]))
      return false;
  return true;
}

bool hardening_set(sqlite3 *handle, enum store_kind kind)
{
  if (!apply_settings(handle, common_settings, G_N_ELEMENTS(common_settings)))
    return false;
  return kind == STORE_USER
             ? apply_settings(handle, user_settings, G_N_ELEMENTS(user_settings))
             : apply_settings(handle, system_settings, G_N_ELEMENTS(system_settings));
}
