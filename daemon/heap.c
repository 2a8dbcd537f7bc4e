/* The heap of tlspind: see heap.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/heap.h"

#ifdef HEAP_WIPES
#include <dlfcn.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static void (*libc_free)(void *block);

/* Elsewhere in the daemon names stay within it; libraries have to find these. */
#define EXPORTED __attribute__((visibility("default")))

/* By its name and not as __libc_free, so that valgrind's is found where that runs. Before there are
 * threads. What is freed while the name is looked up is wiped, and stays. */
__attribute__((constructor)) static void find_free(void)
{
  static bool looking;
  void *found;

  if (looking)
    return;
  looking = true;
  found = dlsym(RTLD_NEXT, "free");
  memcpy(&libc_free, &found, sizeof libc_free);
  looking = false;
}

/* A block is longer than was asked for, and the compiler, where it sees that, takes the rest for
 * somebody else's (_FORTIFY_SOURCE ends the program then). So it is made to forget. */
static void *whole(void *block)
{
  __asm__("" : "+r"(block));
  return block;
}

/* Constructors of libraries, which come before ours, free things as well. */
EXPORTED void free(void *freed)
{
  void *block = whole(freed);

  if (block == NULL)
    return;
  explicit_bzero(block, malloc_usable_size(block));
  if (libc_free == NULL)
    find_free();
  if (libc_free != NULL)
    libc_free(block);
}

/* A block that stays where it is would be cut, or moved, without a word. */
EXPORTED void *realloc(void *resized, size_t size)
{
  void *block = whole(resized), *grown;
  size_t old = block != NULL ? malloc_usable_size(block) : 0;

  if (block != NULL && size > 0 && size <= old && size >= old / 2) {
    explicit_bzero((uint8_t *)block + size, old - size);
    return block;
  }
  if (block != NULL && size == 0) {
    free(block);
    return NULL;
  }
  grown = malloc(size);
  if (grown == NULL)
    return NULL;
  if (block != NULL)
    memcpy(grown, block, old < size ? old : size);
  free(block);
  return grown;
}
#else
typedef int heap_is_the_c_librarys;
#endif
