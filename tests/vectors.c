/* tests/vectors KIND FILE: runs the test vectors of a JSON file.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Prints each failed case, and closes with "N passed, M failed". Exit status: 0, 1 where a case has
 * failed, 2 where the file is not of the form. */
#include "config.h"

#include "tests/vectors.h"

#include <stdio.h>
#include <string.h>

enum { PASSED = 0, FAILED = 1, NOT_OF_THE_FORM = 2 };

static const struct {
  const char *name;
  vectors_kind *run;
} kinds[] = {
    {"hosts", vectors_hosts},   {"hpkp", vectors_hpkp}, {"rfc8448", vectors_rfc8448},
    {"ticket", vectors_ticket}, {"tlsa", vectors_tlsa},
};

static vectors_kind *find_kind(const char *name)
{
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (strcmp(kinds[i].name, name) == 0)
      return kinds[i].run;
  return NULL;
}

static int complain(const char *path, const char *what)
{
  g_autofree char *line = g_strdelimit(g_strdup(what), "\r\n", ' ');

  fprintf(stderr, "vectors: %s: %s\n", path, line);
  return NOT_OF_THE_FORM;
}

static JsonParser *load(const char *path, GError **error)
{
  g_autoptr(JsonParser) parser = json_parser_new();
  g_autofree char *text = NULL, *prepared = NULL;

  if (!g_file_get_contents(path, &text, NULL, error))
    return NULL;
  prepared = vectors_prepare(text);
  if (!json_parser_load_from_data(parser, prepared, -1, error))
    return NULL;
  return g_steal_pointer(&parser);
}

static int run(vectors_kind *kind, const char *path)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonParser) parser = load(path, &error);
  g_autoptr(GPtrArray) octets = g_ptr_array_new_with_free_func(g_free);
  struct vectors v = {.octets = octets};
  g_autofree char *wrong = NULL;
  JsonNode *root;

  if (parser == NULL)
    return complain(path, error->message);
  root = json_parser_get_root(parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root))
    return complain(path, "not a JSON object");
  kind(&v, json_node_get_object(root));
  wrong = v.wrong;
  if (wrong != NULL)
    return complain(path, wrong);
  if (v.ignored > 0)
    printf("%u ignored: not of this kind\n", v.ignored);
  printf("%u passed, %u failed\n", v.passed, v.failed);
  return v.failed > 0 ? FAILED : PASSED;
}

int main(int count, char *arguments[])
{
  vectors_kind *kind = count == 3 ? find_kind(arguments[1]) : NULL;

  if (kind != NULL)
    return run(kind, arguments[2]);
  fprintf(stderr, "usage: vectors KIND FILE, where KIND is one of");
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    fprintf(stderr, " %s", kinds[i].name);
  fputc('\n', stderr);
  return NOT_OF_THE_FORM;
}
