/* Vectors for host names. One or more of three arrays:
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   "normalise"  {"input", "normal" or "reject"}; "input_hex" in place of "input" holds octets that
 *                no JSON string can
 *   "subdomain"  {"store": {NAME: whether with its subdomains, ...}, "host", "most_specific": the
 *                one name that decides, or null, "rfc6797_all": all that cover the host, the most
 *                specific first}
 *   "wildcard"   {"pattern", "host", "rfc9525": whether it matches} */
#include "config.h"

#include "tests/vectors.h"

#include "common/host.h"
#include "pinning/verdict.h"

#include <string.h>

/* The outcome as it stands in the file: a name, or a code in brackets. */
static char *outcome(struct span input)
{
  char host[HOST_MAX + 1];
  enum host_fault fault = host_normalise((const char *)input.data, input.size, host);

  return fault == HOST_FINE ? g_strdup_printf("\"%s\"", host)
                            : g_strdup_printf("[%s]", host_fault_token(fault));
}

static char *expectation(struct vectors *v, JsonObject *test)
{
  if (vectors_has(test, "normal") == vectors_has(test, "reject"))
    vectors_wrong(v, "normalise", "a case needs either \"normal\" or \"reject\"");
  return vectors_has(test, "normal") ? g_strdup_printf("\"%s\"", vectors_text(v, test, "normal"))
                                     : g_strdup_printf("[%s]", vectors_text(v, test, "reject"));
}

static void normalise(struct vectors *v, JsonObject *test)
{
  struct span input = vectors_has(test, "input_hex") ? vectors_hex(v, test, "input_hex")
                                                     : vectors_octets(v, test, "input");
  g_autofree char *expected = expectation(v, test), *found = NULL, *name = NULL, *text = NULL;

  if (v->wrong != NULL)
    return;
  found = outcome(input);
  text = g_strndup(input.size > 0 ? (const char *)input.data : "", input.size);
  name = g_strescape(text, NULL);
  vectors_result(v, strcmp(found, expected) == 0, name, found, expected);
}

/* The peer of a name; false where it can't be one. */
static bool peer_of(const char *name, struct peer *peer)
{
  *peer = (struct peer){.protocol = PROTOCOL_TLS, .port = 443};
  return host_normalise(name, strlen(name), peer->host) == HOST_FINE;
}

/* A name of a store, as a pin. */
struct stored {
  const char *name;
  struct keypin pin;
};

static void store_name(JsonObject *store, const gchar *name, JsonNode *node, gpointer data)
{
  GArray *all = data;
  struct place place = {.protocol = PLACE_ANY_PROTOCOL};
  struct stored stored = {.name = name};

  (void)store;
  place.scope = json_node_get_boolean(node) ? SCOPE_SUBTREE : SCOPE_EXACT;
  if (host_normalise(name, strlen(name), place.host) != HOST_FINE)
    return;
  stored.pin = keypin_new(&place, KEYPIN_PIN, KEYPIN_CRITICAL, KEYPIN_POLICY);
  g_array_append_val(all, stored);
}

static gint by_place(gconstpointer a, gconstpointer b)
{
  return place_compare(&((const struct stored *)a)->pin.place,
                       &((const struct stored *)b)->pin.place);
}

/* The name of the pin that a lookup ends with, or null. */
static const char *most_specific(const GArray *store, const struct peer *peer)
{
  g_autofree struct verdict_entry *entries = g_new(struct verdict_entry, store->len + 1);
  struct verdict_input input = {.peer = peer, .entries = entries, .count = store->len};
  struct verdict verdict;

  for (guint i = 0; i < store->len; i++)
    entries[i] = (struct verdict_entry){&g_array_index(store, struct stored, i).pin, 1};
  verdict_judge(&input, &verdict);
  return verdict.decided_by < 0
             ? "null"
             : g_array_index(store, struct stored, (guint)verdict.decided_by).name;
}

