/* A policy with its layers, and servers that show it certificates: see gate.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/gate.h"

#include "daemon/digest.h"
#include "tests/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>

#define HOST "a.example"

enum { NAME_SIZE = 8 };

struct path gate_paths[GATE_SERVERS];

int gate_setup(void **state)
{
  struct gate *gate = g_new0(struct gate, 1);
  void *strata = NULL;

  strata_setup(&strata);
  gate->strata = strata;
  gate->config.undo_period = 7 * GATE_DAY;
  gate->anchors = g_build_filename(gate->strata->folder, "anchors", NULL);
  *state = gate;
  return 0;
}

int gate_teardown(void **state)
{
  struct gate *gate = *state;
  void *strata = gate->strata;

  if (gate->policy != NULL)
    policy_free(gate->policy);
  strata_teardown(&strata);
  config_clear(&gate->config);
  g_free(gate->anchors);
  g_free(gate);
  return 0;
}

void gate_open(struct gate *gate)
{
  if (gate->policy != NULL)
    policy_free(gate->policy);
  gate->policy = policy_new(strata_open(gate->strata), &gate->config, gate->anchors);
}

void gate_trust(struct gate *gate, const struct path *path)
{
  const struct pki_identity *anchor = &path->identity[PATH_ANCHOR];
  g_autofree char *file = g_build_filename(gate->anchors, "vendor.crt", NULL);

  assert_int_equal(g_mkdir_with_parents(gate->anchors, 0755), 0);
  g_unlink(file); /* so that the folder's times change */
  pki_write(&anchor, 1, file, NULL);
}

int gate_begin(void **state)
{
  struct pki_request request = {.purpose = PKI_SERVER,
                                .name = HOST,
                                .not_before = GATE_NOW - 365 * GATE_DAY,
                                .not_after = GATE_NOW + 365 * GATE_DAY};

  (void)state;
  path_make(&gate_paths[GATE_FIRST], &request);
  path_make_below(&gate_paths[GATE_SECOND], &gate_paths[GATE_FIRST], &request);
  path_make(&gate_paths[GATE_FOREIGN], &request);
  request.not_after = GATE_NOW + 5 * GATE_DAY;
  path_make_below(&gate_paths[GATE_EXPIRING], &gate_paths[GATE_FIRST], &request);
  return 0;
}

int gate_end(void **state)
{
  (void)state;
  for (size_t i = 0; i < GATE_SERVERS; i++)
    path_free(&gate_paths[i]);
  return 0;
}

struct chain gate_chain(size_t server)
{
  struct chain chain;

  assert_int_equal(
      chain_read(gate_paths[server].certificate, PATH_SIZE, false, true, digest_glib, &chain),
      CHAIN_FINE);
  return chain;
}

static enum keypin_kind kind_of(enum keypin_status status)
{
  if (status == KEYPIN_EXCEPTED)
    return KEYPIN_EXCEPTION;
  return status == KEYPIN_ON || status == KEYPIN_OFF ? KEYPIN_MODE : KEYPIN_PIN;
}

struct keypin gate_pin(size_t server, size_t index, enum keypin_status status,
                       enum keypin_origin origin)
{
  struct peer peer = strata_peer(HOST);
  struct place place = place_of_peer(&peer);
  struct keypin pin = keypin_new(&place, kind_of(status), status, origin);

  if (pin.kind != KEYPIN_MODE) {
    path_pin(&gate_paths[server], index, SELECTOR_SPKI, MATCHING_SHA256, &pin);
    pin.level = index == PATH_SERVER ? KEYPIN_LEAF : KEYPIN_AUTHORITY;
  }
  pin.first_seen = GATE_NOW - GATE_DAY;
  return pin;
}

void gate_put(struct gate *gate, const struct keypin *pins, size_t count)
{
  ledger_put(gate->strata, pins, count);
}

void gate_layer(struct gate *gate, const char *name, const struct keypin *pins, size_t count)
{
  ledger_layer(gate->strata->admin, name, pins, count);
}

