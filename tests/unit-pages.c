/* Records that are stored page by page, and taken back where that fails. The pin store is here a
 * counter, for the faults that the real one doesn't have at a certain page; tests/import.bus has
 * the real one.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/pages.h"

#include "tests/capture.h"
#include "tools/tlspin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
  unsigned puts, undos;
  size_t stored;         /* records */
  unsigned fail_at;      /* which put fails, from 1; 0: none */
  int code;              /* how */
  unsigned interrupt_at; /* which put is met by a signal */
  int signal;            /* which; 0: SIGINT */
  const char *message;   /* of the last failure */
  const char *warning;   /* of every put */
  uint64_t undone;       /* which operation */
  int undo_code;
  bool unknown;                 /* no answer comes where it fails */
  uint64_t operations[8];       /* that the puts belonged to */
  unsigned flags;               /* of the last put */
  unsigned parts;               /* puts that said that more would follow */
  char last_host[HOST_MAX + 1]; /* of the last record */
  char last_subject[128];       /* of the chain seen with it */
  size_t last_chain;            /* how long it is */
  size_t backed;                /* how many records were said to be */
} store;

enum { OPERATION = 42, PAGE = 1000 };

int __wrap_tlspin_put(tlspin_t *context, const struct tlspin_record *records, size_t count,
                      uint64_t operation, unsigned flags, struct tlspin_change *change,
                      tlspin_warn warn, void *data);
int __wrap_tlspin_undo(tlspin_t *context, uint64_t operation, struct tlspin_change *change);
const char *__wrap_tlspin_last_message(void);

int __wrap_tlspin_put(tlspin_t *context, const struct tlspin_record *records, size_t count,
                      uint64_t operation, unsigned flags, struct tlspin_change *change,
                      tlspin_warn warn, void *data)
{
  (void)context;
  assert_true(count >= 1 && count <= PAGE);
  store.operations[store.puts++ % G_N_ELEMENTS(store.operations)] = operation;
  store.flags = flags;
  store.parts += (flags & TLSPIN_MORE) != 0;
  g_strlcpy(store.last_host, records[count - 1].host, sizeof store.last_host);
  store.last_chain = records[count - 1].chain_size;
  for (size_t i = 0; i < count; i++)
    store.backed += records[i].backed != 0;
  if (store.last_chain > 0)
    g_strlcpy(store.last_subject, records[count - 1].chain[0].subject, sizeof store.last_subject);
  if (store.interrupt_at == store.puts)
    raise(store.signal != 0 ? store.signal : SIGINT);
  change->unknown = store.fail_at == store.puts && store.unknown;
  if (store.fail_at == store.puts)
    return store.code;
  if (store.warning != NULL)
    warn(store.warning, data);
  store.stored += count;
  *change = (struct tlspin_change){.operation = (flags & TLSPIN_DRY_RUN) != 0 ? 0 : OPERATION,
                                   .count = count};
  if (flags == 0) /* of all pages, with the operation's own number */
    *change = (struct tlspin_change){.operation = OPERATION + 1, .count = store.stored};
  return TLSPIN_OK;
}

int __wrap_tlspin_undo(tlspin_t *context, uint64_t operation, struct tlspin_change *change)
{
  (void)context;
  (void)change;
  store.undos++;
  store.undone = operation;
  return store.undo_code;
}

const char *__wrap_tlspin_last_message(void)
{
  return store.message != NULL ? store.message : "";
}

static GString *told;

static int setup(void **state)
{
  (void)state;
  memset(&store, 0, sizeof store);
  told = g_string_new(NULL);
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  g_string_free(told, TRUE);
  return 0;
}

static void on_remark(size_t line, enum remark remark, const char *text, void *data)
{
  assert_ptr_equal(data, &store);
  g_string_append_printf(told, "%zu %s%s\n", line, remark == REMARK_REFUSED ? "refused " : "",
                         text);
}

/* Records of lines 11, 12 and so on. Returns how many were taken. */
static size_t put(struct pages *pages, size_t count)
{
  size_t taken = 0;

  for (size_t i = 0; i < count; i++) {
    struct place place = {.protocol = PLACE_ANY_PROTOCOL};
    struct keypin pin;

    g_snprintf(place.host, sizeof place.host, "h%zu.example", i);
    pin = keypin_new(&place, KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_IMPORT);
    taken += pages_put(pages, &pin, 11 + i, i % PAGE == 0);
  }
  return taken;
}

