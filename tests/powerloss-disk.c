/* What a disk holds of what was asked of it: see powerloss.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/powerloss.h"

#include "tests/powerloss-record.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

enum { SECTOR = 512 };

/* A disk after the power went. */
struct disk {
  struct powerloss loss;
  GHashTable *names;  /* name: number of the file */
  GByteArray **files; /* the content of each */
  char **made;        /* the first path of each that was made */
  bool gap;           /* names in their order: one was left out */
  uint32_t random;
};

/* xorshift */
static uint32_t roll(struct disk *disk)
{
  disk->random ^= disk->random << 13;
  disk->random ^= disk->random >> 17;
  disk->random ^= disk->random << 5;
  return disk->random;
}

static bool toss(struct disk *disk)
{
  return (roll(disk) >> 16 & 1) != 0;
}

static bool is_of_names(const struct call *call)
{
  return call->kind == CALL_NAME || call->kind == CALL_RENAME || call->kind == CALL_REMOVE;
}

/* Which calls are followed by a sync of their file, or of the folder that their name is in. */
static bool *find_synced(size_t calls)
{
  bool *synced = g_new0(bool, calls + 1), *files = g_new0(bool, record_files());

  for (size_t i = calls; i > 0; i--) {
    const struct call *call = record_call(i - 1);

    if (call->kind == CALL_SYNC)
      files[call->file] = true;
    else
      synced[i - 1] = files[is_of_names(call) ? call->folder : call->file];
  }
  g_free(files);
  return synced;
}

/* Whether a call that wasn't synced has its effect. */
static bool happens(struct disk *disk, const struct call *call)
{
  switch (disk->loss.mode) {
  case POWERLOSS_NONE:
    return false;
  case POWERLOSS_ALL:
    return true;
  case POWERLOSS_ORDERED:
    if (!is_of_names(call))
      return toss(disk);
    disk->gap = disk->gap || !toss(disk);
    return !disk->gap;
  default:
    return toss(disk);
  }
}

/* A file that grew without its data holds zeros, or what its sectors held of others before. */
static void grow(struct disk *disk, GByteArray *file, size_t size, bool rubbish)
{
  guint old = file->len;

  if (size <= old)
    return;
  g_byte_array_set_size(file, (guint)size);
  memset(file->data + old, 0, size - old);
  for (size_t i = old; rubbish && i < size; i++)
    file->data[i] = (guint8)roll(disk);
}

static void put(struct disk *disk, GByteArray *file, size_t offset, const void *octets, size_t size)
{
  grow(disk, file, offset + size, false);
  if (size > 0) /* an empty array has no octets at all */
    memcpy(file->data + offset, octets, size);
}

static void put_sectors(struct disk *disk, GByteArray *file, const struct call *call)
{
  gsize size;
  const uint8_t *octets = g_bytes_get_data(call->octets, &size);

  if (toss(disk))
    grow(disk, file, call->offset + size, true);
  for (size_t at = 0; at < size;) {
    size_t part = MIN(size - at, SECTOR - (call->offset + at) % SECTOR);

    if (toss(disk))
      put(disk, file, call->offset + at, octets + at, part);
    at += part;
  }
}

static void write_call(struct disk *disk, const struct call *call, bool synced)
{
  GByteArray *file = disk->files[call->file];
  gsize size;
  const uint8_t *octets = g_bytes_get_data(call->octets, &size);

  if (!synced && disk->loss.mode == POWERLOSS_TORN)
    put_sectors(disk, file, call);
  else if (synced || happens(disk, call))
    put(disk, file, call->offset, octets, size);
  else if (disk->loss.mode != POWERLOSS_NONE && toss(disk))
    grow(disk, file, call->offset + size, false);
}

static void set_name(struct disk *disk, const char *name, int file)
{
  g_hash_table_replace(disk->names, (void *)name, GINT_TO_POINTER(file));
}

/* A rename whose making was lost has nothing to rename; nothing is half renamed. */
static void rename_call(struct disk *disk, const struct call *call)
{
  void *file;

  if (!g_hash_table_lookup_extended(disk->names, call->old, NULL, &file))
    return;
  g_hash_table_remove(disk->names, call->old);
  set_name(disk, call->name, GPOINTER_TO_INT(file));
}

