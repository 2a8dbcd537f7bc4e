/* Vectors for host-name normalisation: the array "normalise" of {"input", "normal" or "reject"}.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * "input_hex" in place of "input" holds octets that no JSON string can. */
#include "config.h"

#include "tests/vectors.h"

#include "common/host.h"

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

static void count_ignored(JsonObject *root, const gchar *name, JsonNode *node, gpointer data)
{
  struct vectors *v = data;

  (void)root;
  if (JSON_NODE_HOLDS_ARRAY(node) && strcmp(name, "normalise") != 0)
    v->ignored += json_array_get_length(json_node_get_array(node));
}

void vectors_hosts(struct vectors *v, JsonObject *root)
{
  JsonArray *tests = vectors_array(v, root, "normalise");

  for (guint i = 0; v->wrong == NULL && i < json_array_get_length(tests); i++)
    normalise(v, vectors_element(v, tests, i));
  json_object_foreach_member(root, count_ignored, v);
}