/* "NAME: NAME NAME ...": what decides, and all that cover the host. */
static char *walk(JsonObject *names, const char *host)
{
  g_autoptr(GArray) store = g_array_new(FALSE, FALSE, sizeof(struct stored));
  struct peer peer;
  GString *text;

  if (!peer_of(host, &peer))
    return g_strdup("null:");
  json_object_foreach_member(names, store_name, store);
  g_array_sort(store, by_place);
  text = g_string_new(most_specific(store, &peer));
  g_string_append_c(text, ':');
  for (guint i = 0; i < store->len; i++)
    if (place_covers(&g_array_index(store, struct stored, i).pin.place, &peer))
      g_string_append_printf(text, " %s", g_array_index(store, struct stored, i).name);
  return g_string_free(text, FALSE);
}

static void check_flag(JsonObject *store, const gchar *name, JsonNode *node, gpointer data)
{
  (void)node;
  vectors_flag(data, store, name);
}

/* The same of the file. */
static char *expected_walk(struct vectors *v, JsonObject *test)
{
  JsonArray *all = vectors_array(v, test, "rfc6797_all");
  bool none = vectors_has(test, "most_specific") &&
              JSON_NODE_HOLDS_NULL(json_object_get_member(test, "most_specific"));
  GString *text = g_string_new(none ? "null" : vectors_text(v, test, "most_specific"));

  g_string_append_c(text, ':');
  for (guint i = 0; v->wrong == NULL && i < json_array_get_length(all); i++) {
    JsonNode *node = json_array_get_element(all, i);

    if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING)
      g_string_append_printf(text, " %s", json_node_get_string(node));
    else
      vectors_wrong(v, "rfc6797_all", "holds something else than strings");
  }
  return g_string_free(text, FALSE);
}

static void subdomain(struct vectors *v, JsonObject *test)
{
  JsonObject *store = vectors_object(v, test, "store");
  const char *host = vectors_text(v, test, "host");
  g_autofree char *expected = expected_walk(v, test), *found = NULL;

  if (store != NULL)
    json_object_foreach_member(store, check_flag, v);
  if (v->wrong != NULL)
    return;
  found = walk(store, host);
  vectors_result(v, strcmp(found, expected) == 0, host, found, expected);
}

/* Wildcards of RFC 9525 section 6.3 are the places of one label; the others that place_read knows
 * are no patterns. */
static bool matches(const char *pattern, const char *host)
{
  struct place place;
  struct peer peer;

  return peer_of(host, &peer) && place_read(pattern, &place) == HOST_FINE &&
         place.scope != SCOPE_SUBTREE && place.port == PLACE_ANY_PORT &&
         place_covers(&place, &peer);
}

static void wildcard(struct vectors *v, JsonObject *test)
{
  const char *pattern = vectors_text(v, test, "pattern"), *host = vectors_text(v, test, "host");
  bool expected = vectors_flag(v, test, "rfc9525"), found = matches(pattern, host);
  g_autofree char *name = g_strdup_printf("%s for %s", pattern, host);

  if (v->wrong == NULL)
    vectors_result(v, found == expected, name, found ? "true" : "false",
                   expected ? "true" : "false");
}

static const struct {
  const char *name;
  void (*run)(struct vectors *v, JsonObject *test);
} sections[] = {
    {"normalise", normalise},
    {"subdomain", subdomain},
    {"wildcard", wildcard},
};

void vectors_hosts(struct vectors *v, JsonObject *root)
{
  unsigned found = 0;

  for (size_t s = 0; s < sizeof sections / sizeof sections[0]; s++) {
    JsonArray *tests;

    if (!vectors_has(root, sections[s].name))
      continue;
    found++;
    tests = vectors_array(v, root, sections[s].name);
    for (guint i = 0; v->wrong == NULL && i < json_array_get_length(tests); i++) {
      JsonObject *test = vectors_element(v, tests, i);

      if (test != NULL)
        sections[s].run(v, test);
    }
  }
  if (found == 0)
    vectors_wrong(v, "normalise", "is missing, and so are \"subdomain\" and \"wildcard\"");
}
