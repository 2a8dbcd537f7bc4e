/* Which operations of the journal touched a record: see trail.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/trail.h"

#include <stdlib.h>
#include <string.h>

/* Where there is no index by record, this is one: an image, by a hash of its record's key. */
struct mark {
  uint64_t hash;
  uint64_t operation;
};

struct trail {
  struct store *store;
  GArray *heads; /* struct operation_row, by id */
  GArray *marks; /* struct mark, in their order; none where nothing was taken back */
};

static const struct operation_row *find_head(const struct trail *trail, uint64_t id)
{
  guint low = 0, high = trail->heads->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;

    if (g_array_index(trail->heads, struct operation_row, middle).id < id)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == trail->heads->len || g_array_index(trail->heads, struct operation_row, low).id != id)
    return NULL;
  return &g_array_index(trail->heads, struct operation_row, low);
}

/* What is being forgotten has lost some of its images already, and a draft has none. */
static bool counts(const struct operation_row *head)
{
  return head != NULL && head->kind != OPERATION_GONE && head->kind != OPERATION_DRAFT;
}

static enum tlspin_code read_heads(struct trail *trail, uint64_t operation, bool *any_undone)
{
  struct operation_row row = {.id = 0};
  enum tlspin_code code;

  *any_undone = false;
  while ((code = journal_next_head(trail->store, row.id, &row)) == TLSPIN_OK &&
         row.id < operation) {
    g_array_append_val(trail->heads, row);
    *any_undone = *any_undone || (row.undone && counts(&row));
  }
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

/* FNV-1a. Two records with one hash cost a look more; the record itself is compared then. */
static uint64_t hash_key(const struct cell *key)
{
  uint64_t hash = UINT64_C(14695981039346656037);

  for (int i = 0; i < PIN_KEY; i++) {
    hash = (hash ^ (uint64_t)key[i].number) * UINT64_C(1099511628211);
    for (size_t j = 0; j < key[i].bytes.size; j++)
      hash = (hash ^ key[i].bytes.data[j]) * UINT64_C(1099511628211);
  }
  return hash;
}

static gint compare_marks(gconstpointer a, gconstpointer b)
{
  const struct mark *x = a, *y = b;

  if (x->hash != y->hash)
    return x->hash < y->hash ? -1 : 1;
  return (x->operation > y->operation) - (x->operation < y->operation);
}

static enum tlspin_code read_marks(struct trail *trail, uint64_t operation)
{
  sqlite3_stmt *statement = trail->store->db.statements[STATEMENT_EARLIER_PIN_IMAGES];
  struct cell cells[TABLE_COLUMNS];
  enum tlspin_code code;

  sqlite3_bind_int64(statement, 1, (int64_t)operation);
  while ((code = store_step(trail->store, TABLE_IMAGE, statement, cells)) == TLSPIN_OK) {
    struct mark mark = {hash_key(cells + 1), (uint64_t)cells[0].number};
    struct pin_image image;
    struct pin_note note;

    if (!pin_image_of_cells(cells, &image, &note)) {
      code = TLSPIN_UNAVAILABLE;
      break;
    }
    if (!image.noted && counts(find_head(trail, mark.operation)))
      g_array_append_val(trail->marks, mark);
  }
  database_reset(statement);
  g_array_sort(trail->marks, compare_marks);
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

enum tlspin_code trail_read(struct store *store, uint64_t operation, struct trail **trail)
{
  struct trail *made = g_new0(struct trail, 1);
  enum tlspin_code code;
  bool any_undone;

