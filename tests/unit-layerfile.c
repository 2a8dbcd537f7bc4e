/* Making the file of a system layer.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/store.h"

#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 50 };

static void write_layer(const char *path, const struct ticket_row *rows, size_t count)
{
  struct layer_contents contents = {.ticket_count = count, .tickets = rows};
  char *problem = NULL;
  enum tlspin_code code = store_write_layer(path, &contents, &problem);

  if (code != TLSPIN_OK)
    print_error("%s\n", problem);
  assert_int_equal(code, TLSPIN_OK);
  assert_null(problem);
}

static struct store *open_layer(const char *path)
{
  struct store *store = NULL;
  char *problem = NULL;

  assert_int_equal(store_open(path, STORE_SYSTEM, geteuid(), &store, &problem), TLSPIN_OK);
  return store;
}

static void fill(struct ticket_row rows[ROWS])
{
  for (int i = 0; i < ROWS; i++) {
    rows[i] = stores_row(i);
    rows[i].lock = (enum lock)(i % LOCK_COUNT);
  }
}

/* How many files there are in the folder. */
static int entries(const char *folder)
{
  GDir *dir = g_dir_open(folder, 0, NULL);
  int count = 0;

  assert_non_null(dir);
  while (g_dir_read_name(dir) != NULL)
    count++;
  g_dir_close(dir);
  return count;
}

