/* All of a file: see input.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/input.h"

#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { STEP = 1 << 20, MOST = 1 << 30 }; /* octets */

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
static int read_all(int fd, GByteArray *octets)
{
  int error = 0;

  while (octets->len <= MOST && read_some(fd, octets, &error))
    ;
  return octets->len > MOST ? EFBIG : error;
}

static char *describe(const char *path, int error)
{
  g_autofree char *shown = g_filename_display_name(path);

  if (error == EFBIG)
    return g_strdup_printf(_("'%s' has more than 1 GiB. Divide it at a line."), shown);
  if (strcmp(path, "-") == 0)
    return g_strdup_printf(_("Standard input can't be read: %s."), g_strerror(error));
  return g_strdup_printf(_("'%s' can't be read: %s."), shown, g_strerror(error));
}

GBytes *input_read(const char *path, int input, char **problem)
{
  g_autoptr(GByteArray) octets = g_byte_array_new();
  bool standard = strcmp(path, "-") == 0;
  int fd = standard ? input : open(path, O_RDONLY | O_CLOEXEC);
  int error = fd >= 0 || standard ? read_all(fd, octets) : errno;

  if (fd >= 0 && !standard)
    close(fd);
  if (error == 0)
    return g_byte_array_free_to_bytes(g_steal_pointer(&octets));
  *problem = describe(path, error);
  return NULL;
}

struct span input_span(GBytes *bytes)
{
  gsize size;
  const uint8_t *data = g_bytes_get_data(bytes, &size);

  return (struct span){data, size};
}
