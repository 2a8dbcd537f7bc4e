/* The heap of tlspind, in which nothing stays that was freed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the daemon knows of secrets is in the vault. But libdbus reads messages into memory of its
 * own, which grows, moves and is freed without being wiped, and has no way to be given another. So
 * the program, and no library, has its own free and realloc in front of the C library's, for
 * everything that it links: they wipe first. (mallopt's M_PERTURB would leave small blocks alone,
 * since glibc keeps these in a cache.) Elsewhere than with glibc, and with a sanitizer, which keeps
 * freed memory apart itself, there are only the C library's.
 */
#include "config.h"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
#include <dlfcn.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void (*libc_free)(void *block);

/* By its name and not as __libc_free, so that valgrind's is found where that runs. What is freed
 * while the name is looked up is not ours, and stays. */
__attribute__((constructor)) static void find_free(void)
{
  void *found = dlsym(RTLD_NEXT, "free");

  memcpy(&libc_free, &found, sizeof libc_free);
}

void free(void *block)
{
  if (block == NULL || libc_free == NULL)
    return;
  explicit_bzero(block, malloc_usable_size(block));
  libc_free(block);
}

/* A block that stays where it is would be cut, or moved, without a word. */
void *realloc(void *block, size_t size)
{
  size_t old = block != NULL ? malloc_usable_size(block) : 0;
  void *grown;

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
