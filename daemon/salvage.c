/* Rows out of the octets of a damaged file: see salvage.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/salvage.h"

#include "daemon/finder.h"

#include <errno.h>
#include <string.h>

enum {
  PAGE_USUAL = 4096,      /* of each file that tlspin makes */
  PAGE_SIZE_AT = 16,      /* where the header has the size of a page */
  SAMPLE = 1 << 20,       /* octets by which the size of the pages is found */
  BROKEN_MAX = 64,        /* cells that are tried to be mended */
  BROKEN_FEW = 4,         /* so few that it may take longer */
  WORK_FACTOR = 8,        /* octets of payloads for each of the file */
  WORK_LEAST = 1 << 20,   /* and at least */
  WORK_MENDING = 64 << 20 /* of each kind of change */
};

/* A cell that a page names and that is no row. */
struct broken {
  uint64_t page;
  size_t offset;
};

/* How sure it is what a row of `meta` says. */
struct meta {
  bool torn;    /* two were found that differ */
  bool settled; /* one was reached: what is carved counts no more */
};

struct salvage {
  struct finder finder;
  salvage_visit visit;
  void *data;
  struct salvage_found *found;
  struct meta contents, census;
  bool stopped;
  uint64_t failed; /* pages that can't be read */
  uint8_t *taken;  /* a bit for each page that is an overflow page of a row */
  struct broken broken[BROKEN_MAX];
  size_t broken_count;    /* in the list */
  size_t broken_all;      /* and those that didn't get into it */
  bool covered[PAGE_MAX]; /* octets of the page that are in the cell of a row */
};

static bool page_is_taken(const struct salvage *s, uint64_t n)
{
  return (s->taken[n / 8] >> n % 8 & 1) != 0;
}

static void take_chain(struct salvage *s)
{
  const struct pagefile *file = &s->finder.file;

  for (size_t i = 0; i < file->chain_count; i++)
    s->taken[file->chain[i] / 8] |= (uint8_t)(1 << file->chain[i] % 8);
}

static void keep(struct meta *meta, bool *known, void *kept, const void *found, size_t size)
{
  if (meta->settled)
    return;
  if (*known && memcmp(kept, found, size) != 0)
    meta->torn = true;
  memcpy(kept, found, size);
  *known = true;
}

static void keep_meta(struct salvage *s)
{
  struct span value = s->finder.columns.cells[1].bytes;
  struct salvage_found *found = s->found;
  struct contents contents = {.rows = 0};
  struct census census = {.records = 0};

  if (contents_decode(s->finder.checksum, value, &contents))
    keep(&s->contents, &found->contents_known, &found->contents, &contents, sizeof contents);
  if (census_decode(s->finder.checksum, value, &census))
    keep(&s->census, &found->census_known, &found->census, &census, sizeof census);
}

/* Of the row that was found last nothing is damaged. */
static bool is_exact(const struct salvage *s)
{
  const struct columns *columns = &s->finder.columns;

  return columns->table == COLUMNS_META || columns_have_digest(columns, &s->finder.digest);
}

/* The row that was found last. */
static void tell(struct salvage *s, bool reached, bool mended)
{
  struct columns *columns = &s->finder.columns;

  take_chain(s);
  if (columns->table == COLUMNS_META) {
    keep_meta(s);
    return;
  }
  *(reached ? &s->found->reached : &s->found->carved) += 1;
  if (reached && (mended || !is_exact(s)))
    s->found->mended++;
  s->stopped =
      !s->visit((enum table_id)columns->table, columns->cells, &s->finder.digest, reached, s->data);
}

/* A cell that is no row is mended later, once it is known how many there are. */
static void note_broken(struct salvage *s, uint64_t n, size_t offset)
{
  s->broken_all++;
  if (s->broken_count < BROKEN_MAX)
    s->broken[s->broken_count++] = (struct broken){n, offset};
}

/* Covers the cells of the page that its pointers name and that are rows; how many are whole.
 * first: the rows are told of, and what is none is noted. */
static size_t reach_cells(struct salvage *s, const struct btree_page *page, uint64_t n, bool first)
{
  size_t rows = 0;

  for (size_t i = 0; i < page->cells && !s->stopped; i++) {
    size_t offset = btree_pointer(page, i), end;

    if (offset == 0 || s->covered[offset])
      continue;
    if (finder_try(&s->finder, offset, &end)) {
      memset(s->covered + offset, true, end - offset);
      rows += is_exact(s);
      if (first)
        tell(s, true, false);
    } else if (first) {
      note_broken(s, n, offset);
    }
  }
  return rows;
}

/* The first octet of a page that isn't of an index b-tree: of the b-tree of sqlite_schema, or of a
 * number of a page, which is never so high. Page 1 begins with the header. */
static bool kind_is_known(const uint8_t *octets, uint64_t n)
{
  static const char header[] = "SQLite format 3";

  return n == 0 ? memcmp(octets, header, sizeof header) == 0
                : octets[0] == 0x00 || octets[0] == 0x05 || octets[0] == 0x0d;
}

static bool page_read(struct salvage *s, uint64_t n, struct btree_page *page)
{
  memset(s->covered, false, s->finder.file.page_size);
  return n > 0 && btree_page_read(pagefile_span(&s->finder.file), page);
}

static void reach_page(struct salvage *s, uint64_t n)
{
  enum page_state state = pagefile_read(&s->finder.file, n);
  struct btree_page page;
  bool whole = false;

  if (state == PAGE_FAILED)
    s->failed++;
  else if (page_read(s, n, &page))
    whole = reach_cells(s, &page, n, true) == page.cells;
  else
    whole = kind_is_known(s->finder.file.page, n);
  if (state != PAGE_WHOLE || !whole)
    s->found->pages_damaged++;
}

