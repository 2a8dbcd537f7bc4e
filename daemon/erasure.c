/* What is to leave no trace: see erasure.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which rows a filter means:
 *
 * 1. A row of any table whose place is not the filter's (host, pattern, protocol, port) is not
 * meant. What is said of every port isn't taken away for one, as by store_clear.
 * 2. Where the filter says nothing else, everything about the place is meant: tickets, records,
 * what they were in the journal and shall be in drafts, what was reported and logged.
 * 3. Where it says more, a ticket or record is meant that fits all of it, in force or in the
 * journal; of an image that only says that there was nothing, the operation's time has to fit. Of
 * the log, what is about the key, where it says a key.
 * 4. A host of which nothing is left then has left the store: all else about it is meant, too, what
 * was reported and logged.
 * 5. A host that has left the user's own store by this is meant, whatever the filter says, in every
 * other file: an older state of it there may not fit. */
#include "config.h"

#include "daemon/erasure-private.h"

#include "daemon/doomed.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { READ_OCTETS = 64 << 10, RUN_OCTETS = 4096 };

static void copy_filter(struct erasure *erasure, const struct store_filter *filter)
{
  erasure->filter = *filter;
  if (filter->host != NULL) {
    g_strlcpy(erasure->host, filter->host, sizeof erasure->host);
    erasure->filter.host = erasure->host;
  }
  if (filter->pattern != NULL) {
    g_strlcpy(erasure->pattern, filter->pattern, sizeof erasure->pattern);
    erasure->filter.pattern = erasure->pattern;
  }
  if (filter->digest.size > 0) {
    memcpy(erasure->digest, filter->digest.data, filter->digest.size);
    erasure->filter.digest.data = erasure->digest;
  }
}

struct erasure *erasure_new(const struct store_filter *filter)
{
  struct erasure *erasure;
  struct walk walk;

  if (!walk_init(&walk, filter) || (filter->host != NULL && strlen(filter->host) > HOST_MAX))
    return NULL;
  erasure = g_new0(struct erasure, 1);
  copy_filter(erasure, filter);
  walk_init(&erasure->walk, &erasure->filter);
  erasure->gone = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return erasure;
}

void erasure_free(struct erasure *erasure)
{
  if (erasure == NULL)
    return;
  g_hash_table_unref(erasure->gone);
  g_free(erasure);
}

bool erasure_is_plain(const struct erasure *erasure)
{
  const struct store_filter *filter = &erasure->filter;

  return filter->tickets && filter->records && filter->kind == -1 && filter->status == -1 &&
         filter->origin == -1 && filter->scope == -1 && filter->digest.size == 0 &&
         filter->since == 0;
}

/* The column of the protocol, before that of the port. */
static int protocol_column(enum table_id table)
{
  switch (table) {
  case TABLE_BEFORE:
  case TABLE_PIN:
    return 2;
  case TABLE_IMAGE:
    return 3;
  case TABLE_EVENT:
    return 6;
  default:
    return 1;
  }
}

static bool is_word(const struct cell *cell, const char *word)
{
  return span_equal(cell->bytes, cell_text(word).bytes);
}

/* Rule 1. A record for any protocol fits each. */
bool erasure_has_place(const struct erasure *erasure, enum table_id table, const struct cell *cells,
                       char host[HOST_MAX + 1])
{
  const struct store_filter *filter = &erasure->filter;
  const struct cell *at = cells + protocol_column(table);

  if (!doomed_host(table, cells, host))
    return false;
  if (filter->host != NULL && strcmp(host, filter->host) != 0)
    return false;
  return sqlite3_strglob(erasure->walk.glob, host) == 0 &&
         (filter->protocol == -1 || at[0].bytes.size == 0 ||
          is_word(&at[0], protocol_token((enum protocol)filter->protocol))) &&
         (filter->port == 0 || at[1].number == filter->port);
}

/* cells: as of a record. present: the columns after the key count. */
static bool fits_record(const struct store_filter *filter, const struct cell *cells, bool present,
                        const struct cell *rest, int64_t made)
{
  int64_t first_seen = rest[6].number;

  return filter->records && (present ? first_seen : made) >= filter->since &&
         (filter->kind == -1 ||
          is_word(&cells[4], keypin_kind_token((enum keypin_kind)filter->kind))) &&
         (filter->origin == -1 ||
          is_word(&cells[5], keypin_origin_token((enum keypin_origin)filter->origin))) &&
         (filter->scope == -1 || is_word(&cells[1], scope_token((enum scope)filter->scope))) &&
         (filter->status == -1 || !present ||
          is_word(&rest[0], keypin_status_token((enum keypin_status)filter->status))) &&
         (filter->digest.size == 0 || span_equal(cells[9].bytes, filter->digest));
}

