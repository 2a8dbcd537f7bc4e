/* Memory for secrets: see vault.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/vault.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The sizes of blocks, headers and all: four to each doubling, from 64 to 16384 octets. Larger ones
 * are mappings of their own. */
enum {
  LEAST = 64,
  DOUBLINGS = 8,
  STEPS = 4,
  CLASSES = DOUBLINGS * STEPS + 1,
  LARGEST = LEAST << DOUBLINGS,
  CHUNK = 4 * LARGEST, /* of which blocks are cut */
  PAGE = 4096,
  MOST = 1 << 30 /* octets of a block; nothing of ours is as large */
};

/* What stands in front of a block. */
struct header {
  size_t size; /* of the block with its header */
  struct header
      *next; /* of those that are free; of a mapping of its own: itself, if it is locked */
} __attribute__((aligned(16)));

static struct {
  pthread_mutex_t mutex;
  struct header *free[CLASSES]; /* wiped, but for their headers */
  uint8_t *chunk;               /* what is left of the newest one */
  size_t left;
  size_t locked; /* octets */
  size_t locked_most;
  bool wiped_on_fork;
} vault = {.mutex = PTHREAD_MUTEX_INITIALIZER, .locked_most = VAULT_LOCKED_GUEST};

static void before_fork(void)
{
  pthread_mutex_lock(&vault.mutex);
}

static void after_fork(void)
{
  pthread_mutex_unlock(&vault.mutex);
}

/* With its contents wiped, the child begins anew. */
static void after_fork_in_child(void)
{
  if (vault.wiped_on_fork) {
    memset(vault.free, 0, sizeof vault.free);
    vault.left = 0;
  }
  vault.locked = 0; /* locks are not inherited */
  after_fork();
}

/* As the library is loaded, and so before any other lock is registered that may be held while this
 * one is wanted: fork takes the locks in the opposite order. */
__attribute__((constructor)) static void init(void)
{
  pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

static void enter(void)
{
  pthread_mutex_lock(&vault.mutex);
}

static void leave(void)
{
  pthread_mutex_unlock(&vault.mutex);
}

void vault_own_process(void)
{
  enter();
  vault.locked_most = VAULT_LOCKED_OWN;
  vault.wiped_on_fork = true;
  leave();
}

/* A class's size is (STEPS + step) / STEPS of a doubling. */
static size_t size_of_class(int class)
{
  return (((size_t)LEAST << (class / STEPS)) / STEPS) * (size_t)(STEPS + class % STEPS);
}

/* CLASSES: none is large enough. */
static int class_of_size(size_t size)
{
  int class = 0;

  while (class + STEPS < CLASSES && size_of_class(class + STEPS) < size)
    class += STEPS;
  while (class < CLASSES && size_of_class(class) < size)
    class ++;
  return class;
}

static size_t whole_pages(size_t size)
{
  return (size + PAGE - 1) / PAGE * PAGE;
}

/* The size with the header, as it will be; 0: too much. */
static size_t size_with_header(size_t size)
{
  int class;

  if (size > MOST)
    return 0;
  class = class_of_size(size + sizeof(struct header));
  return class < CLASSES ? size_of_class(class) : whole_pages(size + sizeof(struct header));
}

size_t vault_round(size_t size)
{
  size_t whole = size_with_header(size);

  return whole > 0 ? whole - sizeof(struct header) : 0;
}

#ifdef __SANITIZE_ADDRESS__
/* So that leaks, and what is used after it was given back, are noticed. */
static struct header *take_block(size_t size)
{
  return calloc(1, size);
}

static void give_block(struct header *block)
{
  free(block);
}
#else
/* What the kernel refuses of this is done without: a limit, or an old kernel, must not end a
 * program. */
static bool protect(void *mapping, size_t size)
{
  bool locked;

  (void)madvise(mapping, size, MADV_DONTDUMP);
  if (vault.wiped_on_fork)
    (void)madvise(mapping, size, MADV_WIPEONFORK);
  locked = vault.locked + size <= vault.locked_most && mlock2(mapping, size, MLOCK_ONFAULT) == 0;
  vault.locked += locked ? size : 0;
  return locked;
}

static struct header *map(size_t size)
{
  struct header *mapping =
      mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (mapping == MAP_FAILED)
    return NULL;
  mapping->next = protect(mapping, size) ? mapping : NULL;
  return mapping;
}

/* What is left of the chunk before is too little for a large block, and stays unused. */
static struct header *cut(size_t size)
{
  struct header *block;

  if (vault.left < size) {
    struct header *chunk = map(CHUNK);

    if (chunk == NULL)
      return NULL;
    vault.chunk = (uint8_t *)chunk;
    vault.left = CHUNK;
  }
  block = (struct header *)(void *)vault.chunk;
  vault.chunk += size;
  vault.left -= size;
  return block;
}

static struct header *take_small(size_t size)
{
  int class = class_of_size(size);
  struct header *block = vault.free[class];

  if (block != NULL)
    vault.free[class] = block->next;
  else
    block = cut(size);
  if (block != NULL)
    block->next = NULL;
  return block;
}

static struct header *take_block(size_t size)
{
  return size <= LARGEST ? take_small(size) : map(size);
}

static void give_mapping(struct header *block)
{
  if (block->next == block && vault.locked >= block->size)
    vault.locked -= block->size;
  (void)munmap(block, block->size);
}

static void give_block(struct header *block)
{
  int class = class_of_size(block->size);

  if (class == CLASSES) {
    give_mapping(block);
    return;
  }
  block->next = vault.free[class];
  vault.free[class] = block;
}
#endif

void *vault_take(size_t size)
{
  size_t whole = size_with_header(size);
  struct header *block = NULL;

  if (whole == 0)
    return NULL;
  enter();
  block = take_block(whole);
  leave();
  if (block == NULL)
    return NULL;
  block->size = whole;
  return block + 1;
}

static struct header *header_of(void *block)
{
  return (struct header *)block - 1;
}

size_t vault_size(const void *block)
{
  return block != NULL ? ((const struct header *)block - 1)->size - sizeof(struct header) : 0;
}

/* One of the parent's, in a child from which it was kept, has no size. */
void vault_give(void *block)
{
  if (block == NULL || header_of(block)->size == 0)
    return;
  explicit_bzero(block, vault_size(block));
  enter();
  give_block(header_of(block));
  leave();
}

void *vault_resize(void *block, size_t size)
{
  size_t old = vault_size(block);
  void *grown;

  if (block != NULL && size <= old && vault_round(size) == old) {
    explicit_bzero((uint8_t *)block + size, old - size);
    return block;
  }
  grown = vault_take(size);
  if (grown == NULL)
    return NULL;
  if (block != NULL)
    memcpy(grown, block, old < size ? old : size);
  vault_give(block);
  return grown;
}
