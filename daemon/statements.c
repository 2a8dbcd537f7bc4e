/* The texts of the statements: see statements.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/statements.h"

#include "daemon/table.h"

#define PIN        PIN_KEY_COLUMNS ", " PIN_REST_COLUMNS ", digest"
#define IN_HISTORY "status = 'inactive'"
#define OVERLAPS                                                                                   \
  "(?3 = '' OR protocol IN ('', ?3)) AND (?4 = 0 OR port IN (0, ?4))" /* ?2: the scope */
#define BY_AGE "ORDER BY max(first_seen, last_seen), " PIN_KEY_COLUMNS

const struct statement_text statement_texts[STATEMENTS] = {
    [STATEMENT_BEGIN] = {1, "BEGIN"},
    [STATEMENT_BEGIN_WRITE] = {1, "BEGIN IMMEDIATE"},
    [STATEMENT_COMMIT] = {1, "COMMIT"},
    [STATEMENT_ROLLBACK] = {1, "ROLLBACK"},
    [STATEMENT_META_GET] = {1, "SELECT value FROM meta WHERE name = ?1"},
    [STATEMENT_META_PUT] = {1, "INSERT OR REPLACE INTO meta(name, value) VALUES(?1, ?2)"},
    [STATEMENT_LIST] =
        {1,
         "SELECT host, protocol, port, ticket, secret, hash, series, first_seen, issued, expires, "
         "lock, digest FROM ticket WHERE (host, protocol, port) > (?1, ?2, ?3) AND host <= ?4 "
         "AND host GLOB ?5 AND (?6 = '' OR protocol = ?6) AND (?7 = 0 OR port = ?7) "
         "AND issued >= ?8 ORDER BY host, protocol, port LIMIT ?9"},
    [STATEMENT_COUNT] = {1, "SELECT count(*) FROM ticket"},
    [STATEMENT_NEWEST] = {1, "SELECT id, kind, target, made, undone, digest FROM operation "
                             "WHERE undone = 0 AND kind IN ('clear', 'edit') "
                             "ORDER BY id DESC LIMIT 1"},
    [STATEMENT_LATER] = {1, "SELECT id, kind, target, made, undone, digest FROM operation "
                            "WHERE id > ?1 ORDER BY id LIMIT 1"},
    [STATEMENT_EARLIER] = {1, "SELECT id, kind, target, made, undone, digest FROM operation "
                              "WHERE id < ?1 ORDER BY id DESC LIMIT 1"},
    [STATEMENT_APPLYING] = {1, "SELECT id, kind, target, made, undone, digest FROM operation "
                               "WHERE kind = 'applying' ORDER BY id LIMIT 1"},
    [STATEMENT_IMAGES] =
        {1, "SELECT operation, host, protocol, port, present, ticket, secret, hash, series, "
            "first_seen, issued, expires, lock, digest FROM before WHERE operation = ?1 "
            "AND (host, protocol, port) > (?2, ?3, ?4) ORDER BY host, protocol, port LIMIT 1"},
    [STATEMENT_COUNT_IMAGES] = {1, "SELECT count(*) FROM (SELECT 1 FROM before "
                                   "WHERE operation = ?1 LIMIT ?2)"},
    [STATEMENT_PINS] = {2, "SELECT " PIN " FROM pin WHERE host = ?1 AND protocol IN ('', ?2) "
                           "AND port IN (0, ?3) AND (?4 OR scope <> 'exact' OR origin <> 'tofu') "
                           "ORDER BY " PIN_KEY_COLUMNS},
    [STATEMENT_LIST_PINS] =
        {2, "SELECT " PIN " FROM pin WHERE (" PIN_KEY_COLUMNS ") > "
            "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) AND host <= ?11 AND host GLOB ?12 "
            "AND (?13 = '' OR protocol IN ('', ?13)) AND (?14 = 0 OR port IN (?15, ?14)) "
            "AND first_seen >= ?16 AND (?17 = '' OR kind = ?17) AND (?18 = '' OR status = ?18) "
            "AND (?19 = '' OR origin = ?19) AND (?20 = '' OR scope = ?20) "
            "AND (?21 = x'' OR key = ?21) ORDER BY " PIN_KEY_COLUMNS " LIMIT ?22"},
    [STATEMENT_COUNT_AT] = {2, "SELECT count(*) FROM (SELECT 1 FROM pin WHERE host = ?1 "
                               "AND scope = ?2 AND protocol = ?3 AND port = ?4 "
                               "AND NOT (" IN_HISTORY ") AND (origin = 'tofu') = ?5 LIMIT ?6)"},
    [STATEMENT_COUNT_STAGED_AT] =
        {2, "SELECT count(*) FROM (SELECT 1 FROM image WHERE operation = ?7 AND host = ?1 "
            "AND scope = ?2 AND protocol = ?3 AND port = ?4 AND NOT (" IN_HISTORY ") "
            "AND (origin = 'tofu') = ?5 LIMIT ?6)"},
    [STATEMENT_COUNT_REPLACED_AT] = {2,
                                     "SELECT count(*) FROM (SELECT 1 FROM image CROSS JOIN pin "
                                     "USING(" PIN_KEY_COLUMNS
                                     ") WHERE operation = ?7 AND host = ?1 AND scope = ?2 "
                                     "AND protocol = ?3 AND port = ?4 AND NOT (pin." IN_HISTORY ") "
                                     "AND (origin = 'tofu') = ?5 LIMIT ?6)"},
    [STATEMENT_LEARNED_AT] = {2, "SELECT " PIN " FROM pin WHERE host = ?1 AND scope = 'exact' "
                                 "AND protocol = ?2 AND port = ?3 AND kind = 'pin' "
                                 "AND origin = 'tofu'"},
    [STATEMENT_PIN_IMAGES] = {2,
                              "SELECT operation, " PIN_KEY_COLUMNS ", present, " PIN_REST_COLUMNS
                              ", result, digest "
                              "FROM image WHERE operation = ?1 AND (" PIN_KEY_COLUMNS ") > "
                              "(?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ORDER BY " PIN_KEY_COLUMNS
                              " LIMIT 1"},
    [STATEMENT_COUNT_PIN_IMAGES] = {2, "SELECT count(*) FROM (SELECT 1 FROM image "
                                       "WHERE operation = ?1 LIMIT ?2)"},
    [STATEMENT_TOLD_STANDS] =
        {2, "SELECT operation.id FROM operation "
            "CROSS JOIN image ON image.operation = operation.id "
            "WHERE operation.kind = 'told' AND operation.undone = 0 AND present = 1 "
            "AND image.host = ?1 AND image.protocol = ?2 AND image.port = ?3 AND image.origin = ?4 "
            "ORDER BY operation.id DESC LIMIT 1"},
    [STATEMENT_LATER_PIN_IMAGE] =
        {2,
         "SELECT image.present FROM operation CROSS JOIN image ON image.operation = operation.id "
         "WHERE operation.id > ?11 AND operation.id < ?12 AND host = ?1 AND scope = ?2 "
         "AND protocol = ?3 AND port = ?4 AND image.kind = ?5 AND origin = ?6 AND level = ?7 "
         "AND selector = ?8 AND matching = ?9 AND key = ?10 "
         "AND operation.kind NOT IN ('draft', 'gone') AND result <> zeroblob(32) "
         "ORDER BY operation.id LIMIT 1"},
    [STATEMENT_EARLIER_PIN_IMAGES] = {2, "SELECT operation, " PIN_KEY_COLUMNS
                                         ", present, " PIN_REST_COLUMNS ", result, digest "
                                         "FROM image WHERE operation IN (SELECT id FROM operation "
                                         "WHERE id < ?1 AND kind NOT IN ('draft', 'gone'))"},
    [STATEMENT_OLDEST] = {2, "SELECT " PIN " FROM pin WHERE " IN_HISTORY " " BY_AGE " LIMIT ?1"},
    [STATEMENT_OLDEST_AT] = {2, "SELECT " PIN " FROM pin WHERE host = ?2 AND scope = ?3 "
                                "AND protocol = ?4 AND port = ?5 AND " IN_HISTORY " " BY_AGE
                                " LIMIT ?1"},
    [STATEMENT_EVENTS] = {2, "SELECT " EVENT_COLUMNS ", digest FROM event WHERE id > ?1 "
                             "AND (?2 = '' OR host = ?2) ORDER BY id LIMIT ?3"},
    [STATEMENT_EVENT_LIKE] = {2, "SELECT " EVENT_COLUMNS
                                 ", digest FROM event WHERE kind = ?1 AND host = ?2 "
                                 "AND protocol = ?3 AND port = ?4 AND reason = ?5 AND key = ?6 "
                                 "AND program = ?7 "
                                 "ORDER BY id DESC LIMIT 1"},
    [STATEMENT_EVENT_TOTALS] = {2, "SELECT count(*), ifnull(sum(length(report)), 0), "
                                   "ifnull(min(id), 0), ifnull(max(id), 0) FROM event"},
    [STATEMENT_SETTINGS] = {2, "SELECT name, value, locked, digest FROM setting ORDER BY name"},
    [STATEMENT_COUNT_OPERATIONS] = {2, "SELECT count(*) FROM operation"},
    [STATEMENT_HOST_STANDS] =
        {2,
         "SELECT EXISTS(SELECT 1 FROM ticket WHERE host = ?1) "
         "OR EXISTS(SELECT 1 FROM pin WHERE host = ?1) "
         "OR EXISTS(SELECT 1 FROM operation CROSS JOIN image ON image.operation = operation.id "
         "WHERE image.host = ?1) "
         "OR EXISTS(SELECT 1 FROM operation CROSS JOIN before ON before.operation = operation.id "
         "WHERE before.host = ?1)"},
    [STATEMENT_WIDE_AT] = {2, "SELECT EXISTS(SELECT 1 FROM pin WHERE host = ?1 "
                              "AND scope <> 'exact' AND kind <> 'mode')"},
    [STATEMENT_LATER_IMAGES] =
        {2, "SELECT ifnull(min(operation), 0) FROM "
            "(SELECT min(operation) AS operation FROM before WHERE operation > ?1 "
            "UNION ALL SELECT min(operation) FROM image WHERE operation > ?1)"},
    [STATEMENT_BESIDE] = {2,
                          "SELECT " PIN " FROM pin WHERE host = ?1 AND (kind = 'pin' AND " OVERLAPS
                          " OR scope = ?2 AND protocol = ?3 AND port = ?4)"},
    [STATEMENT_ABOVE] = {2, "SELECT " PIN " FROM pin WHERE host = ?1 AND kind = 'pin' "
                            "AND scope <> 'exact' AND " OVERLAPS},
    [STATEMENT_BELOW] =
        {2, "SELECT " PIN " FROM pin WHERE kind = 'pin' "
            "AND (?1 = '' OR substr(host, -length(?1) - 1) = '.' || ?1) AND " OVERLAPS},
    [STATEMENT_LATEST] = {2, "SELECT max(ifnull((SELECT max(issued) FROM ticket), 0), "
                             "ifnull((SELECT max(made) FROM operation), 0), "
                             "ifnull((SELECT max(last) FROM event), 0))"},
    [STATEMENT_TOUCHED] =
        {2, "SELECT EXISTS(SELECT 1 FROM before WHERE operation = ?1) "
            "OR EXISTS(SELECT 1 FROM image WHERE operation = ?1 AND result <> zeroblob(32))"},
};