/* What is said on standard error; to be freed with free. */
static char *run(size_t count, unsigned flags, int expected, struct tlspin_change *change)
{
  struct capture capture;
  struct pages *pages;

  capture_begin(&capture, STDERR_FILENO);
  pages = pages_new(NULL, flags, on_remark, &store);
  put(pages, count);
  assert_int_equal(pages_end(pages, change), expected);
  return capture_end(&capture);
}

static void assert_said(char *said, const char *expected)
{
  if (expected[0] == '\0' ? said[0] != '\0' : strstr(said, expected) == NULL)
    fail_msg("'%s' is not in '%s'", expected, said);
  free(said);
}

/* Each record goes with what is known of it, on every page. */
static void test_backed(void **state)
{
  struct tlspin_change change;

  (void)state;
  assert_said(run(2 * PAGE + 1, 0, STATUS_FINE, &change), "");
  assert_int_equal(store.backed, 3);
}

static void test_pages(void **state)
{
  struct tlspin_change change;

  (void)state;
  assert_said(run(2 * PAGE + 1, 0, STATUS_FINE, &change), "");
  assert_int_equal(store.puts, 3);
  assert_int_equal(store.stored, 2 * PAGE + 1);
  assert_int_equal(store.operations[0], 0);
  assert_int_equal(store.operations[1], OPERATION);
  assert_int_equal(store.operations[2], OPERATION);
  assert_int_equal(change.operation, OPERATION + 1);
  assert_int_equal(change.count, 2 * PAGE + 1);
  assert_string_equal(store.last_host, "h2000.example");
  assert_int_equal(store.undos, 0);
  assert_int_equal(store.parts, 2); /* the last one finishes it */
  assert_int_equal(store.flags, 0);
}

static void test_sizes(void **state)
{
  struct tlspin_change change;

  (void)state;
  assert_said(run(0, 0, STATUS_FINE, &change), "");
  assert_int_equal(store.puts, 0);
  assert_int_equal(change.operation, 0);
  assert_said(run(PAGE, 0, STATUS_FINE, &change), "");
  assert_int_equal(store.puts, 1);
  assert_int_equal(store.stored, PAGE);
  assert_int_equal(store.parts, 0);
  assert_said(run(2 * PAGE, 0, STATUS_FINE, &change), "");
  assert_int_equal(store.puts, 3);
  assert_int_equal(store.parts, 1);
}

static void test_dry_run(void **state)
{
  struct tlspin_change change;

  (void)state;
  assert_said(run(PAGE + 5, TLSPIN_DRY_RUN, STATUS_FINE, &change), "");
  assert_int_equal(store.flags, TLSPIN_DRY_RUN);
  assert_int_equal(change.operation, 0);
  assert_int_equal(change.count, PAGE + 5);
}

/* The first page stands by then, and is taken back; the rest isn't tried. */
static void test_failure_in_the_middle(void **state)
{
  struct tlspin_change change;

  (void)state;
  store.fail_at = 2;
  store.code = TLSPIN_UNAVAILABLE;
  store.message = "The disk is full.";
  assert_said(run(5 * PAGE, 0, STATUS_STORE, &change),
              "The disk is full.\nprogram: What had been stored by then was taken back");
  assert_int_equal(store.puts, 2);
  assert_int_equal(store.undos, 1);
  assert_int_equal(store.undone, OPERATION);
}

static void test_failure_at_once(void **state)
{
  struct tlspin_change change;

  (void)state;
  store.fail_at = 1;
  store.code = TLSPIN_UNAVAILABLE;
  assert_said(run(3, 0, STATUS_STORE, &change), "Nothing was changed.");
  store.puts = 0;
  store.unknown = true;
  assert_said(run(3, 0, STATUS_STORE, &change), "Whether anything was changed is not known");
  store.puts = 0;
  assert_said(run(3, TLSPIN_DRY_RUN, STATUS_STORE, &change), "Nothing was changed.");
  store.puts = 0;
  assert_said(run(PAGE + 1, 0, STATUS_STORE, &change), "Nothing was changed."); /* a draft */
  store.puts = 0;
  store.code = TLSPIN_E_DENIED;
  store.message = "You may not.";
  assert_said(run(3, 0, STATUS_STORE, &change), "You may not.");
  assert_int_equal(store.undos, 0);
}

