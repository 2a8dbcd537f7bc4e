/* The verdict, without a daemon: see bench.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench/bench.h"
#include "bench/sample.h"
#include "pinning/verdict.h"
#include "tests/path.h"

#include <stdio.h>

enum { MOST = 100, NOW = 1700000000 };

/* A peer's pins, of which only the last fits what is shown. */
struct bench_case {
  size_t count;
  struct keypin pins[MOST];
  struct verdict_entry entries[MOST];
  struct sample times;
};

static void fill(struct bench_case *a, const struct path *path, const struct peer *peer,
                 size_t count)
{
  struct place place = place_of_peer(peer);

  a->count = count;
  a->times = (struct sample){NULL, 0, 0};
  for (size_t i = 0; i < count; i++) {
    a->pins[i] = keypin_new(&place, KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_USER);
    path_pin(path, PATH_SERVER, SELECTOR_SPKI, MATCHING_SHA256, &a->pins[i]);
    a->pins[i].digest[0] ^= (uint8_t)(count - 1 - i);
    a->entries[i] = (struct verdict_entry){&a->pins[i], 0};
  }
}

/* The chain is read for each decision, so that its digests are made in it, as they are for a
 * program's. */
static void judge(struct bench_case *a, const struct path *path, const struct peer *peer)
{
  struct chain chain;
  struct verdict_input input = {.peer = peer,
                                .entries = a->entries,
                                .count = a->count,
                                .chain = &chain,
                                .pki = PKI_OK,
                                .changes = CHANGES_DEFAULT,
                                .now = NOW};
  struct verdict verdict;
  double start;

  path_read(path, PATH_SIZE, true, &chain);
  start = sample_now();
  verdict_judge(&input, &verdict);
  sample_add(&a->times, sample_now() - start);
  assert_int_equal(verdict.answer, TLSPIN_MATCH);
  assert_int_equal(verdict.reason, VERDICT_ACTIVE_MATCHED);
  assert_int_equal(verdict.decided_by, a->count - 1);
}

void bench_decisions(void)
{
  static struct bench_case one, ten, many;
  struct peer peer = {.host = "www.example.org", .protocol = PROTOCOL_TLS, .port = 443};
  struct path path;

  path_make(&path, NULL);
  fill(&one, &path, &peer, 1);
  fill(&ten, &path, &peer, 10);
  fill(&many, &path, &peer, MOST);
  for (int i = 0; i < bench_rounds; i++) {
    judge(&one, &path, &peer);
    judge(&ten, &path, &peer);
    judge(&many, &path, &peer);
  }
  sample_compare("decision, 10 pins : 1 pin", &ten.times, &one.times, 10);
  sample_compare("decision, 100 pins : 1 pin", &many.times, &one.times, 100);
  sample_clear(&one.times);
  sample_clear(&ten.times);
  sample_clear(&many.times);
  path_free(&path);
}
