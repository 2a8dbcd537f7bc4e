/* Vectors for TLSA records and raw public keys: every member that is an object has an "spki_der",
 * and "records" of {"usage", "selector", "matching", "data", "consistent_with_spki"} or its
 * "spki_sha256".
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each record is read as people write it, and compared with the raw key. */
#include "config.h"

#include "tests/vectors.h"

#include "pinning/digest.h"
#include "pinning/keypin.h"

#include <string.h>

static const char *outcome(const char *record, struct span spki)
{
  static const char *const matches[] = {
      [KEYPIN_MATCHES] = "a match",
      [KEYPIN_DIFFERS] = "a difference",
      [KEYPIN_UNKNOWN] = "not known",
  };
  struct keypin pin =
      keypin_new(&(struct place){.host = "x.example"}, KEYPIN_PIN, KEYPIN_CRITICAL, KEYPIN_USER);
  struct chain chain;
  unsigned errors;

  if (chain_read(&spki, 1, true, false, digest_gnutls, &chain) != CHAIN_FINE)
    return "not a key";
  if (!keypin_read_key(record, &pin, &errors))
    return "not a record";
  return matches[keypin_match(&pin, &chain)];
}

static void compare(struct vectors *v, const char *record, struct span spki, bool consistent)
{
  const char *expected = consistent ? "a match" : "a difference", *found;

  if (v->wrong != NULL)
    return;
  found = outcome(record, spki);
  vectors_result(v, strcmp(found, expected) == 0, record, found, expected);
}

static void run_record(struct vectors *v, JsonObject *record, struct span spki)
{
  gint64 usage = vectors_number(v, record, "usage"),
         selector = vectors_number(v, record, "selector");
  gint64 matching = vectors_number(v, record, "matching");
  g_autofree char *text = g_strdup_printf("%d %d %d %s", (int)usage, (int)selector, (int)matching,
                                          vectors_text(v, record, "data"));

  compare(v, text, spki, vectors_flag(v, record, "consistent_with_spki"));
}

static void run_key(struct vectors *v, JsonObject *key)
{
  struct span spki = vectors_hex(v, key, "spki_der");
  JsonArray *records = vectors_has(key, "records") ? vectors_array(v, key, "records") : NULL;

  for (guint i = 0; v->wrong == NULL && records != NULL && i < json_array_get_length(records); i++)
    run_record(v, vectors_element(v, records, i), spki);
  if (records == NULL) {
    g_autofree char *text = g_strdup_printf("3 1 1 %s", vectors_text(v, key, "spki_sha256"));

    compare(v, text, spki, true);
  }
}

static void run_member(JsonObject *root, const gchar *name, JsonNode *node, gpointer data)
{
  (void)root;
  (void)name;
  if (JSON_NODE_HOLDS_OBJECT(node))
    run_key(data, json_node_get_object(node));
}

void vectors_tlsa(struct vectors *v, JsonObject *root)
{
  json_object_foreach_member(root, run_member, v);
  if (v->passed + v->failed == 0)
    vectors_wrong(v, "spki_der", "there is no key at all");
}
