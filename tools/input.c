/* All of a file: see input.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/input.h"

#include "common/text.h"
#include "tools/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { STEP = 1 << 20, MIB = 1 << 20, MOST = 1 << 30 }; /* octets */

/* True where there may be more; *error: of errno.h. */
static bool read_some(int fd, GByteArray *octets, int *error)
{
  guint size = octets->len;
  ssize_t got;

  g_byte_array_set_size(octets, size + STEP);
  do
    got = read(fd, octets->data + size, STEP);
  while (got < 0 && errno == EINTR);
  if (got < 0)
    *error = errno;
  g_byte_array_set_size(octets, size + (guint)MAX(got, 0));
  return got > 0;
}

/* 0, or an error of errno.h. */
static int read_all(int fd, guint most, GByteArray *octets)
{
  int error = 0;

  while (octets->len <= most && read_some(fd, octets, &error))
    ;
  return octets->len > most ? EFBIG : error;
}

char *input_name(const char *path)
{
  g_autofree char *name = g_filename_display_name(path);

  return output_clean(name);
}

static char *describe(const char *path, guint most, int error)
{
  g_autofree char *shown = input_name(path);

  if (error == EFBIG && most == MOST)
    return g_strdup_printf(_("'%s' has more than 1 GiB. Divide it at a line."), shown);
  if (error == EFBIG)
    return g_strdup_printf(_("'%s' has more than %u MiB. Name a file with only what is needed."),
                           shown, most / MIB);
  if (strcmp(path, "-") == 0)
    return g_strdup_printf(_("Standard input can't be read: %s."), g_strerror(error));
  return g_strdup_printf(_("'%s' can't be read: %s."), shown, g_strerror(error));
}

static GBytes *read_most(const char *path, int input, guint most, char **problem)
{
  g_autoptr(GByteArray) octets = g_byte_array_new();
  bool standard = strcmp(path, "-") == 0;
  int fd = standard ? input : open(path, O_RDONLY | O_CLOEXEC);
  int error = fd >= 0 || standard ? read_all(fd, most, octets) : errno;

  if (fd >= 0 && !standard)
    close(fd);
  if (error == 0)
    return g_byte_array_free_to_bytes(g_steal_pointer(&octets));
  *problem = describe(path, most, error);
  return NULL;
}

GBytes *input_read(const char *path, int input, char **problem)
{
  return read_most(path, input, MOST, problem);
}

GBytes *input_read_small(const char *path, unsigned most, char **problem)
{
  return read_most(path, STDIN_FILENO, most, problem);
}

struct span input_span(GBytes *bytes)
{
  gsize size;
  const uint8_t *data = g_bytes_get_data(bytes, &size);

  return (struct span){data, size};
}
