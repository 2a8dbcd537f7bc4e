/* A file line by line: see linefile.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/linefile.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Who goes from place to place wants little at each. */
enum { STEP = 512 };

void linefile_open(struct linefile *file, int fd)
{
  file->fd = fd;
  file->fault = 0;
  file->base = 0;
  file->step = sizeof file->octets;
  file->used = file->at = 0;
}

void linefile_close(struct linefile *file)
{
  close(file->fd);
}

int64_t linefile_offset(const struct linefile *file)
{
  return file->base + (int64_t)file->at;
}

void linefile_seek(struct linefile *file, int64_t offset)
{
  if (offset >= file->base && offset <= file->base + (int64_t)file->used) {
    file->at = (size_t)(offset - file->base);
    return;
  }
  file->base = offset;
  file->step = STEP;
  file->used = file->at = 0;
}

/* False at the end, and after a fault. */
static bool fill(struct linefile *file)
{
  ssize_t size;

  file->base += (int64_t)file->used;
  file->used = file->at = 0;
  do
    size = pread(file->fd, file->octets, file->step, file->base);
  while (size < 0 && errno == EINTR);
  file->step = MIN(2 * file->step, sizeof file->octets);
  if (size < 0)
    file->fault = errno;
  else
    file->used = (size_t)size;
  return size > 0;
}

/* Takes octets of the line that is in the buffer; true where its end was among them. */
static bool take(struct linefile *file, GString *line, size_t most, bool *overlong)
{
  const char *start = file->octets + file->at;
  size_t left = file->used - file->at, room = most - line->len;
  const char *end = memchr(start, '\n', left);
  size_t size = end != NULL ? (size_t)(end - start) : left;

  g_string_append_len(line, start, (gssize)MIN(size, room));
  *overlong = *overlong || size > room;
  file->at += size + (end != NULL);
  return end != NULL;
}

bool linefile_next(struct linefile *file, GString *line, size_t most, bool *overlong)
{
  bool any = false, ended = false;

  g_string_truncate(line, 0);
  *overlong = false;
  while (!ended && (file->at < file->used || fill(file))) {
    any = true;
    ended = take(file, line, most, overlong);
  }
  if (ended && line->len > 0 && line->str[line->len - 1] == '\r')
    g_string_truncate(line, line->len - 1);
  return any && file->fault == 0;
}
