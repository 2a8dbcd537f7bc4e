/* The tables: see table.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/table.h"

#define PEER         "host, protocol, port"
#define PEER_IS      " WHERE host = ?1 AND protocol = ?2 AND port = ?3"
#define PIN          "ticket, secret, hash, series, first_seen, issued, expires, lock"
#define IMAGE        "operation, " PEER ", present, " PIN
#define OPERATION    "id, kind, target, made, undone"
#define FAILURE      PEER ", reason, first, last, count"
#define BEFORE_IS    " WHERE operation = ?1 AND host = ?2 AND protocol = ?3 AND port = ?4"
#define OPERATION_IS " WHERE id = ?1"

/* The macros are pasted by the compiler: every statement is a constant. */
const struct table tables[TABLES] = {
    [TABLE_TICKET] = {"ticket", 11, 3, "ttibbtiiiit",
                      "SELECT " PEER ", " PIN ", digest FROM ticket" PEER_IS,
                      "INSERT OR REPLACE INTO ticket(" PEER ", " PIN ", digest) "
                      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                      "DELETE FROM ticket" PEER_IS,
                      "SELECT " PEER ", " PIN ", digest FROM ticket ORDER BY " PEER},
    [TABLE_FAILURE] = {"failure", 7, 3, "ttitiii",
                       "SELECT " FAILURE ", digest FROM failure" PEER_IS,
                       "INSERT OR REPLACE INTO failure(" FAILURE ", digest) "
                       "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                       "DELETE FROM failure" PEER_IS,
                       "SELECT " FAILURE ", digest FROM failure ORDER BY " PEER},
    [TABLE_OPERATION] = {"operation", 5, 1, "itiii",
                         "SELECT " OPERATION ", digest FROM operation" OPERATION_IS,
                         "INSERT OR REPLACE INTO operation(" OPERATION ", digest) "
                         "VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                         "DELETE FROM operation" OPERATION_IS,
                         "SELECT " OPERATION ", digest FROM operation ORDER BY id"},
    [TABLE_BEFORE] = {"before", 13, 4, "ittiibbtiiiit",
                      "SELECT " IMAGE ", digest FROM before" BEFORE_IS,
                      "INSERT OR REPLACE INTO before(" IMAGE ", digest) "
                      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                      "DELETE FROM before" BEFORE_IS,
                      "SELECT " IMAGE ", digest FROM before ORDER BY operation, " PEER},
};
