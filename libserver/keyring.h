/* A set of protection keys that several sessions read while another thread replaces it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The set never changes; the last holder frees it. Any thread.
 */
#ifndef KEYRING_H
#define KEYRING_H

#include "libserver/keys.h"

struct keyring;

/* Takes the keys over, on success. One hold on it belongs to the caller. NULL: no memory. */
struct keyring *keyring_new(struct keys *keys);

struct keyring *keyring_hold(struct keyring *ring);

/* NULL is fine. */
void keyring_release(struct keyring *ring);

const struct keys *keyring_keys(const struct keyring *ring);

#endif