/* A daemon that was started anew in between has taken back by itself what was begun. */
static void test_taken_back_already(void **state)
{
  struct tlspin_change change;

  (void)state;
  store.fail_at = 2;
  store.code = TLSPIN_UNAVAILABLE;
  store.undo_code = TLSPIN_E_NOTHING_TO_UNDO;
  assert_said(run(3 * PAGE, 0, STATUS_STORE, &change), "was taken back: nothing is changed");
  assert_int_equal(store.undos, 1);
}

/* A last page may have been taken, though no answer came: then it is no draft any more. */
static void test_failure_at_the_end(void **state)
{
  struct tlspin_change change;

  (void)state;
  store.fail_at = 2;
  store.code = TLSPIN_UNAVAILABLE;
  store.undo_code = TLSPIN_E_NOTHING_TO_UNDO;
  assert_said(run(2 * PAGE, 0, STATUS_STORE, &change), "Whether anything was changed is not known");
  store.puts = 0;
  store.undo_code = TLSPIN_E_BUSY;
  assert_said(run(2 * PAGE, 0, STATUS_STORE, &change), "Whether anything was changed is not known");
  assert_int_equal(store.undos, 2);
}

/* Nothing of a draft is in force: whoever can't take it back needs to do nothing. */
static void test_failure_to_take_back(void **state)
{
  struct tlspin_change change;

  (void)state;
  store.fail_at = 2;
  store.code = store.undo_code = TLSPIN_UNAVAILABLE;
  store.message = "Nobody is there.";
  assert_said(run(3 * PAGE, 0, STATUS_STORE, &change), "Nothing was changed.");
  assert_int_equal(store.undos, 1);
}

/* The daemon numbers the records of a page; people know the lines of their file. */
static void test_refused_record(void **state)
{
  struct tlspin_change change;

  (void)state;
  store.fail_at = 2;
  store.code = TLSPIN_E_ARGUMENT;
  store.message = "entry 7: no host of 2 labels: it is wrong";
  assert_said(run(2 * PAGE, 0, STATUS_USAGE, &change), "was taken back");
  assert_string_equal(told->str, "1017 refused no host of 2 labels: it is wrong\n");
}

static void assert_told(const char *warning, const char *expected)
{
  struct tlspin_change change;

  store.warning = warning;
  g_string_truncate(told, 0);
  assert_said(run(3, 0, STATUS_FINE, &change), "");
  assert_string_equal(told->str, expected);
}

static void test_warnings(void **state)
{
  (void)state;
  assert_told("entry 3: look out", "13 look out\n");
  assert_told("Eintrag 1: Obacht: da", "11 Obacht: da\n");
  assert_told("entry 4: of another page", "0 entry 4: of another page\n");
  assert_told("entry 0: none", "0 entry 0: none\n");
  assert_told("no number", "0 no number\n");
  assert_told("layer: 3 of them", "0 layer: 3 of them\n");
}

/* Ctrl-C ends it after a page, and what it did before that is undone. */
static void test_interrupted(void **state)
{
  struct tlspin_change change;
  struct sigaction before, after;

  (void)state;
  store.interrupt_at = 1;
  assert_int_equal(sigaction(SIGINT, NULL, &before), 0); /* in the background it is ignored */
  assert_said(run(4 * PAGE, 0, STATUS_USAGE, &change),
              "Broken off.\nprogram: What had been stored by then was taken back");
  assert_int_equal(store.puts, 1);
  assert_int_equal(store.undone, OPERATION);
  assert_int_equal(sigaction(SIGINT, NULL, &after), 0);
  assert_ptr_equal(after.sa_handler, before.sa_handler);
}

