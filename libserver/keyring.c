/* A set of protection keys with holders: see keyring.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libserver/keyring.h"

#include <stdatomic.h>
#include <stdlib.h>

struct keyring {
  atomic_uint holders;
  struct keys keys;
};

struct keyring *keyring_new(struct keys *keys)
{
  struct keyring *ring = malloc(sizeof *ring);

  if (ring == NULL)
    return NULL;
  atomic_init(&ring->holders, 1);
  ring->keys = *keys;
  *keys = (struct keys){0};
  return ring;
}

struct keyring *keyring_hold(struct keyring *ring)
{
  atomic_fetch_add(&ring->holders, 1);
  return ring;
}

void keyring_release(struct keyring *ring)
{
  if (ring == NULL || atomic_fetch_sub(&ring->holders, 1) != 1)
    return;
  keys_free(&ring->keys);
  free(ring);
}

const struct keys *keyring_keys(const struct keyring *ring)
{
  return &ring->keys;
}
