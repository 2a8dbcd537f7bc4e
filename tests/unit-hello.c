/* The server name in a ClientHello, and in what is none.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "handshake/hello.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 70000, SERVER_NAME = 0, HOST_NAME = 0, PADDING = 21 };

static struct span text(const char *string)
{
  return (struct span){(const uint8_t *)string, strlen(string)};
}

/* An entry of a ServerNameList. */
static void put_name(struct writer *list, uint8_t type, struct span name)
{
  writer_u8(list, type);
  writer_vector16(list, name);
}

static void put_extension(struct writer *extensions, uint16_t type, struct span data)
{
  writer_u16(extensions, type);
  writer_vector16(extensions, data);
}

/* The extension_data of server_name with these entries. */
static struct span put_list(struct writer *w, struct span entries)
{
  writer_vector16(w, entries);
  return writer_span(w);
}

/* A ClientHello around its extensions; legacy_session_id of any length. */
static struct span put_hello(struct writer *w, size_t session_id, struct span extensions)
{
  static const uint8_t octets[255] = {1, 2, 3};

  writer_u16(w, 0x0303);
  writer_put(w, (struct span){octets, 32});
  writer_vector8(w, (struct span){octets, session_id});
  writer_vector16(w, (struct span){octets, 6});
  writer_vector8(w, (struct span){octets, 1});
  writer_vector16(w, extensions);
  assert_false(w->failed);
  return writer_span(w);
}

/* Buffers for one ClientHello, from the inside out. */
struct hello {
  uint8_t entries[ROOM], list[ROOM], extensions[ROOM], body[ROOM];
};

/* A ClientHello with one name between two other extensions. */
static struct span hello_with(struct hello *h, uint8_t type, struct span name)
{
  struct writer entries = writer_of(h->entries, ROOM), list = writer_of(h->list, ROOM);
  struct writer extensions = writer_of(h->extensions, ROOM), body = writer_of(h->body, ROOM);

  put_name(&entries, type, name);
  put_extension(&extensions, 43, text("\x02\x03\x04"));
  put_extension(&extensions, SERVER_NAME, put_list(&list, writer_span(&entries)));
  put_extension(&extensions, PADDING, text("xxxx"));
  return put_hello(&body, 32, writer_span(&extensions));
}

static int setup(void **state)
{
  *state = calloc(1, sizeof(struct hello));
  return *state == NULL;
}

static int teardown(void **state)
{
  free(*state);
  return 0;
}

static void expect_name(struct span body, const char *name)
{
  struct span got = {NULL, 0};

  assert_true(hello_server_name(body, &got));
  assert_true(span_equal(got, text(name)));
  assert_true(got.data >= body.data && got.data + got.size <= body.data + body.size);
}

static void expect_none(struct span body)
{
  struct span got;

  assert_false(hello_server_name(body, &got));
}

static void test_name(void **state)
{
  struct hello *h = *state;
  uint8_t other[300];
  struct writer body = writer_of(other, sizeof other);
  struct span hello = hello_with(h, HOST_NAME, text("a.example"));

  expect_name(hello, "a.example");
  expect_none(put_hello(&body, 0, (struct span){NULL, 0}));
}

/* RFC 8446 section 4.1.2 allows 0 to 32 octets; the reader need not mind. */
static void test_session_ids(void **state)
{
  struct hello *h = *state;

  for (size_t size = 0; size <= 32; size++) {
    struct writer entries = writer_of(h->entries, ROOM), list = writer_of(h->list, ROOM);
    struct writer extensions = writer_of(h->extensions, ROOM), body = writer_of(h->body, ROOM);

    put_name(&entries, HOST_NAME, text("b.example"));
    put_extension(&extensions, SERVER_NAME, put_list(&list, writer_span(&entries)));
    expect_name(put_hello(&body, size, writer_span(&extensions)), "b.example");
  }
}

/* Names of other types are passed over; an empty host name is none. */
static void test_other_names(void **state)
{
  struct hello *h = *state;
  struct writer entries = writer_of(h->entries, ROOM), list = writer_of(h->list, ROOM);
  struct writer extensions = writer_of(h->extensions, ROOM), body = writer_of(h->body, ROOM);

  expect_none(hello_with(h, 1, text("other")));
  expect_none(hello_with(h, HOST_NAME, text("")));
  put_name(&entries, 7, text("other"));
  put_name(&entries, HOST_NAME, text(""));
  put_name(&entries, HOST_NAME, text("c.example"));
  put_name(&entries, HOST_NAME, text("d.example"));
  put_extension(&extensions, SERVER_NAME, put_list(&list, writer_span(&entries)));
  expect_name(put_hello(&body, 32, writer_span(&extensions)), "c.example");
}

/* No extension, or one without a list in it, as a server sends it (RFC 6066 section 3). */
static void test_no_name(void **state)
{
  struct hello *h = *state;
  struct writer extensions = writer_of(h->extensions, ROOM), body = writer_of(h->body, ROOM);

  put_extension(&extensions, 43, text("\x02\x03\x04"));
  expect_none(put_hello(&body, 32, writer_span(&extensions)));
  put_extension(&extensions, SERVER_NAME, (struct span){NULL, 0});
  body = writer_of(h->body, ROOM);
  expect_none(put_hello(&body, 32, writer_span(&extensions)));
  expect_none((struct span){NULL, 0});
}

/* The longest name that one extension can hold. */
static void test_long_name(void **state)
{
  struct hello *h = *state;
  char *name = calloc(1, 65000);

  memset(name, 'x', 64999);
  expect_name(hello_with(h, HOST_NAME, text(name)), name);
  free(name);
}

/* Cut off anywhere, it has a name as long as the name itself is whole, and nothing behind the end
 * is read: the copy ends where the message ends. */
static void test_truncated(void **state)
{
  struct hello *h = *state;
  struct span whole = hello_with(h, HOST_NAME, text("a.example"));

  for (size_t size = 0; size < whole.size; size++) {
    uint8_t *copy = malloc(size > 0 ? size : 1);
    struct span name;

    assert_non_null(copy);
    memcpy(copy, whole.data, size);
    assert_false(hello_server_name((struct span){copy, size}, &name));
    free(copy);
  }
}

/* Every octet changed in every way: never a read outside, never a name outside. */
static void test_flipped(void **state)
{
  struct hello *h = *state;
  struct span whole = hello_with(h, HOST_NAME, text("a.example"));
  uint8_t *copy = malloc(whole.size);

  assert_non_null(copy);
  for (size_t i = 0; i < whole.size; i++)
    for (unsigned value = 0; value < 256; value++) {
      struct span name;

      memcpy(copy, whole.data, whole.size);
      copy[i] = (uint8_t)value;
      if (hello_server_name((struct span){copy, whole.size}, &name)) {
        assert_true(name.size > 0 && name.data > copy);
        assert_true(name.data + name.size <= copy + whole.size);
      }
    }
  free(copy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_name),      TEST(test_session_ids), TEST(test_other_names), TEST(test_no_name),
      TEST(test_long_name), TEST(test_truncated),   TEST(test_flipped),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