/* So does the end of the terminal, of the reader, and whatever else would end the program. */
static void test_other_signals(void **state)
{
  static const int signals[] = {SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
  struct sigaction before, after;
  struct tlspin_change change;

  for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) {
    assert_int_equal(teardown(state) + setup(state), 0);
    signal(signals[i], SIG_DFL);
    assert_int_equal(sigaction(signals[i], NULL, &before), 0);
    store.interrupt_at = 1;
    store.signal = signals[i];
    assert_said(run(4 * PAGE, 0, STATUS_USAGE, &change),
                "Broken off.\nprogram: What had been stored by then was taken back");
    assert_int_equal(store.puts, 1);
    assert_int_equal(store.undone, OPERATION);
    assert_int_equal(sigaction(signals[i], NULL, &after), 0);
    assert_ptr_equal(after.sa_handler, before.sa_handler);
  }
}

/* nohup tlspin import: the end of the terminal is nothing to it. */
static void test_ignored_signals(void **state)
{
  static const int signals[] = {SIGHUP, SIGQUIT, SIGPIPE};
  struct tlspin_change change;

  for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) {
    assert_int_equal(teardown(state) + setup(state), 0);
    signal(signals[i], SIG_IGN);
    store.interrupt_at = 1;
    store.signal = signals[i];
    assert_said(run(2 * PAGE, 0, STATUS_FINE, &change), "");
    assert_int_equal(store.puts, 2);
    signal(signals[i], SIG_DFL);
  }
}

static void test_put_says_when_to_stop(void **state)
{
  struct tlspin_change change;
  struct capture capture;
  struct pages *pages = pages_new(NULL, 0, on_remark, &store);

  (void)state;
  store.fail_at = 1;
  store.code = TLSPIN_UNAVAILABLE;
  capture_begin(&capture, STDERR_FILENO);
  assert_int_equal(put(pages, PAGE + 10), PAGE);
  assert_int_equal(pages_end(pages, &change), STATUS_STORE);
  free(capture_end(&capture));
}

/* The caller's record may go away. */
static void test_copies(void **state)
{
  struct place place = {.host = "a.example", .protocol = PLACE_ANY_PROTOCOL};
  struct keypin pin = keypin_new(&place, KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_IMPORT);
  struct pages *pages = pages_new(NULL, 0, on_remark, &store);
  char *note = g_strdup("a note");
  struct chain_seen seen = {.count = 3, .at = {{.subject = "a subject"}}};
  uint8_t octets[CHAIN_SEEN_MAX];
  struct writer writer = writer_of(octets, sizeof octets);
  struct tlspin_change change;

  (void)state;
  assert_true(chain_seen_encode(&seen, &writer));
  pin.note = note;
  pin.seen = writer_span(&writer);
  assert_true(pages_put(pages, &pin, 1, false));
  g_free(note);
  memset(octets, 0xff, sizeof octets);
  memset(&pin, 0xff, sizeof pin);
  assert_int_equal(pages_end(pages, &change), STATUS_FINE);
  assert_string_equal(store.last_host, "a.example");
  assert_int_equal(store.last_chain, 3);
  assert_string_equal(store.last_subject, "a subject");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_pages, setup, teardown),
      cmocka_unit_test_setup_teardown(test_backed, setup, teardown),
      cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
      cmocka_unit_test_setup_teardown(test_dry_run, setup, teardown),
      cmocka_unit_test_setup_teardown(test_failure_in_the_middle, setup, teardown),
      cmocka_unit_test_setup_teardown(test_failure_at_once, setup, teardown),
      cmocka_unit_test_setup_teardown(test_failure_at_the_end, setup, teardown),
      cmocka_unit_test_setup_teardown(test_failure_to_take_back, setup, teardown),
      cmocka_unit_test_setup_teardown(test_refused_record, setup, teardown),
      cmocka_unit_test_setup_teardown(test_warnings, setup, teardown),
      cmocka_unit_test_setup_teardown(test_taken_back_already, setup, teardown),
      cmocka_unit_test_setup_teardown(test_interrupted, setup, teardown),
      cmocka_unit_test_setup_teardown(test_other_signals, setup, teardown),
      cmocka_unit_test_setup_teardown(test_ignored_signals, setup, teardown),
      cmocka_unit_test_setup_teardown(test_put_says_when_to_stop, setup, teardown),
      cmocka_unit_test_setup_teardown(test_copies, setup, teardown),
  };

  g_set_prgname("program");
  return cmocka_run_group_tests(tests, NULL, NULL);
}
