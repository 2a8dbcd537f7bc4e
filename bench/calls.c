/* Calls to the daemon that runs, against empty ones: see bench.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench/asker.h"
#include "bench/bench.h"
#include "dbus/check.h"
#include "dbus/names.h"
#include "libclient/tlspin-admin.h"
#include "tests/path.h"

#include <stdio.h>
#include <string.h>

enum { RECORDS = 10 };

#define CHECKED_HOST "checked.example"

/* A lookup of a host, as a bare message and through the library. */
struct lookups {
  const char *host;
  int answer;
  struct sample message, library, empty;
};

static void look_up(struct stage *stage, DBusConnection *connection, struct lookups *lookups)
{
  tlspin_entry_t *entry;
  double start;

  sample_add(&lookups->empty, asker_time(connection, asker_ping(BUS_PINS)));
  sample_add(&lookups->message, asker_time(connection, asker_lookup(lookups->host)));
  start = sample_now();
  assert_int_equal(tlspin_lookup(stage->context, lookups->host, "tls", VISIT_PORT, &entry),
                   lookups->answer);
  sample_add(&lookups->library, sample_now() - start);
  tlspin_entry_free(entry);
}

static void print_lookups(struct lookups *lookups, const char *what, double aim)
{
  char name[64];

  snprintf(name, sizeof name, "warm lookup%s, message : empty call", what);
  sample_compare(name, &lookups->message, &lookups->empty, aim);
  snprintf(name, sizeof name, "warm lookup%s, library : empty call", what);
  sample_compare(name, &lookups->library, &lookups->empty, aim);
  sample_clear(&lookups->message);
  sample_clear(&lookups->library);
  sample_clear(&lookups->empty);
}

/* `count` keys for a host, none of which is that of `path`, but the last. */
static void put_keys(struct stage *stage, const char *host, const struct path *path, uint8_t count)
{
  uint8_t digests[RECORDS][32];
  struct tlspin_record records[RECORDS];
  struct keypin pin;

  path_pin(path, PATH_SERVER, SELECTOR_SPKI, MATCHING_SHA256, &pin);
  for (uint8_t i = 0; i < count; i++) {
    memcpy(digests[i], pin.digest, 32);
    digests[i][0] ^= (uint8_t)(count - 1 - i);
    records[i] = (struct tlspin_record){.host = host,
                                        .protocol = "tls",
                                        .port = VISIT_PORT,
                                        .status = "active",
                                        .level = "leaf",
                                        .selector = SELECTOR_SPKI,
                                        .matching = MATCHING_SHA256,
                                        .digest = {digests[i], 32}};
  }
  assert_int_equal(tlspin_put(stage->context, records, count, 0, 0, NULL, NULL, NULL), TLSPIN_OK);
}

/* Of hosts without a ticket. */
static void bench_lookups(struct stage *stage, DBusConnection *connection, const struct path *path)
{
  struct lookups none = {"none.example", TLSPIN_NO_PIN, {0}, {0}, {0}};
  struct lookups one = {"one.example", TLSPIN_NO_PIN, {0}, {0}, {0}};
  struct lookups ten = {"ten.example", TLSPIN_NO_PIN, {0}, {0}, {0}};

  put_keys(stage, one.host, path, 1);
  put_keys(stage, ten.host, path, RECORDS);
  for (int i = 0; i < bench_rounds; i++) {
    look_up(stage, connection, &none);
    look_up(stage, connection, &one);
    look_up(stage, connection, &ten);
  }
  print_lookups(&none, ", 0 keys", 1.15);
  print_lookups(&one, ", 1 key", 1.25);
  print_lookups(&ten, ", 10 keys", 1.5);
}

static DBusMessage *check(const struct path *path)
{
  DBusMessage *message = bus_call(BUS_PINS, "CheckChain");
  struct bus_check_call call = {
      .peer = {CHECKED_HOST, "tls", VISIT_PORT},
      .chain = {.count = PATH_SIZE},
      .options = {.path = true, .pki = "ok", .ticket = "", .program = ""},
  };

  memcpy(call.chain.at, path->certificate, sizeof path->certificate);
  assert_true(message != NULL && bus_append_check_call(message, &call));
  return message;
}

/* A path of three certificates, of a host with one pin, which it meets. */
static void bench_check(struct stage *stage, DBusConnection *connection, const struct path *path)
{
  struct tlspin_octets chain[PATH_SIZE];
  struct tlspin_check shown = {
      .chain = chain, .chain_size = PATH_SIZE, .flags = TLSPIN_CHECK_PATH, .pki = TLSPIN_PKI_OK};
  struct sample message = {0}, library = {0}, empty = {0};
  double start;

  for (size_t i = 0; i < PATH_SIZE; i++)
    chain[i] = (struct tlspin_octets){path->certificate[i].data, path->certificate[i].size};
  put_keys(stage, CHECKED_HOST, path, 1);
  for (int i = 0; i < bench_rounds; i++) {
    sample_add(&empty, asker_time(connection, asker_ping(BUS_PINS)));
    sample_add(&message, asker_time(connection, check(path)));
    start = sample_now();
    assert_int_equal(
        tlspin_check_chain(stage->context, CHECKED_HOST, "tls", VISIT_PORT, &shown, NULL),
        TLSPIN_MATCH);
    sample_add(&library, sample_now() - start);
  }
  sample_compare("warm CheckChain, message : empty call", &message, &empty, 2);
  sample_compare("warm CheckChain, library : empty call", &library, &empty, 2);
  sample_clear(&message);
  sample_clear(&library);
  sample_clear(&empty);
}

void bench_tickets(struct stage *stage)
{
  DBusConnection *connection = asker_connect(stage->desk.bus.address);
  struct lookups ticket = {BENCH_HOST, TLSPIN_MATCH, {0}, {0}, {0}};

  for (int i = 0; i < bench_rounds; i++)
    look_up(stage, connection, &ticket);
  print_lookups(&ticket, "", 1.15);
  asker_disconnect(connection);
}

void bench_records(struct stage *stage)
{
  DBusConnection *connection = asker_connect(stage->desk.bus.address);
  struct path path;

  path_make(&path, NULL);
  bench_lookups(stage, connection, &path);
  bench_check(stage, connection, &path);
  path_free(&path);
  asker_disconnect(connection);
}
