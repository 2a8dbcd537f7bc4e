/* Vectors for Public-Key-Pins: the array "cases" of {"id", "report_only", "header", "chain",
 * "expect"}, with what the header says, and what the RFC's own grammar makes of it.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Members that are absent or null are not compared. "chain": the Base64 of the SHA-256 digests of
 * the path's keys. */
#include "config.h"

#include "tests/vectors.h"

#include "pinning/hpkp.h"

#include <string.h>

struct verdict {
  struct hpkp hpkp;
  const char *outcome;
};

struct path {
  size_t count;
  uint8_t spki[CHAIN_MAX][32];
};

static void read_digest(struct vectors *v, struct path *path, JsonNode *node)
{
  const char *text = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
  gsize size = 0;
  g_autofree guchar *digest = text != NULL ? g_base64_decode(text, &size) : NULL;

  if (size != sizeof path->spki[0] || path->count == CHAIN_MAX)
    vectors_wrong(v, "chain", "holds something else than SHA-256 digests in Base64, or too many");
  else
    memcpy(path->spki[path->count++], digest, size);
}

static struct path read_path(struct vectors *v, JsonObject *test)
{
  JsonArray *digests = vectors_array(v, test, "chain");
  struct path path = {.count = 0};

  for (guint i = 0; v->wrong == NULL && i < json_array_get_length(digests); i++)
    read_digest(v, &path, json_array_get_element(digests, i));
  return path;
}

static struct verdict judge(bool (*read)(struct span header, struct hpkp *hpkp), struct span header,
                            bool report_only, const struct path *path)
{
  struct verdict verdict = {.outcome = hpkp_outcome_token(HPKP_IGNORE)};
  const uint8_t(*spki)[32] = (const uint8_t(*)[32])path->spki;
  const char *reason;

  if (read(header, &verdict.hpkp))
    verdict.outcome = hpkp_outcome_token(
        hpkp_judge_digests(&verdict.hpkp, report_only, spki, path->count, &reason));
  return verdict;
}

/* A text of what was expected and one of what was found grow side by side. */
struct texts {
  struct vectors *v;
  JsonObject *test;
  GString *expected, *found;
};

static bool is_recorded(const struct texts *t, const char *name)
{
  return vectors_has(t->test, name) && !json_object_get_null_member(t->test, name);
}

static void add_text(struct texts *t, const char *name, const char *found)
{
  if (!is_recorded(t, name))
    return;
  g_string_append_printf(t->expected, " %s=%s", name, vectors_text(t->v, t->test, name));
  g_string_append_printf(t->found, " %s=%s", name, found);
}

static void add_number(struct texts *t, const char *name, guint64 found)
{
  if (!is_recorded(t, name))
    return;
  g_string_append_printf(t->expected, " %s=%" G_GINT64_FORMAT, name,
                         vectors_number(t->v, t->test, name));
  g_string_append_printf(t->found, " %s=%" G_GUINT64_FORMAT, name, found);
}

static void add_flag(struct texts *t, const char *name, bool found)
{
  if (!is_recorded(t, name))
    return;
  g_string_append_printf(t->expected, " %s=%d", name, vectors_flag(t->v, t->test, name));
  g_string_append_printf(t->found, " %s=%d", name, found);
}

static void run_case(struct vectors *v, JsonObject *test)
{
  const char *id = vectors_text(v, test, "id");
  struct span header = vectors_octets(v, test, "header");
  bool report_only = vectors_flag(v, test, "report_only");
  struct path path = read_path(v, test);
  g_autoptr(GString) expected = g_string_new(vectors_text(v, test, "expect"));
  g_autoptr(GString) found = g_string_new(NULL);
  struct texts texts = {v, test, expected, found};
  struct verdict tolerant = judge(hpkp_read, header, report_only, &path);
  struct verdict strict = judge(hpkp_read_strict, header, report_only, &path);
  bool forgets = hpkp_forgets(&tolerant.hpkp, report_only);

  g_string_append(found, tolerant.outcome);
  add_number(&texts, "max_age", tolerant.hpkp.max_age);
  add_number(&texts, "max_age_capped_60d", hpkp_age(&tolerant.hpkp));
  add_flag(&texts, "include_subdomains", tolerant.hpkp.subdomains);
  add_text(&texts, "report_uri", tolerant.hpkp.report_uri);
  add_text(&texts, "rfc7469_strict", strict.outcome);
  add_text(&texts, "also", forgets ? "forget_if_known" : "");
  if (v->wrong == NULL)
    vectors_result(v, g_string_equal(found, expected), id, found->str, expected->str);
}

void vectors_hpkp(struct vectors *v, JsonObject *root)
{
  JsonArray *tests = vectors_array(v, root, "cases");

  for (guint i = 0; v->wrong == NULL && i < json_array_get_length(tests); i++)
    run_case(v, vectors_element(v, tests, i));
}
