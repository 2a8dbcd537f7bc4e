/* The system's layers, and how they are read anew while they go on answering: see layers.h, whose
 * functions of the like names say what these do.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef RENEWAL_H
#define RENEWAL_H

#include "daemon/layer.h"

#include <glib.h>

struct renewal;

/* Where they are and who must own them; nothing is read yet. */
struct renewal *renewal_new(const char *admin_dir, const char *vendor_dir, uid_t owner);

/* Waits for what is under way, whose result is thrown away. */
void renewal_free(struct renewal *renewal);

/* The layers, highest precedence first (struct layer), until they are read anew. */
const GPtrArray *renewal_layers(const struct renewal *renewal);

unsigned renewal_version(const struct renewal *renewal);
bool renewal_read(struct renewal *renewal);
void renewal_begin(struct renewal *renewal, void (*done)(void *data), void *data);
void renewal_attend(struct renewal *renewal, void (*done)(void *data), void *data);

/* An answer found that this one of them can't be read. */
void renewal_failed(struct renewal *renewal, const struct layer *layer);

#endif