static void apply_call(struct disk *disk, const struct call *call, bool synced)
{
  if (call->kind == CALL_WRITE) {
    write_call(disk, call, synced);
    return;
  }
  if (call->kind == CALL_SYNC || (!synced && !happens(disk, call)))
    return;
  if (call->kind == CALL_NAME)
    set_name(disk, call->name, call->file);
  else if (call->kind == CALL_RENAME)
    rename_call(disk, call);
  else if (call->kind == CALL_REMOVE)
    g_hash_table_remove(disk->names, call->name);
  else if (call->offset < disk->files[call->file]->len)
    g_byte_array_set_size(disk->files[call->file], (guint)call->offset);
  else
    grow(disk, disk->files[call->file], call->offset, false);
}

static struct disk *disk_new(struct powerloss loss)
{
  struct disk *disk = g_new0(struct disk, 1);
  bool *synced = find_synced(loss.calls);

  disk->loss = loss;
  disk->random = loss.seed * 2654435761u | 1;
  disk->names = g_hash_table_new(g_str_hash, g_str_equal);
  disk->files = g_new0(GByteArray *, record_files());
  disk->made = g_new0(char *, record_files());
  for (size_t i = 0; i < record_files(); i++)
    disk->files[i] = g_byte_array_new();
  for (size_t i = 0; i < loss.calls; i++)
    apply_call(disk, record_call(i), synced[i]);
  g_free(synced);
  return disk;
}

static void disk_free(struct disk *disk)
{
  for (size_t i = 0; i < record_files(); i++) {
    g_byte_array_unref(disk->files[i]);
    g_free(disk->made[i]);
  }
  g_free(disk->files);
  g_free(disk->made);
  g_hash_table_unref(disk->names);
  g_free(disk);
}

static int by_name(const void *a, const void *b)
{
  return strcmp(a, b);
}

/* Folders come before what is in them. */
static GList *names_of(const struct disk *disk)
{
  return g_list_sort(g_hash_table_get_keys(disk->names), by_name);
}

/* A name in a folder that isn't there is none. */
static void make_file(struct disk *disk, const char *name, const char *folder)
{
  int file = GPOINTER_TO_INT(g_hash_table_lookup(disk->names, name));
  g_autofree char *path = g_build_filename(folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname(path);
  const GByteArray *content = disk->files[file];

  if (!g_file_test(parent, G_FILE_TEST_IS_DIR))
    return;
  if (record_is_folder(file)) {
    assert_int_equal(mkdir(path, 0700), 0);
    return;
  }
  if (disk->made[file] != NULL) {
    assert_int_equal(link(disk->made[file], path), 0);
    return;
  }
  disk->made[file] = g_strdup(path);
  assert_true(g_file_set_contents_full(path, (const char *)content->data, (gssize)content->len,
                                       G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

void powerloss_make(struct powerloss loss, const char *folder)
{
  struct disk *disk = disk_new(loss);
  GList *names = names_of(disk);

  assert_int_equal(mkdir(folder, 0700), 0);
  for (GList *name = names; name != NULL; name = name->next)
    make_file(disk, name->data, folder);
  g_list_free(names);
  disk_free(disk);
}

static unsigned count_entries(const char *folder)
{
  GDir *dir = g_dir_open(folder, 0, NULL);
  unsigned count = 0;
  const char *name;

  assert_non_null(dir);
  while ((name = g_dir_read_name(dir)) != NULL) {
    g_autofree char *path = g_build_filename(folder, name, NULL);

    count += 1 + (g_file_test(path, G_FILE_TEST_IS_DIR) ? count_entries(path) : 0);
  }
  g_dir_close(dir);
  return count;
}

static void compare_file(const struct disk *disk, const char *name)
{
  int file = GPOINTER_TO_INT(g_hash_table_lookup(disk->names, name));
  g_autofree char *path = g_build_filename(record_root(), name, NULL), *content = NULL;
  gsize size = 0;

  if (record_is_folder(file))
    return;
  if (!g_file_get_contents(path, &content, &size, NULL) || size != disk->files[file]->len ||
      (size > 0 && memcmp(content, disk->files[file]->data, size) != 0))
    fail_msg("%s isn't as it was recorded: powerloss-calls.c lacks a call", path);
}

void disk_compare(void)
{
  struct disk *disk = disk_new((struct powerloss){powerloss_calls(), POWERLOSS_ALL, 1});
  GList *names = names_of(disk);

  for (GList *name = names; name != NULL; name = name->next)
    compare_file(disk, name->data);
  if (g_list_length(names) != count_entries(record_root()))
    fail_msg("%s has other names than were recorded: powerloss-calls.c lacks a call",
             record_root());
  g_list_free(names);
  disk_free(disk);
}
