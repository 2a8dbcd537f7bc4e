/* A folder for the files of a fuzz target: see scratch.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz/scratch.h"

#include "fuzz/fuzz.h"
#include "tests/folder.h"

#include <fcntl.h>
#include <glib.h>
#include <unistd.h>

static char *folder;

static void remove_folder(void)
{
  folder_remove(folder);
}

/* Where nothing else is said, in memory: the disk would take most of the time. */
static char *make_folder(void)
{
  char memory[] = "/dev/shm/tlspin-fuzz-XXXXXX";

  if (g_getenv("TMPDIR") == NULL && g_mkdtemp(memory) != NULL)
    return g_strdup(memory);
  return g_dir_make_tmp("tlspin-fuzz-XXXXXX", NULL);
}

char *scratch_path(const char *name)
{
  if (folder == NULL) {
    folder = make_folder();
    require(folder != NULL && atexit(remove_folder) == 0);
  }
  return g_build_filename(folder, name, NULL);
}

/* Its owner's alone, as the store and policy text want it. */
void scratch_write(const char *path, struct span octets)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  require(fd >= 0);
  require(octets.size == 0 || write(fd, octets.data, octets.size) == (ssize_t)octets.size);
  require(close(fd) == 0);
}

uint8_t *scratch_read(const char *path, size_t *size)
{
  char *octets;

  require(g_file_get_contents(path, &octets, size, NULL));
  return (uint8_t *)octets;
}
