/* Handshakes of pinned servers against the same without pinning: see bench.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench/bench.h"
#include "bench/sample.h"
#include "libclient/tlspin-admin.h"

/* One handshake's CPU time of the client's thread; the server has a thread of its own. */
static double shake(struct stage *stage, tlspin_server_t *tickets, bool pinned)
{
  struct stand_request server = stage_server(stage);
  struct visit_request client = stage_client(stage);
  struct stand stand;
  struct visit seen;
  double start;

  server.pinning = tickets;
  if (!pinned)
    client.host = NULL; /* cannot be pinned: attach changes nothing */
  client.verify_as = STAGE_HOST;
  client.finish_flags = 1u << 8; /* don't wait */
  stand_open(&stand, &server);
  start = sample_cpu();
  visit(&client, stand.port, &seen);
  start = sample_cpu() - start;
  stand_close(&stand);
  assert_int_equal(seen.handshake, 0);
  assert_int_equal(seen.answer, pinned ? TLSPIN_MATCH : TLSPIN_CANNOT_BE_PINNED);
  assert_int_equal(seen.proved, pinned && tickets != NULL);
  return start;
}

/* The first meeting pins. tickets: the server's, or NULL: then it is its key that is pinned. */
static void compare(struct stage *stage, tlspin_server_t *tickets, const char *name)
{
  struct stand_request server = stage_server(stage);
  struct visit_request client = stage_client(stage);
  struct sample pinned = {0}, unpinned = {0};
  struct meeting met;

  server.pinning = tickets;
  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  for (int i = 0; i < bench_rounds / 4; i++) {
    sample_add(&pinned, shake(stage, tickets, true));
    sample_add(&unpinned, shake(stage, NULL, false));
  }
  sample_compare(name, &pinned, &unpinned, 1.05);
  sample_clear(&pinned);
  sample_clear(&unpinned);
}

void bench_ticket_handshakes(struct stage *stage)
{
  compare(stage, stage->pinning, "pinned handshake : unpinned (client CPU)");
}

void bench_key_handshakes(struct stage *stage)
{
  struct tlspin_filter host = {.host = STAGE_HOST};

  assert_int_equal(tlspin_clear(stage->context, &host, NULL), TLSPIN_OK);
  compare(stage, NULL, "handshake with a TOFU key : unpinned (CPU)");
}
