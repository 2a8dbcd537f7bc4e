/* Policy text: read, looked over, compiled, and the layer that comes of it read.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz/fuzz.h"

#include "daemon/store.h"
#include "fuzz/scratch.h"
#include "policy/compile.h"
#include "policy/lint.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

enum { NOW = 1796000000 };

struct shop {
  char *source, *output, *text, *layer;
};

static const struct shop *shop_open(void)
{
  static struct shop shop;

  if (shop.source == NULL) {
    shop.source = scratch_path("policy.d");
    shop.output = scratch_path("layers.d");
    shop.text = g_build_filename(shop.source, "10-fuzz.conf", NULL);
    shop.layer = g_build_filename(shop.output, "10-fuzz.db", NULL);
    require(g_mkdir(shop.source, 0755) == 0);
  }
  return &shop;
}

static void require_findings(const struct findings *findings)
{
  for (guint i = 0; i < findings->list->len; i++) {
    const struct finding *finding = &g_array_index(findings->list, struct finding, i);
    g_autofree char *text = finding_text(finding);

    require(finding->text[0] != '\0');
    require(g_utf8_validate(text, -1, NULL) && strpbrk(text, "\n\r\x1b") == NULL);
  }
}

/* How many errors there are. */
static size_t lint(const struct shop *shop, size_t *groups)
{
  const struct lint_options options = {.trust = TRUST_SYSTEM, .now = NOW};
  char *paths[] = {shop->text, NULL};
  struct findings findings;
  struct rules *rules;
  size_t errors;

  findings_init(&findings, SEVERITY_NOTE);
  rules = lint_files(paths, &options, &findings);
  require_findings(&findings);
  *groups = rules->list->len;
  errors = findings.counts[SEVERITY_ERROR];
  rules_free(rules);
  findings_clear(&findings);
  return errors;
}

static bool visit_pin(const struct keypin *pin, void *data)
{
  require(keypin_is_valid(pin) && pin->origin == KEYPIN_POLICY);
  *(size_t *)data += 1;
  return true;
}

static bool visit_setting(const struct setting_row *setting, void *data)
{
  (void)data;
  require(setting->name[0] != '\0');
  return true;
}

/* A layer that was compiled is one that a daemon takes. */
static void read_layer(const struct shop *shop)
{
  struct store_filter any = STORE_FILTER_ANY;
  char *problem = NULL;
  struct store *store;
  uint64_t count;
  size_t seen = 0;

  if (store_open(shop->layer, STORE_SYSTEM, geteuid(), &store, &problem) != TLSPIN_OK)
    fprintf(stderr, "%s\n", problem);
  require(store != NULL);
  require(store_list_pins(store, &any, NULL, UINT32_MAX, visit_pin, &seen) == TLSPIN_OK);
  require(store_count_pins(store, &count) == TLSPIN_OK && count == seen);
  require(store_settings(store, visit_setting, NULL) == TLSPIN_OK);
  store_close(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const struct shop *shop = shop_open();
  const struct compile_options options = {
      .source = shop->source, .output = shop->output, .now = NOW};
  struct compile_result result;
  struct findings findings;
  char *problem = NULL;
  enum tlspin_code code;
  size_t groups, errors;

  g_unlink(shop->layer);
  scratch_write(shop->text, (struct span){data, size});
  errors = lint(shop, &groups);
  findings_init(&findings, SEVERITY_NOTE);
  code = policy_compile(&options, &findings, &result, &problem);
  require(code == (errors == 0 ? TLSPIN_OK : TLSPIN_E_ARGUMENT));
  if (code == TLSPIN_OK)
    read_layer(shop);
  else
    require(!g_file_test(shop->layer, G_FILE_TEST_EXISTS));
  require_findings(&findings);
  findings_clear(&findings);
  g_free(problem);
  return 0;
}
