/* What tlspin costs, each against the same without it, measured in one run. See HACKING.md.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench/bench.h"

#include "bench/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICKETS = 100 };

int bench_rounds = 2000;

static void store(struct stage *stage, const char *host)
{
  static const uint8_t octets[200] = {1};
  struct tlspin_ticket ticket = {.ticket = octets,
                                 .ticket_size = sizeof octets,
                                 .secret = octets,
                                 .secret_size = 32,
                                 .hash = "sha256",
                                 .lifetime = 86400};
  uint64_t expires;

  assert_int_equal(tlspin_store(stage->context, host, "tls", VISIT_PORT, &ticket, &expires),
                   TLSPIN_OK);
}

static void bench_memory(struct stage *stage)
{
  char path[64], line[128];
  long kib = 0;
  FILE *file;

  snprintf(path, sizeof path, "/proc/%d/status", (int)desk_wake(&stage->desk));
  file = fopen(path, "re");
  assert_non_null(file);
  while (fgets(line, sizeof line, file) != NULL)
    sscanf(line, "VmRSS: %ld kB", &kib);
  fclose(file);
  printf("%-44s %9.2f MB                        (aim 6.00)\n",
         "resident memory of the daemon, 100 entries", (double)kib * 1024 / 1e6);
}

static void bench(void **state)
{
  struct stage *stage = *state;
  char host[64];

  for (int i = 0; i < TICKETS; i++) {
    snprintf(host, sizeof host, "host%d.example", i);
    store(stage, host);
  }
  printf("%-44s %12s %12s   ratio\n", "p50", "with", "against");
  bench_tickets(stage);
  bench_ticket_handshakes(stage);
  bench_activation(stage);
  bench_memory(stage);
  bench_key_handshakes(stage);
  bench_records(stage);
  bench_decisions();
}

int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(bench)};

  if (argc == 2 && strcmp(argv[1], "--quick") == 0)
    bench_rounds = 80;
  else if (argc != 1) {
    fprintf(stderr, "usage: %s [--quick]\n", argv[0]);
    return EXIT_FAILURE;
  }
  return cmocka_run_group_tests(tests, stage_open, stage_close);
}