  *trail = NULL;
  made->store = store;
  made->heads = g_array_new(FALSE, FALSE, sizeof(struct operation_row));
  made->marks = g_array_new(FALSE, FALSE, sizeof(struct mark));
  code = read_heads(made, operation, &any_undone);
  if (code == TLSPIN_OK && any_undone)
    code = read_marks(made, operation);
  if (code == TLSPIN_OK)
    *trail = made;
  else
    trail_free(made);
  return code;
}

void trail_free(struct trail *trail)
{
  if (trail == NULL)
    return;
  g_array_unref(trail->heads);
  g_array_unref(trail->marks);
  g_free(trail);
}

/* How many marks stand before the one that a record would have at an operation. */
static guint marks_before(const struct trail *trail, const struct mark *mark)
{
  guint low = 0, high = trail->marks->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;

    if (compare_marks(&g_array_index(trail->marks, struct mark, middle), mark) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* The image that the newest operation before `operation` has of the record. TLSPIN_E_NOT_FOUND. */
static enum tlspin_code find_earlier(const struct trail *trail, const struct keypin *record,
                                     uint64_t operation, struct pin_image *image)
{
  struct cell key[PIN_KEY];
  struct mark mark = {.operation = operation};
  enum tlspin_code code = TLSPIN_E_NOT_FOUND;

  pin_key_to_cells(record, key);
  mark.hash = hash_key(key);
  for (guint i = marks_before(trail, &mark); code == TLSPIN_E_NOT_FOUND && i > 0; i--) {
    const struct mark *at = &g_array_index(trail->marks, struct mark, i - 1);

    if (at->hash != mark.hash)
      break;
    code = journal_find_pin(trail->store, at->operation, record, image);
  }
  return code;
}

/* Whether an operation left the record in this state: else something else changed it afterwards,
 * which no operation did. */
static enum tlspin_code is_left(const struct trail *trail, const struct pin_image *image,
                                const struct pin_image *state, bool *left)
{
  struct digest digest;

  *left = image->left == state->present;
  if (!*left || !image->left)
    return TLSPIN_OK;
  if (!pin_digest(trail->store->db.checksum, &state->pin, &digest))
    return TLSPIN_UNAVAILABLE;
  *left = memcmp(&digest, &image->result, sizeof digest) == 0;
  return TLSPIN_OK;
}

/* Puts the state that an operation found in the place of *state. */
static void step_back(struct pin_image *state, struct pin_image *image)
{
  keypin_clear(&state->pin);
  *state = *image;
  image->pin = (struct keypin){.note = ""};
}

/* One step further back from *state, which is what its operation found. *end: it stays. */
static enum tlspin_code follow_one(const struct trail *trail, struct pin_image *state, bool *end)
{
  struct pin_image image = {.pin = {.note = ""}};
  const struct operation_row *head = NULL;
  enum tlspin_code code = find_earlier(trail, &state->pin, state->operation, &image);
  bool left = false;

  *end = true;
  if (code != TLSPIN_OK)
    return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
  code = is_left(trail, &image, state, &left);
  if (code == TLSPIN_OK && left)
    head = find_head(trail, image.operation);
  if (head != NULL && !head->undone && head->kind == OPERATION_UNDO) { /* 4 */
    keypin_clear(&image.pin);
    code = journal_find_pin(trail->store, head->target, &state->pin, &image);
    *end = code != TLSPIN_OK || !counts(find_head(trail, head->target));
  } else {
    *end = head == NULL || !head->undone; /* 2, 3 */
  }
  if (!*end)
    step_back(state, &image);
  keypin_clear(&image.pin);
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

/* What the record should be once an operation is undone:
 *
 * 1. What the operation found there, as its image says, unless an earlier operation of the journal
 *    left it so: the newest that touched the record before.
 * 2. If that one is in force, or nothing in the journal left it so (it was learned, say, or who
 *    left it is forgotten), it stays so.
 * 3. If that one, a clear, an edit or an undo, was taken back, it is what that one found there, and
 *    the question is asked again from there.
 * 4. If that one is an undo that is in force, the record is what its target found there, and the
 *    question is asked from the target on: what was taken back in between doesn't count.
 *
 * An image that is only noted doesn't count: its operation didn't touch the record.
 *
 * So whatever operations are undone, and in whatever order, a state that one of them made never
 * comes back; with all of them undone the record is as it was before the oldest. That is so as far
 * as the journal reaches: rule 4 of forget.c keeps by age what the others need, but where too many
 * images are kept, one that was taken back may be forgotten before a newer one that found what it
 * had made, and that comes back by an undo of the newer one. */
enum tlspin_code trail_follow(const struct trail *trail, const struct pin_image *image,
                              struct pin_image *state)
{
  enum tlspin_code code = TLSPIN_OK;

  *state = *image; /* 1 */
  state->pin.owned = NULL;
  if (!keypin_own(&state->pin))
    return TLSPIN_E_MEMORY;
  for (bool end = trail->marks->len == 0; !end && code == TLSPIN_OK;)
    code = follow_one(trail, state, &end);
  if (code != TLSPIN_OK)
    keypin_clear(&state->pin);
  return code;
}