/* The event's text of a key says which part of a certificate the digest is of. */
static bool fits_event(const struct store_filter *filter, const struct cell *key)
{
  struct keypin pin = {.matching = filter->digest.size == matching_size(MATCHING_SHA512)
                                       ? MATCHING_SHA512
                                       : MATCHING_SHA256};
  char text[KEYPIN_KEY_TEXT_SIZE];

  if (filter->digest.size == 0)
    return false;
  memcpy(pin.digest, filter->digest.data, filter->digest.size);
  for (int selector = 0; selector < SELECTOR_COUNT; selector++) {
    pin.selector = (enum selector)selector;
    if (keypin_key_text(&pin, text) && is_word(key, text))
      return true;
  }
  return false;
}

/* Rules 2 and 3. */
bool erasure_fits(const struct erasure *erasure, enum table_id table, const struct cell *cells,
                  int64_t made)
{
  const struct store_filter *filter = &erasure->filter;

  if (erasure_is_plain(erasure))
    return true;
  switch (table) {
  case TABLE_TICKET:
    return filter->tickets && cells[8].number >= filter->since;
  case TABLE_BEFORE:
    return filter->tickets && (cells[4].number != 0 ? cells[10].number : made) >= filter->since;
  case TABLE_PIN:
    return fits_record(filter, cells, true, cells + PIN_KEY, made);
  case TABLE_IMAGE:
    return fits_record(filter, cells + 1, cells[1 + PIN_KEY].number != 0, cells + PIN_KEY + 2,
                       made);
  case TABLE_EVENT:
    return fits_event(filter, &cells[10]);
  default:
    return false;
  }
}

/* A run of octets that a name may have, in lower case; what is longer is cut, with an overlap that
 * is longer than any name. */
struct run {
  char text[RUN_OCTETS + 1];
  size_t size;
  const char *glob;
  bool found;
};

static void end_run(struct run *run, size_t kept)
{
  run->text[run->size] = '\0';
  run->found = run->found || sqlite3_strglob(run->glob, run->text) == 0;
  memmove(run->text, run->text + run->size - kept, kept);
  run->size = kept;
}

static bool is_of_name(char octet)
{
  return g_ascii_isalnum(octet) || octet == '-' || octet == '.' || octet == '_';
}

static void add_octets(struct run *run, const char *octets, size_t size)
{
  for (size_t i = 0; i < size; i++) {
    if (is_of_name(octets[i]))
      run->text[run->size++] = g_ascii_tolower(octets[i]);
    else if (run->size > 0)
      end_run(run, 0);
    if (run->size == RUN_OCTETS)
      end_run(run, HOST_MAX);
  }
}

static bool read_all(int fd, struct run *run)
{
  g_autofree char *octets = g_malloc(READ_OCTETS);
  ssize_t size;

  while ((size = read(fd, octets, READ_OCTETS)) > 0)
    add_octets(run, octets, (size_t)size);
  if (run->size > 0)
    end_run(run, 0);
  return size == 0;
}

/* NULL: neither a host nor a pattern is named. */
static char *glob_within(const struct erasure *erasure)
{
  const struct store_filter *filter = &erasure->filter;

  if (filter->host != NULL && filter->host[0] != '\0')
    return g_strconcat("*", filter->host, "*", NULL);
  return filter->pattern != NULL ? g_strconcat("*", erasure->walk.glob, "*", NULL) : NULL;
}

bool erasure_is_named(const struct erasure *erasure, const char *path)
{
  g_autofree struct run *run = NULL;
  g_autofree char *glob = glob_within(erasure);
  bool named;
  int fd;

  if (glob == NULL)
    return erasure_is_plain(erasure) && erasure->filter.host == NULL;
  fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return true;
  run = g_new0(struct run, 1);
  run->glob = glob;
  named = !read_all(fd, run) || run->found;
  close(fd);
  return named;
}
