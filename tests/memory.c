/* What is in the memory of a process: see memory.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/memory.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

enum { MASK = 0x5a, HALF = 16, AROUND = 400, PIECE = 1 << 20 };

/* Such as only a sanitizer has. */
#define HUGE_SIZE (UINT64_C(1) << 32)

static void give_up(const char *what)
{
  perror(what);
  exit(1);
}

void memory_mark(struct memory_mark *mark)
{
  if (getrandom(mark->masked, sizeof mark->masked, 0) != (ssize_t)sizeof mark->masked)
    give_up("getrandom");
}

void memory_mark_hex(struct memory_mark *mark, const char *digits)
{
  for (size_t i = 0; i < sizeof mark->masked; i++) {
    unsigned octet;

    if (sscanf(digits + 2 * i, "%2x", &octet) != 1)
      give_up(digits);
    mark->masked[i] = (uint8_t)(octet ^ MASK);
  }
}

void memory_unmask(const struct memory_mark *mark, uint8_t octets[32])
{
  for (size_t i = 0; i < sizeof mark->masked; i++)
    octets[i] = mark->masked[i] ^ MASK;
}

static bool is_half(const uint8_t *octets, const uint8_t *masked)
{
  for (size_t i = 0; i < HALF; i++)
    if ((octets[i] ^ MASK) != masked[i])
      return false;
  return true;
}

/* Whose memory that is can often be told by what stands around it. */
static void show_around(const uint8_t *piece, size_t size, size_t at)
{
  size_t from = at > AROUND ? at - AROUND : 0;
  size_t to = size - at > 2 * HALF + AROUND ? at + 2 * HALF + AROUND : size;

  (void)printf("around it: ");
  for (size_t i = from; i < to; i++) {
    bool is_text = piece[i] >= ' ' && piece[i] <= '~';

    (void)putchar(i >= at && i < at + 2 * HALF ? '#'
                  : is_text                    ? piece[i]
                  : piece[i] == 0              ? '_'
                                               : '?');
  }
  (void)putchar('\n');
}

static size_t count_in(const uint8_t *piece, size_t size, const struct memory_mark *mark,
                       const char *mapping)
{
  size_t found = 0;

  for (size_t i = 0; i + HALF <= size; i++)
    if (is_half(piece + i, mark->masked)) {
      (void)printf("the secret stands at %zu of %s\n", i, mapping);
      show_around(piece, size, i);
      found++;
      i += HALF;
    } else if (is_half(piece + i, mark->masked + HALF)) {
      (void)printf("the secret's second half stands at %zu of %s\n", i, mapping);
      found += i >= HALF && is_half(piece + i - HALF, mark->masked) ? 0 : 1;
    }
  return found;
}

/* What is read is wiped at once, for the process may be our own. */
static size_t search(int memory, off_t from, off_t to, const struct memory_mark *mark,
                     uint8_t *piece, const char *mapping)
{
  size_t found = 0;

  while (from < to) {
    size_t wanted = to - from < PIECE ? (size_t)(to - from) : PIECE;
    ssize_t got = pread(memory, piece, wanted, from);

    if (got <= 0)
      break; /* such as has no memory behind it */
    found += count_in(piece, (size_t)got, mark, mapping);
    explicit_bzero(piece, (size_t)got);
    from += (size_t)got > HALF && from + got < to ? got - HALF : got;
  }
  return found;
}

/* The head of a mapping in smaps: FROM-TO MODES ... */
static bool is_head(const char *line, unsigned long *from, unsigned long *to, char modes[5])
{
  unsigned long first, last;

  if (sscanf(line, "%lx-%lx %4s", &first, &last, modes) != 3) /* "Anonymous:" begins with a digit */
    return false;
  *from = first;
  *to = last;
  return true;
}

/* Bit 0: memory of the process alone that is no file's. */
static bool is_filtered(pid_t process)
{
  char path[64];
  unsigned filter = 1;
  FILE *file;

  (void)snprintf(path, sizeof path, "/proc/%d/coredump_filter", (int)process);
  file = fopen(path, "re");
  if (file == NULL || fscanf(file, "%x", &filter) != 1)
    give_up(path);
  (void)fclose(file);
  return (filter & 1) == 0;
}

size_t memory_find(pid_t process, const struct memory_mark *mark, enum memory_where where)
{
  uint8_t *piece;
  char path[64], line[4096], mapping[4096] = "", modes[5] = "";
  unsigned long from = 0, to = 0;
  size_t found = 0;
  FILE *maps;
  int memory;

  if (where == MEMORY_DUMPED && is_filtered(process))
    return 0;
  piece = mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  (void)snprintf(path, sizeof path, "/proc/%d/mem", (int)process);
  memory = open(path, O_RDONLY | O_CLOEXEC);
  (void)snprintf(path, sizeof path, "/proc/%d/smaps", (int)process);
  maps = fopen(path, "re");
  if (piece == MAP_FAILED || memory < 0 || maps == NULL)
    give_up(path);
  while (fgets(line, sizeof line, maps) != NULL) {
    if (is_head(line, &from, &to, modes))
      strcpy(mapping, line);
    else if (strncmp(line, "VmFlags:", 8) == 0 && modes[1] == 'w' && to - from < HUGE_SIZE &&
             (where == MEMORY_ALL || strstr(line, " dd") == NULL))
      found += search(memory, (off_t)from, (off_t)to, mark, piece, mapping);
  }
  (void)fclose(maps);
  (void)close(memory);
  (void)munmap(piece, PIECE);
  return found;
}
