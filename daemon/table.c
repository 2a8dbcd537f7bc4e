/* The tables: see table.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/table.h"

#define PEER         "host, protocol, port"
#define PEER_IS      " WHERE host = ?1 AND protocol = ?2 AND port = ?3"
#define TICKET       "ticket, secret, hash, series, first_seen, issued, expires, lock"
#define BEFORE       "operation, " PEER ", present, " TICKET
#define OPERATION    "id, kind, target, made, undone"
#define FAILURE      PEER ", reason, first, last, count"
#define BEFORE_IS    " WHERE operation = ?1 AND host = ?2 AND protocol = ?3 AND port = ?4"
#define OPERATION_IS " WHERE id = ?1"
#define PIN          PIN_KEY_COLUMNS ", " PIN_REST_COLUMNS
#define PIN_IS                                                                                     \
  " WHERE host = ?1 AND scope = ?2 AND protocol = ?3 AND port = ?4 AND kind = ?5 "                 \
  "AND origin = ?6 AND level = ?7 AND selector = ?8 AND matching = ?9 AND key = ?10"
#define IMAGE "operation, " PIN_KEY_COLUMNS ", present, " PIN_REST_COLUMNS ", result"
#define IMAGE_IS                                                                                   \
  " WHERE operation = ?1 AND host = ?2 AND scope = ?3 AND protocol = ?4 AND port = ?5 "            \
  "AND kind = ?6 AND origin = ?7 AND level = ?8 AND selector = ?9 AND matching = ?10 "             \
  "AND key = ?11"
#define EVENT_IS " WHERE id = ?1"
#define SETTING  "name, value, locked"
#define NAME_IS  " WHERE name = ?1"

/* The macros are pasted by the compiler: every statement is a constant. */
const struct table tables[TABLES] = {
    [TABLE_TICKET] = {"ticket", 1, 11, 3, "ttibbtiiiit",
                      "SELECT " PEER ", " TICKET ", digest FROM ticket" PEER_IS,
                      "INSERT OR REPLACE INTO ticket(" PEER ", " TICKET ", digest) "
                      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                      "DELETE FROM ticket" PEER_IS,
                      "SELECT " PEER ", " TICKET ", digest FROM ticket ORDER BY " PEER},
    [TABLE_FAILURE] = {"failure", 1, 7, 3, "ttitiii",
                       "SELECT " FAILURE ", digest FROM failure" PEER_IS,
                       "INSERT OR REPLACE INTO failure(" FAILURE ", digest) "
                       "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                       "DELETE FROM failure" PEER_IS,
                       "SELECT " FAILURE ", digest FROM failure ORDER BY " PEER},
    [TABLE_OPERATION] = {"operation", 1, 5, 1, "itiii",
                         "SELECT " OPERATION ", digest FROM operation" OPERATION_IS,
                         "INSERT OR REPLACE INTO operation(" OPERATION ", digest) "
                         "VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                         "DELETE FROM operation" OPERATION_IS,
                         "SELECT " OPERATION ", digest FROM operation ORDER BY id"},
    [TABLE_BEFORE] = {"before", 1, 13, 4, "ittiibbtiiiit",
                      "SELECT " BEFORE ", digest FROM before" BEFORE_IS,
                      "INSERT OR REPLACE INTO before(" BEFORE ", digest) "
                      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                      "DELETE FROM before" BEFORE_IS,
                      "SELECT " BEFORE ", digest FROM before ORDER BY operation, " PEER},
    [TABLE_PIN] = {"pin", 2, 21, 10, "tttitttiibtiiiiiiiitb",
                   "SELECT " PIN ", digest FROM pin" PIN_IS,
                   "INSERT OR REPLACE INTO pin(" PIN ", digest) "
                   "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, "
                   "?17, ?18, ?19, ?20, ?21, ?22)",
                   "DELETE FROM pin" PIN_IS,
                   "SELECT " PIN ", digest FROM pin ORDER BY " PIN_KEY_COLUMNS},
    [TABLE_EVENT] = {"event", 2, 14, 1, "iiiitttittttti",
                     "SELECT " EVENT_COLUMNS ", digest FROM event" EVENT_IS,
                     "INSERT OR REPLACE INTO event(" EVENT_COLUMNS ", digest) "
                     "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
                     "DELETE FROM event" EVENT_IS,
                     "SELECT " EVENT_COLUMNS ", digest FROM event ORDER BY id"},
    [TABLE_SETTING] = {"setting", 2, 3, 1, "tti", "SELECT " SETTING ", digest FROM setting" NAME_IS,
                       "INSERT OR REPLACE INTO setting(" SETTING ", digest) "
                       "VALUES(?1, ?2, ?3, ?4)",
                       "DELETE FROM setting" NAME_IS,
                       "SELECT " SETTING ", digest FROM setting ORDER BY name"},
    [TABLE_IMAGE] = {"image", 2, 24, 11, "itttitttiibitiiiiiiiitbb",
                     "SELECT " IMAGE ", digest FROM image" IMAGE_IS,
                     "INSERT OR REPLACE INTO image(" IMAGE ", digest) "
                     "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, "
                     "?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25)",
                     "DELETE FROM image" IMAGE_IS,
                     "SELECT " IMAGE ", digest FROM image ORDER BY operation, " PIN_KEY_COLUMNS},
    [TABLE_STATE] = {"state", 3, 2, 1, "tb", "SELECT name, value, digest FROM state" NAME_IS,
                     "INSERT OR REPLACE INTO state(name, value, digest) VALUES(?1, ?2, ?3)",
                     "DELETE FROM state" NAME_IS,
                     "SELECT name, value, digest FROM state ORDER BY name"},
};