static void test_write(void **state)
{
  static const mode_t masks[] = {0, 022, 077};
  struct stores *stores = *state;
  struct ticket_row rows[ROWS];

  fill(rows);
  for (size_t i = 0; i < G_N_ELEMENTS(masks); i++) {
    mode_t before = umask(masks[i]);
    struct store *store;
    struct stat status;

    write_layer(stores->layer, rows, ROWS);
    umask(before);
    assert_int_equal(stat(stores->layer, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0644); /* for the daemons of all users */
    store = open_layer(stores->layer);
    for (int n = 0; n < ROWS; n++)
      stores_expect(store, &rows[n]);
    store_close(store);
    assert_int_equal(entries(stores->folder), 1); /* and nothing beside it */
  }
}

static void test_empty(void **state)
{
  struct stores *stores = *state;
  struct store *store;
  uint64_t count = 7;

  write_layer(stores->layer, NULL, 0);
  store = open_layer(stores->layer);
  assert_int_equal(store_count(store, &count), TLSPIN_OK);
  assert_true(count == 0);
  store_close(store);
}

/* Pinning is off for a peer: there need be no ticket. */
static void test_off(void **state)
{
  struct stores *stores = *state;
  struct ticket_row row = stores_row(1), got;
  struct store *store;

  row.ticket = row.secret = (struct span){NULL, 0};
  row.lock = LOCK_OFF;
  write_layer(stores->layer, &row, 1);
  store = open_layer(stores->layer);
  assert_int_equal(store_get(store, &row.peer, &got), TLSPIN_OK);
  assert_int_equal(got.lock, LOCK_OFF);
  assert_int_equal(got.ticket.size + got.secret.size, 0);
  ticket_row_clear(&got);
  store_close(store);
}

/* Whoever has the old file open reads the old file, and can tell. */
static void test_replace(void **state)
{
  struct stores *stores = *state;
  struct ticket_row rows[ROWS];
  struct store *old, *new;

  fill(rows);
  write_layer(stores->layer, rows, 2);
  old = open_layer(stores->layer);
  assert_true(store_in_place(old));
  write_layer(stores->layer, rows + 1, 2);
  assert_false(store_in_place(old));
  stores_expect(old, &rows[0]);
  stores_expect_none(old, &rows[2].peer);
  new = open_layer(stores->layer);
  stores_expect_none(new, &rows[0].peer);
  stores_expect(new, &rows[2]);
  store_close(old);
  store_close(new);
}

/* What can't be stored is named, and the old file stays. */
static void refuse_contents(struct stores *stores, const struct layer_contents *contents,
                            const char *words, const char *name)
{
  char *problem = NULL;
  struct ticket_row kept = stores_row(900);
  struct store *store;

  write_layer(stores->layer, &kept, 1);
  assert_int_equal(store_write_layer(stores->layer, contents, &problem), TLSPIN_E_ARGUMENT);
  assert_non_null(strstr(problem, words));
  assert_non_null(strstr(problem, name));
  g_free(problem);
  store = open_layer(stores->layer);
  stores_expect(store, &kept);
  store_close(store);
  assert_int_equal(entries(stores->folder), 1);
}

static void refuse_rows(struct stores *stores, const struct ticket_row *rows, const char *words)
{
  struct layer_contents contents = {.ticket_count = ROWS, .tickets = rows};

  refuse_contents(stores, &contents, words, "'host-00");
}

static void test_wrong_rows(void **state)
{
  struct ticket_row rows[ROWS];

  fill(rows);
  rows[30].secret.size = 7;
  refuse_rows(*state, rows, "can't be stored");
  fill(rows);
  rows[30].peer = rows[3].peer;
  refuse_rows(*state, rows, "two entries");
}

static void write_contents(const char *path, const struct layer_contents *contents)
{
  char *problem = NULL;
  enum tlspin_code code = store_write_layer(path, contents, &problem);

  if (code != TLSPIN_OK)
    print_error("%s\n", problem);
  assert_int_equal(code, TLSPIN_OK);
}

enum { PINS = 2500 };

/* Records in no order, some of them locked, of several places and kinds. */
static struct keypin *shuffled(void)
{
  struct keypin *pins = g_new(struct keypin, PINS);

  for (int i = 0; i < PINS; i++) {
    int n = i * 1009 % PINS;

    pins[i] = stores_pin(n % STORES_ROWS);
    pins[i].digest[0] = (uint8_t)(n / STORES_ROWS);
    pins[i].place.scope = (enum scope)(n % SCOPE_COUNT);
    pins[i].origin = KEYPIN_POLICY;
    pins[i].locked = n % 5 == 0;
  }
  return pins;
}

static bool check_order(const struct keypin *pin, void *data)
{
  struct keypin *last = data;

  if (last->note != NULL)
    assert_true(keypin_compare_key(last, pin) < 0);
  *last = *pin;
  last->note = "";
  return true;
}

static void test_pins(void **state)
{
  struct stores *stores = *state;
  g_autofree struct keypin *pins = shuffled();
  struct layer_contents contents = {.pin_count = PINS, .pins = pins};
  struct store_filter any = STORE_FILTER_ANY;
  struct keypin last = {.note = NULL};
  struct store *store;
  uint64_t count;

  write_contents(stores->layer, &contents);
  store = open_layer(stores->layer);
  assert_int_equal(store_count_pins(store, &count), TLSPIN_OK);
  assert_true(count == PINS);
  for (int i = 0; i < PINS; i += 17)
    stores_expect_pin(store, &pins[i]);
  assert_int_equal(store_list_pins(store, &any, NULL, UINT32_MAX, check_order, &last), TLSPIN_OK);
  store_close(store);
}

struct steps {
  size_t last;
  int calls;
};

static void step(size_t done, size_t all, void *data)
{
  struct steps *steps = data;

  assert_int_equal(all, PINS + 20 + 2);
  assert_true(done <= all && (steps->calls == 0 || done >= steps->last));
  steps->last = done;
  steps->calls++;
}

/* All sorts together; progress is told on the way and at the end. */
static void test_everything(void **state)
{
  static const struct setting_row settings[] = {{"unavailable", "fail", true},
                                                {"learn", "no", false}};
  struct stores *stores = *state;
  g_autofree struct keypin *pins = shuffled();
  struct ticket_row rows[ROWS];
  struct steps steps = {0, 0};
  struct layer_contents contents = {.ticket_count = 20,
                                    .tickets = rows,
                                    .pin_count = PINS,
                                    .pins = pins,
                                    .setting_count = 2,
                                    .settings = settings,
                                    .progress = step,
                                    .data = &steps};
  struct store *store;

  fill(rows);
  write_contents(stores->layer, &contents);
  assert_int_equal(steps.last, PINS + 20 + 2);
  assert_true(steps.calls >= 3 && steps.calls < 10);
  store = open_layer(stores->layer);
  stores_expect(store, &rows[19]);
  stores_expect_pin(store, &pins[7]);
  store_close(store);
  assert_int_equal(stores_number(stores->layer, "SELECT count(*) FROM setting"), 2);
  assert_int_equal(entries(stores->folder), 1);
}

static void test_wrong_pins(void **state)
{
  struct stores *stores = *state;
  struct keypin pins[] = {stores_pin_at(1, ".a.example:443"), stores_pin_at(2, ".b.example:443"),
                          stores_pin_at(1, ".a.example:443")};
  struct layer_contents contents = {.pin_count = 3, .pins = pins};

  refuse_contents(stores, &contents, "two entries", "'.a.example:443'");
  pins[2] = pins[1];
  pins[2].errors = PKI_NAME;
  refuse_contents(stores, &contents, "can't be stored", "'b.example'");
}

/* Records that come one by one; `pin` is the only one that is in memory. */
struct stream {
  const struct keypin *const *pins;
  size_t count, at;
  struct keypin pin;
};

static const struct keypin *next_of_stream(void *data)
{
  struct stream *stream = data;

  if (stream->at == stream->count)
    return NULL;
  stream->pin = *stream->pins[stream->at++];
  return &stream->pin;
}

static int compare(const void *a, const void *b)
{
  return keypin_compare_key(*(const struct keypin *const *)a, *(const struct keypin *const *)b);
}

static void test_stream(void **state)
{
  struct stores *stores = *state;
  g_autofree struct keypin *pins = shuffled();
  g_autofree const struct keypin **sorted = g_new(const struct keypin *, PINS);
  g_autofree char *other = g_strconcat(stores->layer, ".other", NULL);
  g_autofree char *one = NULL, *two = NULL;
  gsize size_of_one, size_of_two;
  struct stream stream = {sorted, PINS, 0, {.note = ""}};
  struct layer_contents contents = {.next_pin = next_of_stream, .data = &stream};

  for (int i = 0; i < PINS; i++)
    sorted[i] = &pins[i];
  qsort(sorted, PINS, sizeof *sorted, compare);
  write_contents(stores->layer, &contents);
  write_contents(other, &(struct layer_contents){.pin_count = PINS, .pins = pins});
  assert_true(g_file_get_contents(stores->layer, &one, &size_of_one, NULL));
  assert_true(g_file_get_contents(other, &two, &size_of_two, NULL));
  assert_int_equal(size_of_one, size_of_two); /* the same file, however its records come */
  assert_memory_equal(one, two, size_of_one);
  assert_int_equal(unlink(other), 0);
}

static void test_wrong_stream(void **state)
{
  struct keypin a = stores_pin_at(1, ".a.example"), b = stores_pin_at(1, ".b.example"), bad = b;
  const struct keypin *pins[3] = {&a, &b, &b};
  struct stream stream = {pins, 3, 0, {.note = ""}};
  struct layer_contents contents = {.next_pin = next_of_stream, .data = &stream};

  refuse_contents(*state, &contents, "two entries", "'.b.example'");
  pins[2] = &a; /* in no order */
  stream.at = 0;
  refuse_contents(*state, &contents, "two entries", "'.a.example'");
  bad.status = KEYPIN_ON;
  pins[1] = &bad;
  stream.at = 0;
  refuse_contents(*state, &contents, "can't be stored", "'b.example'");
}

static void test_wrong_settings(void **state)
{
  struct setting_row settings[] = {
      {"learn", "no", false}, {"level", "leaf", false}, {"learn", "", true}};
  struct layer_contents contents = {.setting_count = 3, .settings = settings};

  refuse_contents(*state, &contents, "two entries", "'learn'");
  settings[2].name = "Learn";
  refuse_contents(*state, &contents, "can't be stored", "'Learn'");
}

static void refuse_path(const char *path, const char *words)
{
  struct ticket_row row = stores_row(1);
  char *problem = NULL;

  assert_int_equal(store_write_layer(path,
                                     &(struct layer_contents){.ticket_count = 1, .tickets = &row},
                                     &problem),
                   TLSPIN_UNAVAILABLE);
  assert_non_null(problem);
  if (strstr(problem, words) == NULL)
    print_error("%s\n", problem);
  assert_non_null(strstr(problem, words));
  g_free(problem);
}

static void test_wrong_paths(void **state)
{
  struct stores *stores = *state;

  refuse_path(stores->path, "No such file"); /* the folder isn't made */
  assert_int_equal(mkdir(stores->home, 0777), 0);
  assert_int_equal(chmod(stores->home, 0777), 0);
  refuse_path(stores->path, "chmod go-w");
  assert_int_equal(chmod(stores->home, 0700), 0);
  assert_int_equal(mkdir(stores->path, 0700), 0);
  refuse_path(stores->path, "can't be put in place");
  assert_int_equal(entries(stores->home), 1);
}

static void check_unwritable(struct stores *stores)
{
  struct ticket_row row = stores_row(1);

  write_layer(stores->layer, &row, 1);
  assert_int_equal(chmod(stores->folder, 0500), 0);
  refuse_path(stores->layer, "No file can be made");
  assert_int_equal(chmod(stores->folder, 0700), 0);
  store_close(open_layer(stores->layer));
}

static void test_unwritable(void **state)
{
  stores_as_user(*state, check_unwritable);
}

static void check_no_room(struct stores *stores)
{
  static struct ticket_row rows[300];
  struct rlimit before, none;
  char *problem = NULL;

  for (int i = 0; i < 300; i++)
    rows[i] = stores_row(i);
  write_layer(stores->layer, rows, 1);
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  none = before;
  none.rlim_cur = 60000;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
  assert_int_equal(store_write_layer(stores->layer,
                                     &(struct layer_contents){.ticket_count = 300, .tickets = rows},
                                     &problem),
                   TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "can't be written"));
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  assert_int_equal(entries(stores->folder), 1);
  store_close(open_layer(stores->layer));
  g_free(problem);
}

static void test_no_room(void **state)
{
  stores_as_user(*state, check_no_room);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_write),      TEST(test_empty),          TEST(test_off),
      TEST(test_replace),    TEST(test_wrong_rows),     TEST(test_wrong_paths),
      TEST(test_unwritable), TEST(test_no_room),        TEST(test_pins),
      TEST(test_everything), TEST(test_stream),         TEST(test_wrong_stream),
      TEST(test_wrong_pins), TEST(test_wrong_settings),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
