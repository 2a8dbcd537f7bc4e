/* Rows out of the octets of a damaged file: see salvage.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/salvage.h"

#include "daemon/finder.h"
#include "daemon/layout.h"

#include <errno.h>
#include <string.h>

enum {
  BROKEN_MAX = 64,         /* cells that are tried to be mended */
  BROKEN_FEW = 4,          /* so few that it may take longer */
  WORK_FACTOR = 8,         /* octets of payloads for each of the file */
  WORK_LEAST = 1 << 20,    /* and at least */
  WORK_MENDING = 64 << 20, /* of each kind of change */
  NOT_KNOWN = -1
};

/* A cell that a page names and that is no row. */
struct broken {
  uint64_t page;
  size_t offset;
  int table; /* of the other rows of the page; NOT_KNOWN: none was reached */
};

struct salvage {
  struct finder finder;
  salvage_visit visit;
  void *data;
  struct salvage_found *found;
  bool contents_torn, census_torn; /* two rows of it were found that differ */
  bool stopped;
  uint64_t failed; /* pages that can't be read */
  uint8_t *taken;  /* a bit for each page that is an overflow page of a row that is reached */
  struct broken broken[BROKEN_MAX];
  size_t broken_count; /* in the list */
  size_t broken_all;   /* and those that didn't get into it */
  int table;           /* of the row that was reached last on the page */
  /* Of the page that was examined last: its rows, as its pointers name them. */
  struct btree_page page;
  struct layout layout;
  struct named {
    size_t offset, start, end; /* of the payload's size, and of the cell with what is before it */
  } named[STORE_PAGE / 2];
  size_t named_count;
  bool covered[STORE_PAGE]; /* octets of the page that are in a row which was reached */
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

static void keep(bool *torn, bool *known, void *kept, const void *found, size_t size)
{
  if (*known && memcmp(kept, found, size) != 0)
    *torn = true;
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
    keep(&s->contents_torn, &found->contents_known, &found->contents, &contents, sizeof contents);
  if (census_decode(s->finder.checksum, value, &census))
    keep(&s->census_torn, &found->census_known, &found->census, &census, sizeof census);
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

  if (columns->table == COLUMNS_META) {
    if (reached)
      keep_meta(s);
    return;
  }
  *(reached ? &s->found->reached : &s->found->carved) += 1;
  if (reached)
    s->table = columns->table;
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
    s->broken[s->broken_count++] = (struct broken){n, offset, NOT_KNOWN};
}

/* Looks at what the pointers of the page name. noted: what is no row is. */
static void name_cells(struct salvage *s, uint64_t n, bool noted)
{
  size_t child = s->page.interior ? CHILD_SIZE : 0;

  for (size_t i = 0; i < s->page.cells; i++) {
    size_t offset = btree_pointer(&s->page, i), end;

    if (offset == 0 || !layout_name(&s->layout, offset - child))
      continue;
    if (finder_try(&s->finder, offset, &end)) {
      layout_add(&s->layout, offset - child, end);
      s->named[s->named_count++] = (struct named){offset, offset - child, end};
    } else if (noted) {
      note_broken(s, n, offset);
    }
  }
}

/* The first octet of a page that isn't of an index b-tree: of the b-tree of sqlite_schema, or of a
 * number of a page, which is never so high. Page 1 begins with the header. */
static bool kind_is_known(const uint8_t *octets, uint64_t n)
{
  static const char header[] = "SQLite format 3";

  return n == 0 ? memcmp(octets, header, sizeof header) == 0
                : octets[0] == 0x00 || octets[0] == 0x05 || octets[0] == 0x0d;
}

/* Whether the page that was read is one of a b-tree: then its rows are in `named`. */
static bool examine(struct salvage *s, uint64_t n, bool noted)
{
  s->named_count = 0;
  if (n == 0 || !btree_page_read(pagefile_span(&s->finder.file), &s->page))
    return false;
  layout_begin(&s->layout, &s->page);
  name_cells(s, n, noted);
  return true;
}

/* Finds a row that was named once more, if it is one that is reached. */
static bool reach(struct salvage *s, const struct named *named)
{
  size_t end;

  return layout_fits(&s->layout, named->start, named->end) &&
         finder_try(&s->finder, named->offset, &end);
}

/* What the rows of the page go on in is no page with rows, whatever it looks like: its octets are
 * those of a ticket, say, which a server has chosen. */
static void chain_page(struct salvage *s, uint64_t n)
{
  if (pagefile_read(&s->finder.file, n) == PAGE_FAILED || !examine(s, n, false))
    return;
  for (size_t i = 0; i < s->named_count; i++)
    if (reach(s, &s->named[i]))
      take_chain(s);
}

/* True where every pointer of the page reached a row of its own. */
static bool reach_cells(struct salvage *s)
{
  size_t rows = 0;

  for (size_t i = 0; i < s->named_count && !s->stopped; i++)
    if (reach(s, &s->named[i])) {
      rows += is_exact(s);
      tell(s, true, false);
    }
  return rows == s->page.cells;
}

/* A page has rows of one table only. */
static void name_broken(struct salvage *s, size_t first)
{
  for (size_t i = first; i < s->broken_count; i++)
    s->broken[i].table = s->table;
}

static void reach_page(struct salvage *s, uint64_t n)
{
  enum page_state state = pagefile_read(&s->finder.file, n);
  size_t broken = s->broken_count;
  bool whole = false;

  s->table = NOT_KNOWN;
  if (state == PAGE_FAILED)
    s->failed++;
  else if (!page_is_taken(s, n) && examine(s, n, true))
    whole = reach_cells(s);
  else
    whole = kind_is_known(s->finder.file.page, n);
  name_broken(s, broken);
  if (state != PAGE_WHOLE || !whole)
    s->found->pages_damaged++;
}

/* Only rows that are reached cover what is in them. */
static void cover_reached(struct salvage *s)
{
  for (size_t i = 0; i < s->named_count; i++) {
    const struct named *named = &s->named[i];

    if (layout_fits(&s->layout, named->start, named->end))
      memset(s->covered + named->start, true, named->end - named->start);
  }
}

/* Every octet that isn't in a row which was reached may be the first of a cell. */
static void carve_octets(struct salvage *s)
{
  for (size_t offset = 0; offset < s->finder.file.page_size && !s->stopped; offset++) {
    size_t end;

    if (!s->covered[offset] && finder_try(&s->finder, offset, &end)) {
      tell(s, false, false);
      offset = end - 1;
    }
  }
}

/* A page that is taken is carved only where it looks like one with rows: then either may be so. */
static void carve_page(struct salvage *s, uint64_t n)
{
  bool taken = page_is_taken(s, n), rows;

  if (pagefile_read(&s->finder.file, n) == PAGE_FAILED)
    return;
  memset(s->covered, false, s->finder.file.page_size);
  rows = examine(s, n, false);
  if (taken && !rows)
    return;
  if (!taken)
    cover_reached(s);
  carve_octets(s);
}

/* Mends a cell where there is room for it. */
static bool mend_one(struct salvage *s, struct broken broken, enum mend_change change,
                     uint64_t work)
{
  struct btree_cell cell = {.end = 0};

  if (pagefile_read(&s->finder.file, broken.page) == PAGE_FAILED)
    return false;
  s->finder.work = s->finder.file.page_size * WORK_FACTOR + WORK_LEAST;
  examine(s, broken.page, false);
  s->finder.work = work;
  if (!finder_mend(&s->finder, broken.offset, change))
    return false;
  btree_cell_read(pagefile_span(&s->finder.file), broken.offset, PAYLOAD_MAX, &cell);
  return layout_has_room(&s->layout, broken.offset - (s->page.interior ? CHILD_SIZE : 0), cell.end);
}

/* What is mended is taken out of the list. */
static void mend_all(struct salvage *s, enum mend_change change)
{
  size_t count = s->broken_count;

  s->broken_count = 0;
  for (size_t i = 0; i < count && !s->stopped; i++) {
    struct broken broken = s->broken[i];

    if (mend_one(s, broken, change, WORK_MENDING / count)) {
      take_chain(s);
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
  for (size_t i = 0; i < s->broken_count; i++)
    if (s->broken[i].table != NOT_KNOWN)
      s->found->lost[s->broken[i].table]++;
}

static void walk(struct salvage *s, void (*visit)(struct salvage *s, uint64_t n))
{
  const struct pagefile *file = &s->finder.file;

  s->finder.work = file->size * WORK_FACTOR + WORK_LEAST;
  for (uint64_t n = pagefile_next(file, 0); n < file->pages && !s->stopped;
       n = pagefile_next(file, n + 1))
    visit(s, n);
}

static void read_pages(struct salvage *s)
{
  s->found->pages = s->finder.file.pages;
  walk(s, chain_page);
  walk(s, reach_page);
  mend_broken(s);
  walk(s, carve_page);
  if (s->contents_torn)
    s->found->contents_known = false;
  if (s->census_torn)
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
  pagefile_set_page_size(file, STORE_PAGE);
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
