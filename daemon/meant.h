/* Which of the entries that were judged a command would be about.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Of what policy_explain judged, as it has the roles.
 */
#ifndef MEANT_H
#define MEANT_H

#include "daemon/policy.h"

typedef bool (*meant_test)(const struct policy_judged *judged, size_t index);

/* The records that are meant, each a const struct verdict_entry; to be freed by g_ptr_array_unref.
 */
GPtrArray *meant_find(const struct policy_judged *judged, meant_test test);
bool meant_any(const struct policy_judged *judged, meant_test test);

bool meant_is_users(const struct verdict_entry *entry);

/* Of a system layer, and not to be overridden. */
bool meant_is_locked(const struct verdict_entry *entry);

/* A key that was shown and is blocked, anywhere or by the system. */
bool meant_as_blocked(const struct policy_judged *judged, size_t index);
bool meant_as_systems_block(const struct policy_judged *judged, size_t index);

/* An exception of the user's that counted. */
bool meant_as_excuse(const struct policy_judged *judged, size_t index);

/* What decided, where it is the user's. */
bool meant_as_decider(const struct policy_judged *judged, size_t index);

/* A pin that was not met. */
bool meant_as_unmet(const struct policy_judged *judged, size_t index);

/* What stands against a pin that `tlspin pin` makes: one that another program made has a word of
 * its own, and one for the protocol is nearer. */
bool meant_as_beside(const struct policy_judged *judged, size_t index);

/* A pin of the user's against which `tlspin off` doesn't help, as it is for a narrower place. */
bool meant_as_narrower(const struct policy_judged *judged, size_t index);

/* The administrator's, which also shut out exceptions and opt-outs. */
bool meant_as_commanding(const struct policy_judged *judged, size_t index);

/* Whether an entry stands behind that which decided, and is heard without it. */
bool meant_as_next(const struct policy_judged *judged, size_t index);

#endif
