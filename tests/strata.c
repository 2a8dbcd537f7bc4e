/* A user's store and two folders of system layers: see strata.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/folder.h"
#include "tests/strata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TICKET_SIZE = 5, SECRET_SIZE = 32, PATHS = 4 };

int strata_setup(void **state)
{
  struct strata *strata = g_new0(struct strata, 1);

  umask(022);
  strata->folder = g_dir_make_tmp("tlspin-XXXXXX", NULL);
  assert_non_null(strata->folder);
  strata->user = g_build_filename(strata->folder, "home", "pins.db", NULL);
  strata->admin = g_build_filename(strata->folder, "admin", NULL);
  strata->vendor = g_build_filename(strata->folder, "vendor", NULL);
  assert_int_equal(g_mkdir(strata->admin, 0755), 0);
  assert_int_equal(g_mkdir(strata->vendor, 0755), 0);
  *state = strata;
  return 0;
}

int strata_teardown(void **state)
{
  struct strata *strata = *state;

  layers_free(strata->layers);
  folder_remove(strata->folder);
  g_free(strata->folder);
  g_free(strata->user);
  g_free(strata->admin);
  g_free(strata->vendor);
  g_free(strata);
  return 0;
}

struct layers *strata_open(struct strata *strata)
{
  struct layers_config config = {
      .user_path = strata->user,
      .admin_dir = strata->admin,
      .vendor_dir = strata->vendor,
      .user = geteuid(),
      .system = geteuid(),
      .ticks = strata->ticks,
  };

  layers_free(strata->layers);
  strata->layers = layers_new(&config, STRATA_NOW);
  assert_non_null(strata->layers);
  return strata->layers;
}

struct peer strata_peer(const char *host)
{
  struct peer peer = {.protocol = PROTOCOL_TLS, .port = 443};

  g_strlcpy(peer.host, host, sizeof peer.host);
  return peer;
}

struct ticket_row strata_row(const char *host, enum lock lock, uint8_t mark)
{
  static uint8_t octets[UINT8_MAX + 1][SECRET_SIZE];

  memset(octets[mark], mark, SECRET_SIZE);
  return (struct ticket_row){
      .peer = strata_peer(host),
      .ticket = {octets[mark], TICKET_SIZE},
      .secret = {octets[mark], SECRET_SIZE},
      .hash = TICKET_SHA256,
      .series = mark,
      .first_seen = STRATA_NOW - 1000,
      .issued = STRATA_NOW - 100,
      .expires = STRATA_NOW + STRATA_LIFETIME,
      .lock = lock,
  };
}

void strata_layer(const char *folder, const char *name, const struct ticket_row *rows, size_t count)
{
  char *problem = NULL;
  struct layer_contents contents = {.ticket_count = count, .tickets = rows};
  enum tlspin_code code = store_write_layer(strata_path(folder, name), &contents, &problem);

  if (code != TLSPIN_OK)
    fail_msg("%s: %s", name, problem);
}

void strata_put(const struct strata *strata, const struct ticket_row *row)
{
  struct store *store = NULL;
  char *problem = NULL;

  if (store_open(strata->user, STORE_USER, geteuid(), &store, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  assert_int_equal(store_put(store, row, 0, STRATA_NOW), TLSPIN_OK);
  store_close(store);
}

void strata_write(const char *folder, const char *name, const char *text)
{
  const char *path = strata_path(folder, name);

  assert_true(g_file_set_contents(path, text, -1, NULL));
  assert_int_equal(g_chmod(path, 0644), 0);
}

const char *strata_path(const char *folder, const char *name)
{
  static char paths[PATHS][4096];
  static int last;

  last = (last + 1) % PATHS;
  assert_true((size_t)snprintf(paths[last], sizeof paths[last], "%s/%s", folder, name) <
              sizeof paths[last]);
  return paths[last];
}

void strata_expect(struct layers *layers, const char *host, int64_t now, enum tlspin_code code,
                   const char *reason, const char *layer)
{
  struct peer peer = strata_peer(host);
  struct layers_answer answer;

  layers_get(layers, &peer, now, &answer);
  assert_int_equal(answer.code, code);
  assert_string_equal(answer.reason, reason);
  assert_string_equal(answer.layer != NULL ? answer.layer->name : "", layer);
  layers_answer_clear(&answer);
  assert_null(answer.row.owned);
}

struct layers_answer strata_lookup(struct policy *policy, const char *host, int64_t now)
{
  struct peer peer = strata_peer(host);
  struct gathering gathering;
  struct settings settings;
  struct layers_answer answer;

  policy_lookup(policy, &peer, now, &gathering, &settings);
  answer = gathering.ticket;
  gathering.ticket = (struct layers_answer){.code = TLSPIN_OK};
  gathering_clear(&gathering);
  return answer;
}
