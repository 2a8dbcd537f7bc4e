/* What GnuTLS's own known_hosts does where tlspin is tested for T3, T5, T6, T8 and T9: the rows
 * "known_hosts" of the table, for comparison.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * This program fails where the comparison itself doesn't work, and not for what GnuTLS does. A pin
 * that is not found without an error is what lets an impostor in: the program stores the impostor's
 * key as a first one. All damage follows from a seed that never changes. */
#include "config.h"

#include "bench/sample.h"
#include "tests/folder.h"
#include "tests/full.h"
#include "tests/nobody.h"
#include "tests/pki.h"
#include "tests/stores.h"

#include <gnutls/gnutls.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

enum { SEED = 4711, ROWS = 20, DAY = 86400, BUDGET_FILE = 65536 };

struct compare {
  char folder[32];
  char path[64];
  gnutls_datum_t mine, theirs; /* certificates */
  char *line;                  /* of host 0, as GnuTLS writes it, after the host */
  char *content;               /* of a file with ROWS hosts */
  size_t size;
};

/* What the lookups of a host with its own key said. */
struct tally {
  unsigned found, silent, mismatch, error;
};

static void name_host(uint32_t n, char host[32])
{
  snprintf(host, 32, "h%07u.known.example", n);
}

static int verify(const struct compare *compare, const char *host,
                  const gnutls_datum_t *certificate)
{
  return gnutls_verify_stored_pubkey(compare->path, NULL, host, "443", GNUTLS_CRT_X509, certificate,
                                     0);
}

static int store(const struct compare *compare, const char *host, time_t expires)
{
  return gnutls_store_pubkey(compare->path, NULL, host, "443", GNUTLS_CRT_X509, &compare->mine,
                             expires, 0);
}

static void tally_add(struct tally *tally, int code)
{
  tally->found += code == 0;
  tally->silent += code == GNUTLS_E_NO_CERTIFICATE_FOUND;
  tally->mismatch += code == GNUTLS_E_CERTIFICATE_KEY_MISMATCH;
  tally->error += code != 0 && code != GNUTLS_E_NO_CERTIFICATE_FOUND &&
                  code != GNUTLS_E_CERTIFICATE_KEY_MISMATCH;
}

