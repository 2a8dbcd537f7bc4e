/* The record of what was asked of a disk: see powerloss.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/powerloss.h"

#include "tests/powerloss-record.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

/* A file as the program knows it, which may have no name any more. */
struct file {
  dev_t device;
  ino_t number;
  bool folder;
};

static struct {
  char *root;
  bool on, paused;
  enum powerloss_forgotten forgotten;
  GArray *files; /* struct file */
  GArray *calls; /* struct call */
  GArray *marks; /* size_t: the calls before each acknowledgement */
} record;

static GMutex mutex; /* a library may sync in a thread of its own */

const char *powerloss_mode_token(enum powerloss_mode mode)
{
  static const char *const tokens[] = {"none", "all", "ordered", "some", "torn"};

  return tokens[mode];
}

bool record_is_on(void)
{
  return record.on && !record.paused;
}

/* What follows the folder, without the slash; NULL: it isn't in there. */
static const char *below(const char *path)
{
  size_t size = record.root != NULL ? strlen(record.root) : 0;

  if (size == 0 || strncmp(path, record.root, size) != 0)
    return NULL;
  if (path[size] == '\0')
    return path + size;
  return path[size] == '/' ? path + size + 1 : NULL;
}

bool record_has(const char *path)
{
  return below(path) != NULL;
}

/* The newest has the number: those before it are gone from the disk. */
static int find_file(const struct stat *status)
{
  for (guint i = record.files->len; i > 0; i--) {
    const struct file *file = &g_array_index(record.files, struct file, i - 1);

    if (file->device == status->st_dev && file->number == status->st_ino)
      return (int)i - 1;
  }
  return RECORD_UNKNOWN;
}

static int add_file(const struct stat *status)
{
  const struct file file = {status->st_dev, status->st_ino, S_ISDIR(status->st_mode)};

  g_array_append_val(record.files, file);
  return (int)record.files->len - 1;
}

static struct call *add_call(enum call_kind kind, int file)
{
  const struct call call = {.kind = kind, .file = file, .folder = RECORD_UNKNOWN};

  g_array_append_val(record.calls, call);
  return &g_array_index(record.calls, struct call, record.calls->len - 1);
}

static int folder_of(const char *path)
{
  g_autofree char *folder = g_path_get_dirname(path);
  struct stat status;
  int file = stat(folder, &status) == 0 ? find_file(&status) : RECORD_UNKNOWN;

  if (file == RECORD_UNKNOWN)
    fail_msg("%s is in no folder that was recorded", path);
  return file;
}

static struct call *add_name(enum call_kind kind, int file, const char *path)
{
  struct call *call = add_call(kind, file);

  call->folder = folder_of(path);
  call->name = g_strdup(below(path));
  return call;
}

void record_name(const char *path, const struct stat *status)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);

  (void)locker;
  add_name(CALL_NAME, add_file(status), path);
}

void record_link(const char *path, const struct stat *status)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);

  (void)locker;
  add_name(CALL_NAME, find_file(status), path);
}

void record_rename(const char *from, const char *to)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);

  (void)locker;
  if (!record_has(from) || !record_has(to))
    fail_msg("%s and %s aren't both in the folder", from, to);
  add_name(CALL_RENAME, RECORD_UNKNOWN, to)->old = g_strdup(below(from));
}

void record_remove(const char *path)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);

  (void)locker;
  add_name(CALL_REMOVE, RECORD_UNKNOWN, path);
}

void record_write(const struct stat *status, off_t offset, const void *octets, size_t size)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);
  int file = find_file(status);
  struct call *call;

  (void)locker;
  if (file == RECORD_UNKNOWN)
    return;
  call = add_call(CALL_WRITE, file);
  call->offset = (size_t)offset;
  call->octets = g_bytes_new(octets, size);
}

void record_size(const struct stat *status, off_t size)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);
  int file = find_file(status);

  (void)locker;
  if (file != RECORD_UNKNOWN)
    add_call(CALL_SIZE, file)->offset = (size_t)size;
}

void record_sync(const struct stat *status)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);
  int file = find_file(status);

  (void)locker;
  if (file != RECORD_UNKNOWN &&
      record.forgotten !=
          (S_ISDIR(status->st_mode) ? POWERLOSS_FORGETS_FOLDERS : POWERLOSS_FORGETS_FILES))
    add_call(CALL_SYNC, file);
}

/* What is in the folder at the beginning, as if it had just been made. */
static void record_tree(const char *folder)
{
  GDir *dir = g_dir_open(folder, 0, NULL);
  const char *name;

  assert_non_null(dir);
  while ((name = g_dir_read_name(dir)) != NULL) {
    g_autofree char *path = g_build_filename(folder, name, NULL), *content = NULL;
    struct stat status;
    gsize size = 0;

    assert_int_equal(lstat(path, &status), 0);
    record_name(path, &status);
    if (S_ISDIR(status.st_mode)) {
      record_tree(path);
    } else {
      assert_true(g_file_get_contents(path, &content, &size, NULL));
      record_write(&status, 0, content, size);
    }
    record_sync(&status);
  }
  g_dir_close(dir);
}

void powerloss_watch(const char *folder)
{
  char *real = realpath(folder, NULL);
  struct stat status;

  assert_null(record.calls);
  assert_non_null(real);
  assert_int_equal(stat(real, &status), 0);
  record.root = g_strdup(real);
  free(real);
  record.files = g_array_new(FALSE, FALSE, sizeof(struct file));
  record.calls = g_array_new(FALSE, FALSE, sizeof(struct call));
  record.marks = g_array_new(FALSE, FALSE, sizeof(size_t));
  record.forgotten = POWERLOSS_FORGETS_NOTHING;
  assert_int_equal(add_file(&status), RECORD_ROOT);
  record_tree(record.root);
  record_sync(&status);
  powerloss_acknowledge();
  record.on = true;
  record.paused = false;
}

void powerloss_pause(bool paused)
{
  record.paused = paused;
}

void powerloss_forget(enum powerloss_forgotten forgotten)
{
  record.forgotten = forgotten;
}

size_t powerloss_acknowledge(void)
{
  size_t calls = record.calls->len;

  g_array_append_val(record.marks, calls);
  return record.marks->len;
}

size_t powerloss_calls(void)
{
  return record.calls->len;
}

size_t powerloss_acknowledged(size_t calls)
{
  size_t count = 0;

  while (count < record.marks->len && g_array_index(record.marks, size_t, count) <= calls)
    count++;
  return count;
}

size_t powerloss_calls_of(size_t acknowledgement)
{
  return g_array_index(record.marks, size_t, acknowledgement - 1);
}

static void free_call(struct call *call)
{
  g_free(call->name);
  g_free(call->old);
  if (call->octets != NULL)
    g_bytes_unref(call->octets);
}

void powerloss_clear(void)
{
  for (guint i = 0; i < record.calls->len; i++)
    free_call(&g_array_index(record.calls, struct call, i));
  g_array_unref(record.files);
  g_array_unref(record.calls);
  g_array_unref(record.marks);
  g_free(record.root);
  memset(&record, 0, sizeof record);
}

const char *record_root(void)
{
  return record.root;
}

const struct call *record_call(size_t i)
{
  return &g_array_index(record.calls, struct call, i);
}

size_t record_files(void)
{
  return record.files->len;
}

bool record_is_folder(int file)
{
  return g_array_index(record.files, struct file, file).folder;
}

void powerloss_end(void)
{
  record.on = false;
  disk_compare();
}
