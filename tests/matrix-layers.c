/* Attacks on the file of a system layer that pins a server and locks what unavailable means: with
 * the real daemon, whole handshakes and the methods. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/pinned.h"
#include "tests/tamper.h"

#include "daemon/store.h"
#include "dbus/check.h"
#include "dbus/names.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAYER "50-site.db"

#define CROWD "40-crowd.db"
#define SMALL "60-small.db"

enum { PATIENCE = 60000 /* milliseconds */, UPTAKE = 1000, MANY = 100000, ROUNDS = 10 };

/* One server that is pinned, and one with another certificate of the same authority. */
enum who { HONEST, FRAUD };

static struct stand_request server_of(struct stage *stage, enum who who)
{
  return pinned_server(stage, who == HONEST ? PKI_ECDSA : PKI_RSA);
}

static const struct setting_row fails = {"unavailable", "fail", true};

/* Puts the layer in its place by a rename. fail: with the lock on unavailable=fail. */
static void write_layer(const char *path, const struct pki_identity *identity, bool fail)
{
  struct keypin pin = pinned_locked(identity);
  struct layer_contents contents = {
      .pin_count = 1, .pins = &pin, .setting_count = fail, .settings = &fails};
  char *problem = NULL;

  if (store_write_layer(path, &contents, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
}

/* What a test that failed left behind goes, too. */
static int clear(void **state)
{
  struct stage *stage = *state;

  tamper_clear(pinned_layer_path(stage, LAYER));
  desk_set_owner(&stage->desk, getuid());
  return stage_clear(state);
}

static void mend(struct stage *stage, const char *path, bool fail)
{
  tamper_clear(path);
  write_layer(path, &stage->servers[PKI_ECDSA], fail);
}

/* What the library's function says of a server's certificate. */
static int check_at(struct stage *stage, const char *host, enum who who)
{
  struct tlspin_check check = {.chain_size = 2, .flags = TLSPIN_CHECK_PATH, .pki = TLSPIN_PKI_OK};
  gnutls_datum_t der[2] = {
      pki_certificate_der(&stage->servers[who == HONEST ? PKI_ECDSA : PKI_RSA]),
      pki_certificate_der(&stage->ca)};
  struct tlspin_octets chain[2];
  int answer;

  for (int i = 0; i < 2; i++)
    chain[i] = (struct tlspin_octets){der[i].data, der[i].size};
  check.chain = chain;
  check.flags |= TLSPIN_CHECK_LEARN;
  answer = tlspin_check_chain(stage->context, host, "tls", VISIT_PORT, &check, NULL);
  for (int i = 0; i < 2; i++)
    gnutls_free(der[i].data);
  return answer;
}

static int check(struct stage *stage, enum who who)
{
  return check_at(stage, STAGE_HOST, who);
}

/* The same by the method alone. */
static void expect_method(struct stage *stage, enum who who, const char *answer)
{
  gnutls_datum_t der = pki_certificate_der(&stage->servers[who == HONEST ? PKI_ECDSA : PKI_RSA]);
  struct bus_check_call call = {
      .peer = {STAGE_HOST, "tls", VISIT_PORT},
      .chain = {.count = 1, .at = {{der.data, der.size}}},
      .options = {.pki = "ok", .ticket = "", .program = "", .learn = true},
  };
  DBusConnection *connection = test_bus_join(&stage->desk.bus);
  DBusMessage *message =
      dbus_message_new_method_call(BUS_PINS, BUS_PINS_PATH, BUS_PINS, "CheckChain");
  struct bus_check_reply reply;
  DBusMessage *replied;

  assert_true(bus_append_check_call(message, &call));
  replied = dbus_connection_send_with_reply_and_block(connection, message, 20000, NULL);
  assert_non_null(replied);
  assert_true(bus_read_check_reply(replied, &reply));
  assert_string_equal(reply.answer, answer);
  dbus_message_unref(replied);
  dbus_message_unref(message);
  test_bus_leave(connection);
  gnutls_free(der.data);
}

/* Whatever the daemon has noticed by now, the fraud is never let through. */
static void await(struct stage *stage, enum who who, int answer)
{
  long start = test_now();

  while (check(stage, who) != answer) {
    int fraud = check(stage, FRAUD);

    assert_true(fraud == TLSPIN_MISMATCH || fraud == TLSPIN_UNAVAILABLE);
    assert_true(test_now() - start < PATIENCE);
    usleep(10000);
  }
}

static void visit_one(struct stage *stage, enum who who, unsigned flags, bool goes_on)
{
  struct stand_request server = server_of(stage, who);
  struct visit_request client = stage_client(stage);
  struct meeting met;

  client.flags = flags;
  meet(&client, &server, &met);
  assert_int_equal(met.visit.answer, TLSPIN_UNAVAILABLE);
  assert_int_equal(met.visit.finished, goes_on ? TLSPIN_OK : TLSPIN_UNAVAILABLE);
  assert_int_equal(met.visit.conversed, goes_on);
  assert_int_equal(met.stand.received > 0, goes_on);
  assert_int_equal(met.visit.stored, 0);
}

/* Nobody knows what the layer says: at every level, for both servers, by every way to ask. */
static void expect_unavailable(struct stage *stage, bool fail)
{
  for (enum who who = HONEST; who <= FRAUD; who++) {
    visit_one(stage, who, TLSPIN_TOFU, !fail);
    visit_one(stage, who, TLSPIN_STRICT, false);
    visit_one(stage, who, TLSPIN_ADVISORY, true);
    assert_int_equal(check(stage, who), TLSPIN_UNAVAILABLE);
    expect_method(stage, who, "unavailable");
  }
  assert_int_equal(pinned_count(stage, "tofu", NULL), 0);
}

static void expect_enforced(struct stage *stage)
{
  struct stand_request honest = server_of(stage, HONEST), fraud = server_of(stage, FRAUD);

  await(stage, HONEST, TLSPIN_MATCH);
  pinned_go_well(stage, &honest, TLSPIN_MATCH, "");
  pinned_refuse(stage, &fraud, "critical-differs");
  expect_method(stage, HONEST, "match");
  expect_method(stage, FRAUD, "mismatch");
}

/* While the daemon runs, and with one that never saw the layer. */
static void suffer(struct stage *stage, const struct tampering *attack, const char *path, bool fail)
{
  print_message("           %s\n", attack->name);
  attack->strike(path);
  await(stage, HONEST, TLSPIN_UNAVAILABLE);
  expect_unavailable(stage, fail);
  desk_kill(&stage->desk, SIGKILL);
  expect_unavailable(stage, fail);
  mend(stage, path, fail);
  expect_enforced(stage);
}

static void suffer_all(struct stage *stage, bool fail)
{
  char path[128];

  snprintf(path, sizeof path, "%s", pinned_layer_path(stage, LAYER));
  mend(stage, path, fail);
  expect_enforced(stage);
  for (const struct tampering *attack = tamperings; attack->name != NULL; attack++)
    if (tampering_can_be_done(attack))
      suffer(stage, attack, path, fail);
  pinned_layer_remove(stage, LAYER);
}

static void test_attacks(void **state)
{
  suffer_all(*state, true);
}

/* Nothing is locked but the pin: whoever wants to go on in doubt does, and nothing is learned. */
static void test_attacks_without_the_lock(void **state)
{
  suffer_all(*state, false);
}

/* The owner of the layer isn't who must own it, for those as well who can't give files away. */
static void test_another_owner(void **state)
{
  struct stage *stage = *state;
  const char *path = pinned_layer_path(stage, LAYER);

  mend(stage, path, true);
  expect_enforced(stage);
  desk_set_owner(&stage->desk, getuid() + 1);
  expect_unavailable(stage, true);
  desk_set_owner(&stage->desk, getuid());
  expect_enforced(stage);
  pinned_layer_remove(stage, LAYER);
}

/* A layer in the place of another, while the daemon runs, pins another key at once. */
static void test_replaced(void **state)
{
  struct stage *stage = *state;
  struct stand_request honest = server_of(stage, HONEST), fraud = server_of(stage, FRAUD);
  const char *path = pinned_layer_path(stage, LAYER);
  long start;

  mend(stage, path, true);
  expect_enforced(stage);
  start = test_now();
  write_layer(path, &stage->servers[PKI_RSA], true);
  while (check(stage, FRAUD) != TLSPIN_MATCH) {
    assert_true(test_now() - start < PATIENCE);
    usleep(1000);
  }
  print_message("           replaced and enforced in %ld ms\n", test_now() - start);
  pinned_refuse(stage, &honest, "critical-differs");
  pinned_go_well(stage, &fraud, TLSPIN_MATCH, "");
  pinned_layer_remove(stage, LAYER);
}

/* The layers that can be read are enforced as ever. */
static void test_others_stand(void **state)
{
  struct stage *stage = *state;
  struct stand_request fraud = server_of(stage, FRAUD);
  struct visit_request client = stage_client(stage);
  struct meeting met;
  struct tlspin_record pin = pinned_record("critical", &stage->servers[PKI_ECDSA]);
  const char *path = pinned_layer_path(stage, LAYER);

  mend(stage, path, false);
  expect_enforced(stage);
  pinned_put(stage, &pin);
  tamper_empty(path);
  desk_kill(&stage->desk, SIGKILL);
  visit_one(stage, HONEST, TLSPIN_TOFU, true); /* it may have a ticket, for all we know */
  assert_int_equal(check(stage, HONEST), TLSPIN_MATCH);
  pinned_refused(stage, &client, &fraud, "critical-differs", &met);
  assert_int_equal(check(stage, FRAUD), TLSPIN_MISMATCH);
  pinned_layer_remove(stage, LAYER);
}

/* The vendor pins; an empty file of the administrator's doesn't take that away, and a link to
 * /dev/null does. */
static void test_namesake(void **state)
{
  struct stage *stage = *state;
  struct stand_request fraud = server_of(stage, FRAUD);
  const char *path = pinned_layer_path(stage, LAYER);
  char vendor[128];

  snprintf(vendor, sizeof vendor, "%s/usr", stage->desk.bus.dir);
  mkdir(vendor, 0755);
  snprintf(vendor, sizeof vendor, "%s/usr/%s", stage->desk.bus.dir, LAYER);
  write_layer(vendor, &stage->servers[PKI_ECDSA], true);
  desk_kill(&stage->desk, SIGTERM);
  expect_enforced(stage);
  tamper_write(path, "");
  await(stage, HONEST, TLSPIN_UNAVAILABLE);
  expect_unavailable(stage, true);
  assert_int_equal(unlink(path), 0);
  expect_enforced(stage);
  assert_int_equal(symlink("/dev/null", path), 0);
  await(stage, HONEST, TLSPIN_NO_PIN);
  stage_clear(state);
  pinned_go_well(stage, &fraud, TLSPIN_NO_PIN, "");
  assert_int_equal(unlink(vendor), 0);
  pinned_layer_remove(stage, LAYER);
}

/* A user who never had a store meets a damaged layer first: he is not cut off, for nobody knows
 * that he should be; nothing is learned. */
static void test_new_user(void **state)
{
  struct stage *stage = *state;
  const char *path = pinned_layer_path(stage, LAYER);
  char lock[80];

  snprintf(lock, sizeof lock, "%.*s.lock", (int)strlen(stage->desk.store) - 3, stage->desk.store);
  desk_kill(&stage->desk, SIGTERM);
  assert_int_equal(unlink(stage->desk.store), 0);
  assert_int_equal(unlink(lock), 0);
  mend(stage, path, true);
  tamper_halve(path);
  expect_unavailable(stage, false);
  mend(stage, path, true);
  expect_enforced(stage);
  pinned_layer_remove(stage, LAYER);
}

/* As many hosts as a browser's list has, in order. */
struct crowd {
  struct keypin pin;
  unsigned next;
};

static const struct keypin *next_host(void *data)
{
  struct crowd *crowd = data;

  if (crowd->next == MANY)
    return NULL;
  snprintf(crowd->pin.place.host, sizeof crowd->pin.place.host, "h%06u.example", crowd->next++);
  return &crowd->pin;
}

/* Pins `count` hosts to the key of one of the two: the crowd, or its first. */
static void write_hosts(struct stage *stage, const char *name, enum who who, unsigned count)
{
  struct crowd crowd = {.pin = pinned_locked(&stage->servers[who == HONEST ? PKI_ECDSA : PKI_RSA]),
                        .next = MANY - count};
  struct layer_contents contents = {.pin_count = count, .next_pin = next_host, .data = &crowd};
  char *problem = NULL;

  if (store_write_layer(pinned_layer_path(stage, name), &contents, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
}

/* A client in a process of its own that asks about the fraud all the time. */
struct watcher {
  pid_t pid;
  volatile long *slowest, *asked; /* milliseconds; how many answers */
};

/* How long it takes from the rename until a host of the layer is pinned to that key. The watcher's
 * slowest answer is that since the rename. */
static long take_up(struct stage *stage, const struct watcher *watcher, const char *name,
                    enum who who, unsigned count)
{
  const char *host = count == MANY ? "h000000.example" : "h099999.example";
  long start, took, asked;

  write_hosts(stage, name, who, count);
  start = test_now();
  *watcher->slowest = 0;
  while (check_at(stage, host, who) != TLSPIN_MATCH) {
    assert_true(test_now() - start < PATIENCE);
    usleep(5000);
  }
  took = test_now() - start;
  for (asked = *watcher->asked; *watcher->asked < asked + 2; usleep(1000))
    assert_true(test_now() - start < 2 * PATIENCE);
  return took;
}

static void watch_fraud(struct stage *stage, const struct watcher *watcher)
{
  for (;;) {
    long start = test_now(), took;
    int answer = check(stage, FRAUD);

    took = test_now() - start;
    if (answer != TLSPIN_MISMATCH) {
      print_error("The fraud was answered with %d in %ld ms.\n", answer, took);
      _exit(1);
    }
    if (took > *watcher->slowest)
      *watcher->slowest = took;
    ++*watcher->asked;
    usleep(1000);
  }
}

static struct watcher start_watching(struct stage *stage)
{
  long *shared =
      mmap(NULL, 2 * sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  struct watcher watcher = {.slowest = shared, .asked = shared + 1};

  assert_true(shared != MAP_FAILED);
  watcher.pid = fork();
  assert_true(watcher.pid >= 0);
  if (watcher.pid == 0) {
    if (tlspin_new(&stage->context, stage->desk.bus.address) != TLSPIN_OK)
      _exit(2);
    tlspin_set_budget(stage->context, 20000, 20000);
    watch_fraud(stage, &watcher);
  }
  return watcher;
}

static void stop_watching(const struct watcher *watcher)
{
  int status;

  assert_int_equal(kill(watcher->pid, SIGTERM), 0);
  assert_int_equal(waitpid(watcher->pid, &status, 0), watcher->pid);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
  print_message("           %ld answers\n", *watcher->asked);
  munmap((void *)watcher->slowest, 2 * sizeof(long));
}

/* How soon a small layer is in force, which is to be within a second: the best of some tries, as
 * machines are busy at times. */
static long best_uptake(struct stage *stage, const struct watcher *watcher)
{
  long best = PATIENCE;

  for (int i = 0; i < ROUNDS; i++) {
    long took = take_up(stage, watcher, SMALL, i % 2 == 0 ? FRAUD : HONEST, 1);

    best = took < best ? took : best;
  }
  return best;
}

/* Whether all who asked while the layer of many hosts was read had their answers long before it was
 * in force. */
static bool answers_meanwhile(struct stage *stage, const struct watcher *watcher, enum who who)
{
  long took = take_up(stage, watcher, CROWD, who, MANY);

  print_message("           the large one in force in %ld ms, the slowest answer in %ld ms\n", took,
                *watcher->slowest);
  return *watcher->slowest < took / 2;
}

/* A layer of 100,000 hosts is read aside: who asks meanwhile is answered, by the layers as they
 * were, in less time than the reading takes. A daemon that doesn't answer while it reads fails each
 * time; on a busy machine some answers are late. */
static void test_crowd(void **state)
{
  struct stage *stage = *state;
  struct watcher watcher;
  bool meanwhile = false;
  long best;

  mend(stage, pinned_layer_path(stage, LAYER), true);
  write_hosts(stage, CROWD, HONEST, MANY);
  watcher = start_watching(stage);
  best = best_uptake(stage, &watcher);
  print_message("           a small one beside the large one in force in %ld ms\n", best);
  assert_true(best < UPTAKE);
  for (int i = 0; i < ROUNDS && !meanwhile; i++)
    meanwhile = answers_meanwhile(stage, &watcher, i % 2 == 0 ? FRAUD : HONEST);
  assert_true(meanwhile);
  stop_watching(&watcher);
  pinned_layer_remove(stage, SMALL);
  pinned_layer_remove(stage, CROWD);
  pinned_layer_remove(stage, LAYER);
}

#define TEST(function) cmocka_unit_test_setup(function, clear)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_attacks),       TEST(test_attacks_without_the_lock),
      TEST(test_another_owner), TEST(test_replaced),
      TEST(test_others_stand),  TEST(test_namesake),
      TEST(test_new_user),      TEST(test_crowd),
  };

  return cmocka_run_group_tests(tests, stage_open, stage_close);
}