void gate_setting(struct gate *gate, const char *name, const char *value)
{
  struct setting_row row = {name, value, true};
  struct layer_contents contents = {.setting_count = 1, .settings = &row};
  g_autofree char *file = g_strdup_printf("00-%s.db", name);
  char *problem = NULL;

  if (store_write_layer(strata_path(gate->strata->admin, file), &contents, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
}

struct policy_shown gate_shown(struct chain *chain)
{
  return (struct policy_shown){.chain = chain, .pki = PKI_OK, .learn = true, .program = "test"};
}

uint64_t gate_expect(struct gate *gate, const struct policy_shown *shown, int64_t now,
                     enum tlspin_code answer, const char *reason, bool learned)
{
  struct peer peer = strata_peer(HOST);
  struct policy_judged judged;
  const struct verdict *verdict = &judged.verdict;
  char *problem = NULL;
  uint64_t event;

  if (policy_check(gate->policy, &peer, shown, now, &judged, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  assert_null(problem);
  assert_string_equal(verdict->reason == VERDICT_TICKET ? refusal_token(verdict->refusal)
                                                        : verdict_reason_token(verdict->reason),
                      reason);
  assert_int_equal(verdict->answer, answer);
  assert_int_equal(judged.learned, learned);
  event = judged.event;
  policy_judged_clear(&judged);
  return event;
}

uint64_t gate_meet(struct gate *gate, size_t server, int64_t now, enum tlspin_code answer,
                   const char *reason, bool learned)
{
  struct chain chain = gate_chain(server);
  struct policy_shown shown = gate_shown(&chain);

  return gate_expect(gate, &shown, now, answer, reason, learned);
}

/* SERVER.KEY of a digest, or "?". */
static void name_key(const struct keypin *pin, char text[NAME_SIZE])
{
  g_strlcpy(text, "?", NAME_SIZE);
  for (size_t server = GATE_SERVERS; server > 0; server--)
    for (size_t index = 0; index < PATH_SIZE; index++) {
      struct keypin key = *pin;

      path_pin(&gate_paths[server - 1], index, pin->selector, pin->matching, &key);
      if (memcmp(key.digest, pin->digest, matching_size(pin->matching)) == 0)
        g_snprintf(text, NAME_SIZE, "%zu.%zu", server - 1, index);
    }
}

static bool describe(const struct keypin *pin, void *data)
{
  char key[NAME_SIZE];

  name_key(pin, key);
  g_ptr_array_add(data, g_strdup_printf("%s %s %s %s %d", key, keypin_origin_token(pin->origin),
                                        keypin_status_token(pin->status),
                                        keypin_level_token(pin->level), (int)pin->count_seen));
  return true;
}

static int by_text(gconstpointer a, gconstpointer b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void gate_expect_records(struct gate *gate, const char *expected)
{
  g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
  g_autofree char *text = NULL;
  struct peer peer = strata_peer(HOST);

  policy_flush(gate->policy, GATE_NOW);
  assert_int_equal(store_pins(layers_at(gate->strata->layers, 0)->store, &peer, describe, lines),
                   TLSPIN_OK);
  g_ptr_array_sort(lines, by_text);
  g_ptr_array_add(lines, NULL);
  text = g_strjoinv("\n", (char **)lines->pdata);
  assert_string_equal(text, expected);
}

static bool describe_event(const struct event_row *event, void *data)
{
  g_string_append_printf(data, "%s%s %s %s %u", ((GString *)data)->len > 0 ? "\n" : "", event->kind,
                         event->reason, event->layer, event->count);
  return true;
}

void gate_expect_log(struct gate *gate, const char *expected)
{
  g_autoptr(GString) text = g_string_new(NULL);

  assert_int_equal(store_events(layers_at(gate->strata->layers, 0)->store, 0, NULL, EVENTS_KEPT,
                                describe_event, text),
                   TLSPIN_OK);
  assert_string_equal(text->str, expected);
}
