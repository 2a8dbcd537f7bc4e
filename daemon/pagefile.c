/* The pages of a file that may be damaged: see pagefile.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/pagefile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINK_MASK = 0xffffff };

bool pagefile_open(struct pagefile *file, const char *path)
{
  struct stat status;

  file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file->fd < 0)
    return false;
  if (fstat(file->fd, &status) == 0 && S_ISREG(status.st_mode)) {
    file->size = (uint64_t)status.st_size;
    file->fault = 0;
    return true;
  }
  pagefile_close(file);
  errno = EINVAL;
  return false;
}

void pagefile_close(struct pagefile *file)
{
  close(file->fd);
  explicit_bzero(file->page, sizeof file->page);
  explicit_bzero(file->chained, sizeof file->chained);
}

void pagefile_set_page_size(struct pagefile *file, size_t page_size)
{
  file->page_size = page_size;
  file->pages = (file->size + page_size - 1) / page_size;
}

static enum page_state read_page(struct pagefile *file, uint64_t n, uint8_t *octets)
{
  size_t got = 0;

  while (got < file->page_size) {
    ssize_t more =
        pread(file->fd, octets + got, file->page_size - got, (off_t)(n * file->page_size + got));

    if (more < 0 && errno != EINTR) {
      file->fault = errno;
      return PAGE_FAILED;
    }
    if (more == 0)
      break;
    got += more > 0 ? (size_t)more : 0;
  }
  memset(octets + got, 0, file->page_size - got);
  return got == file->page_size ? PAGE_WHOLE : PAGE_CUT;
}

enum page_state pagefile_read(struct pagefile *file, uint64_t n)
{
  return read_page(file, n, file->page);
}

/* Where the system can't tell, there may be something everywhere. */
uint64_t pagefile_next(const struct pagefile *file, uint64_t n)
{
  off_t at = (off_t)(n * file->page_size), data;

  if (n >= file->pages)
    return file->pages;
  data = lseek(file->fd, at, SEEK_DATA);
  if (data < 0)
    return errno == ENXIO ? file->pages : n;
  return data > at ? (uint64_t)data / file->page_size : n;
}

struct span pagefile_span(const struct pagefile *file)
{
  return (struct span){file->page, file->page_size};
}

/* Where an overflow page says that the chain goes on. By its first octet, which is 0 in a file of
 * less than 64 GiB, a page of another kind would be told; so it isn't believed. */
static uint32_t read_link(const struct pagefile *file, struct reader *r)
{
  uint32_t link = reader_u32(r);

  return file->pages <= LINK_MASK ? link & LINK_MASK : link;
}

/* Takes the next page of the chain; its number is counted from 1, and that of page 1 is in no
 * chain. */
static bool follow(struct pagefile *file, uint32_t *next, struct writer *w, size_t left)
{
  struct reader r = reader_of((struct span){file->chained, file->page_size});
  size_t room = file->page_size - 4;

  if (*next < 2 || *next > file->pages || read_page(file, *next - 1, file->chained) == PAGE_FAILED)
    return false;
  file->chain[file->chain_count++] = *next - 1;
  *next = read_link(file, &r);
  writer_put(w, reader_take(&r, left < room ? left : room));
  return true;
}

bool pagefile_gather(struct pagefile *file, const struct btree_cell *cell, uint8_t *payload)
{
  struct writer w = writer_of(payload, PAYLOAD_MAX);
  struct reader r = reader_of(pagefile_span(file));
  uint32_t next = cell->overflow;

  file->chain_count = 0;
  reader_take(&r, cell->start);
  writer_put(&w, reader_take(&r, cell->local));
  while (!w.failed && w.used < cell->size)
    if (!follow(file, &next, &w, cell->size - w.used))
      return false;
  return !w.failed;
}