/* Every octet that isn't in a row which was reached may be the first of a cell. */
static void carve_page(struct salvage *s, uint64_t n)
{
  struct btree_page page;
  size_t end;

  if (page_is_taken(s, n) || pagefile_read(&s->finder.file, n) == PAGE_FAILED)
    return;
  if (page_read(s, n, &page))
    reach_cells(s, &page, n, false);
  for (size_t offset = 0; offset < s->finder.file.page_size && !s->stopped; offset++)
    if (!s->covered[offset] && finder_try(&s->finder, offset, &end)) {
      tell(s, false, false);
      offset = end - 1;
    }
}

/* What is mended is taken out of the list. */
static void mend_all(struct salvage *s, enum mend_change change)
{
  size_t count = s->broken_count;

  s->broken_count = 0;
  for (size_t i = 0; i < count && !s->stopped; i++) {
    struct broken broken = s->broken[i];

    s->finder.work = WORK_MENDING / count;
    if (pagefile_read(&s->finder.file, broken.page) != PAGE_FAILED &&
        finder_mend(&s->finder, broken.offset, change)) {
      tell(s, true, true);
    } else {
      s->broken[s->broken_count++] = broken;
    }
  }
}

static void mend_broken(struct salvage *s)
{
  mend_all(s, MEND_BIT);
  if (s->broken_all <= BROKEN_FEW)
    mend_all(s, MEND_OCTET);
}

static void walk(struct salvage *s, void (*visit)(struct salvage *s, uint64_t n))
{
  const struct pagefile *file = &s->finder.file;

  s->finder.work = file->size * WORK_FACTOR + WORK_LEAST;
  for (uint64_t n = pagefile_next(file, 0); n < file->pages && !s->stopped;
       n = pagefile_next(file, n + 1))
    visit(s, n);
}

/* How many rows are reached in the first part of the file if its pages have this size. */
static uint64_t count_rows(struct salvage *s, size_t page_size)
{
  struct pagefile *file = &s->finder.file;
  struct btree_page page;
  uint64_t rows = 0;

  pagefile_set_page_size(file, page_size);
  s->finder.work = (uint64_t)SAMPLE * WORK_FACTOR;
  for (uint64_t n = 0; n < MIN(file->pages, SAMPLE / page_size); n++)
    if (pagefile_read(file, n) != PAGE_FAILED && page_read(s, n, &page))
      rows += reach_cells(s, &page, n, false);
  return rows;
}

static size_t said_page_size(struct salvage *s)
{
  struct pagefile *file = &s->finder.file;
  struct reader r = reader_of((struct span){file->page, PAGE_MIN});
  size_t said;

  pagefile_set_page_size(file, PAGE_MIN);
  if (pagefile_read(file, 0) == PAGE_FAILED)
    return PAGE_USUAL;
  reader_take(&r, PAGE_SIZE_AT);
  said = reader_u16(&r);
  said = said == 1 ? PAGE_MAX : said;
  return said >= PAGE_MIN && (said & (said - 1)) == 0 ? said : PAGE_USUAL;
}

/* No other sizes are tried: the octets of a ticket can be made to look like small pages with rows,
 * more of them than the file has. */
static size_t find_page_size(struct salvage *s)
{
  size_t said = said_page_size(s);

  return said != PAGE_USUAL && count_rows(s, said) > count_rows(s, PAGE_USUAL) ? said : PAGE_USUAL;
}

static void read_pages(struct salvage *s)
{
  s->found->pages = s->finder.file.pages;
  walk(s, reach_page);
  mend_broken(s);
  s->contents.settled = s->found->contents_known;
  s->census.settled = s->found->census_known;
  walk(s, carve_page);
  if (s->contents.torn)
    s->found->contents_known = false;
  if (s->census.torn)
    s->found->census_known = false;
}

static struct salvage *salvage_new(enum store_kind kind, salvage_visit visit, void *data,
                                   struct salvage_found *found)
{
  struct salvage *s = g_try_malloc0(sizeof *s);

  if (s == NULL)
    return NULL;
  s->finder.kind = kind;
  s->visit = visit;
  s->data = data;
  s->found = found;
  return s;
}

static void salvage_free(struct salvage *s)
{
  explicit_bzero(s, sizeof *s); /* there were secrets among the rows */
  g_free(s);
}

/* The file is open. 0, or what errno is to be. */
static int read_file(struct salvage *s)
{
  struct pagefile *file = &s->finder.file;
  int fault = ENOMEM;

  s->finder.checksum = g_checksum_new(G_CHECKSUM_SHA256);
  pagefile_set_page_size(file, find_page_size(s));
  s->taken = g_try_malloc0(file->pages / 8 + 1);
  if (s->taken != NULL) {
    read_pages(s);
    fault = file->pages > 0 && s->failed == file->pages ? EIO : 0;
  }
  g_checksum_free(s->finder.checksum);
  g_free(s->taken);
  return fault;
}

bool salvage_read(const char *path, enum store_kind kind, salvage_visit visit, void *data,
                  struct salvage_found *found)
{
  struct salvage *s = salvage_new(kind, visit, data, found);
  int fault;

  *found = (struct salvage_found){.pages = 0};
  if (s == NULL) {
    errno = ENOMEM;
    return false;
  }
  if (pagefile_open(&s->finder.file, path)) {
    fault = read_file(s);
    found->fault = s->finder.file.fault;
    pagefile_close(&s->finder.file);
  } else {
    fault = errno;
  }
  salvage_free(s);
  errno = fault;
  return fault == 0;
}