static void write_content(const struct compare *compare, const char *content, size_t size)
{
  FILE *file = fopen(compare->path, "we");

  assert_non_null(file);
  assert_int_equal(fwrite(content, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
}

/* A file with so many hosts, in the form that GnuTLS writes. */
static void write_hosts(const struct compare *compare, uint32_t count)
{
  FILE *file = fopen(compare->path, "we");
  char host[32];

  assert_non_null(file);
  for (uint32_t n = 0; n < count; n++) {
    name_host(n, host);
    fprintf(file, "|g0|%s%s\n", host, compare->line);
  }
  assert_int_equal(fclose(file), 0);
}

/* --- T3 --- */

enum damage { BIT, BYTE, ZEROS, TRUNCATION, DAMAGES };

static size_t damage(char *content, size_t size, enum damage kind, uint32_t *seed)
{
  size_t at = stores_random(seed) % size;

  switch (kind) {
  case BIT:
    content[at] = (char)(content[at] ^ 1 << stores_random(seed) % 8);
    break;
  case BYTE:
    content[at] = (char)(content[at] + 1 + (int)(stores_random(seed) % 255));
    break;
  case ZEROS:
    memset(content + at / 512 * 512, 0, size - at / 512 * 512 < 512 ? size - at / 512 * 512 : 512);
    break;
  default:
    return at;
  }
  return size;
}

/* The worst that any host of the damaged file met. */
static void look_up_all(const struct compare *compare, struct tally *tally)
{
  struct tally all = {0};
  char host[32];

  for (uint32_t n = 0; n < ROWS; n++) {
    name_host(n, host);
    tally_add(&all, verify(compare, host, &compare->mine));
  }
  tally->silent += all.silent > 0;
  tally->mismatch += all.mismatch > 0;
  tally->error += all.error > 0;
  tally->found += all.found == ROWS;
}

static void test_damage(void **state)
{
  const struct compare *compare = *state;
  unsigned rounds = (unsigned)full_count(40, 1000, 10000);
  g_autofree char *copy = g_malloc(compare->size);
  struct tally tally = {0}, whole = {0};
  uint32_t seed = SEED;

  write_content(compare, compare->content, compare->size);
  look_up_all(compare, &whole);
  assert_int_equal(whole.found, 1);
  for (unsigned i = 0; i < rounds; i++) {
    memcpy(copy, compare->content, compare->size);
    write_content(compare, copy, damage(copy, compare->size, (enum damage)(i % DAMAGES), &seed));
    look_up_all(compare, &tally);
  }
  assert_true(tally.found < rounds);
  full_say(
      "T3 known_hosts",
      "10,000 damages (bit, byte, zeroed 512 B, truncation): never a silent no-pin or wrong pin",
      tally.silent == 0,
      "%u damages: %u with a pin silently not found, %u with a false "
      "mismatch, %u with an error, %u without effect",
      rounds, tally.silent, tally.mismatch, tally.error, tally.found);
}

/* --- T5 --- */

/* Stores in a process whose files can't grow any more at some time; how many were said to be there.
 */
static void store_in_want(const struct compare *compare, unsigned count, bool said[])
{
  const struct rlimit limit = {BUDGET_FILE, BUDGET_FILE};
  char host[32];

  signal(SIGXFSZ, SIG_IGN);
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
    _exit(1);
  for (uint32_t n = 0; n < count; n++) {
    name_host(n, host);
    said[n] = store(compare, host, 0) == 0;
  }
  _exit(0);
}

static void test_full(void **state)
{
  const struct compare *compare = *state;
  unsigned count = (unsigned)full_count(500, 1010, 1010), told = 0, lost = 0;
  bool *said =
      mmap(NULL, count * sizeof *said, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  char host[32];
  pid_t child;

  assert_true(said != MAP_FAILED);
  unlink(compare->path);
  child = stores_fork();
  if (child == 0)
    store_in_want(compare, count, said);
  stores_join(child);
  assert_true(said[0]);
  for (uint32_t n = 0; n < count; n++) {
    name_host(n, host);
    told += said[n];
    lost += said[n] && verify(compare, host, &compare->mine) != 0;
  }
  munmap(said, count * sizeof *said);
  full_say("T5 known_hosts", "RLIMIT_FSIZE: an error, old data intact", lost == 0,
           "%u stores of %u said OK, of which %u are not there", told, count, lost);
}

/* --- T6 --- */

static double median_of(const struct compare *compare, uint32_t size, unsigned rounds)
{
  struct sample times = {0};
  uint32_t seed = SEED;
  char host[32];
  double median;

  write_hosts(compare, size);
  for (unsigned i = 0; i < rounds; i++) {
    double start;

    name_host(stores_random(&seed) % size, host);
    start = sample_now();
    assert_int_equal(verify(compare, host, &compare->mine), 0);
    sample_add(&times, sample_now() - start);
  }
  median = sample_quantile(&times, 0.5);
  printf("%8u entries: p50 %.1f us\n", size, median);
  sample_clear(&times);
  return median;
}

static void test_growth(void **state)
{
  static const struct {
    uint32_t size;
    unsigned rounds;
  } sizes[] = {{100, 1000}, {1000, 300}, {10000, 100}, {100000, 50}, {1000000, 20}};
  size_t count = (size_t)full_count(2, 3, 5);
  double first = 0, last = 0;

  for (size_t i = 0; i < count; i++) {
    last = median_of(*state, sizes[i].size, sizes[i].rounds);
    first = i == 0 ? last : first;
  }
  full_say("T6 known_hosts", "lookup against size, 100 to 1,000,000 entries: p50 grows <= 10 %",
           last <= first * 1.1, "100 to %u entries: p50 %.0f us to %.0f us, %.0f times",
           sizes[count - 1].size, first, last, last / first);
}

/* --- T8 --- */

/* Of somebody to whom modes mean something. */
static int verify_as_nobody(const struct compare *compare, const char *host)
{
  int *code = mmap(NULL, sizeof *code, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t child;
  int got;

  assert_true(code != MAP_FAILED);
  child = stores_fork();
  if (child == 0) {
    if (!nobody_become())
      _exit(1);
    *code = verify(compare, host, &compare->theirs);
    _exit(0);
  }
  stores_join(child);
  got = *code;
  munmap(code, sizeof *code);
  return got;
}

static void put_back(const struct compare *compare)
{
  if (rmdir(compare->path) != 0)
    unlink(compare->path);
  write_content(compare, compare->content, compare->size);
  assert_int_equal(chmod(compare->path, 0644), 0);
}

/* A store that can't be read, and an impostor. */
static void test_outages(void **state)
{
  const struct compare *compare = *state;
  struct tally tally = {0}, before = {0};
  char host[32];

  name_host(ROWS - 1, host);
  assert_int_equal(chmod(compare->folder, 0755), 0);
  put_back(compare);
  tally_add(&before, verify_as_nobody(compare, host));
  assert_int_equal(before.mismatch, 1);
  assert_int_equal(chmod(compare->path, 0), 0);
  tally_add(&tally, verify_as_nobody(compare, host)); /* EACCES */
  assert_int_equal(unlink(compare->path), 0);
  tally_add(&tally, verify_as_nobody(compare, host)); /* missing */
  assert_int_equal(mkdir(compare->path, 0755), 0);
  tally_add(&tally, verify_as_nobody(compare, host)); /* a directory */
  put_back(compare);
  write_content(compare, compare->content, compare->size - strlen(compare->line) - 8);
  tally_add(&tally, verify_as_nobody(compare, host)); /* a record cut short */
  put_back(compare);
  full_say("T8 known_hosts", "store EACCES, missing, a directory, truncated: never \"no pin\"",
           tally.silent == 0, "4 outages: %u silently \"not found\", %u with an error, %u known",
           tally.silent, tally.error, tally.mismatch);
}

/* --- T9 --- */

static time_t now_told;

static time_t tell_time(time_t *time)
{
  if (time != NULL)
    *time = now_told;
  return now_told;
}

/* Pins for thirty days, an impostor, and a clock that is wrong. */
static void test_clock(void **state)
{
  const struct compare *compare = *state;
  const time_t start = STORES_NOW,
               jumps[] = {start, 1, start - DAY, start + 31 * DAY, 2082758400, start};
  const char *host = "clock.known.example";
  struct tally tally = {0};

  gnutls_global_set_time_function(tell_time);
  unlink(compare->path);
  now_told = start;
  assert_int_equal(store(compare, host, start + 30 * DAY), 0);
  for (size_t i = 0; i < sizeof jumps / sizeof jumps[0]; i++) {
    now_told = jumps[i];
    tally_add(&tally, verify(compare, host, &compare->theirs));
  }
  gnutls_global_set_time_function(time);
  assert_true(tally.mismatch > 0);
  full_say("T9 known_hosts",
           "clock at 1970, -1 day, +31 days, 2036, and back: no pin deleted, no impostor accepted",
           tally.silent == 0, "6 meetings with an impostor: %u refused, %u silently \"not found\"",
           tally.mismatch, tally.silent);
}

/* --- All --- */

/* What GnuTLS writes after the name of a host. */
static void learn_line(struct compare *compare)
{
  g_autofree char *content = NULL;
  char host[32], *after;

  name_host(0, host);
  assert_int_equal(store(compare, host, 0), 0);
  assert_true(g_file_get_contents(compare->path, &content, NULL, NULL));
  assert_true(g_str_has_prefix(content, "|g0|"));
  after = strstr(content, host);
  assert_non_null(after);
  compare->line = g_strdup(after + strlen(host));
  compare->line[strcspn(compare->line, "\n")] = '\0';
}

static gnutls_datum_t make_certificate(void)
{
  struct pki_identity identity;
  gnutls_datum_t certificate;

  pki_make(&identity, NULL, &(struct pki_request){.purpose = PKI_SERVER, .name = "known.example"});
  certificate = pki_certificate_der(&identity);
  pki_free(&identity);
  return certificate;
}

static int compare_open(void **state)
{
  struct compare *compare = g_new0(struct compare, 1);

  strcpy(compare->folder, "/tmp/tlspin-XXXXXX");
  assert_non_null(mkdtemp(compare->folder));
  snprintf(compare->path, sizeof compare->path, "%s/known_hosts", compare->folder);
  compare->mine = make_certificate();
  compare->theirs = make_certificate();
  learn_line(compare);
  write_hosts(compare, ROWS);
  assert_true(g_file_get_contents(compare->path, &compare->content, &compare->size, NULL));
  *state = compare;
  return 0;
}

static int compare_close(void **state)
{
  struct compare *compare = *state;

  folder_remove(compare->folder);
  gnutls_free(compare->mine.data);
  gnutls_free(compare->theirs.data);
  g_free(compare->line);
  g_free(compare->content);
  g_free(compare);
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_damage),  cmocka_unit_test(test_full),  cmocka_unit_test(test_growth),
      cmocka_unit_test(test_outages), cmocka_unit_test(test_clock),
  };

  return cmocka_run_group_tests(tests, compare_open, compare_close);
}
