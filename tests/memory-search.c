/* Looks for a secret in the memory of another process, for scripts.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   memory-search PROCESS all|unguarded|dumped SECRET
 *
 * SECRET: 64 hexadecimal digits. Prints where it stands, and how often as the last line. Ends with
 * 1 where the memory may not be read. */
#include "config.h"

#include "tests/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum memory_where where(const char *word)
{
  if (strcmp(word, "dumped") == 0)
    return MEMORY_DUMPED;
  return strcmp(word, "unguarded") == 0 ? MEMORY_UNGUARDED : MEMORY_ALL;
}

int main(int argc, char **argv)
{
  struct memory_mark mark;
  size_t found;

  if (argc != 4 || strlen(argv[3]) != 64)
    return 2;
  memory_mark_hex(&mark, argv[3]);
  found = memory_find((pid_t)atoi(argv[1]), &mark, where(argv[2]));
  (void)printf("%zu\n", found);
  return 0;
}
