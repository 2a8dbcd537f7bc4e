/* How a group of policy text is made, step by step.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FORMATS_POLICY_TEXT_PRIVATE_H
#define FORMATS_POLICY_TEXT_PRIVATE_H

#include "formats/policy-text-accord.h"
#include "formats/policy-text-group.h"

/* Lists the keys that are blocked, and the pins that one group can stand for. accord: what is said
 * of the servers over which it decides. own: what its own pins would say if they were enforced; of
 * no use where it is. NULL: that isn't known. */
void policy_text_put_pins(struct text_group *group, struct remarks *remarks,
                          const struct accord *accord, const struct accord *own);

/* Lists the exceptions and sets the mode, as far as they fit beside the pins. */
void policy_text_put_leave(struct text_group *group, const struct remarks *remarks,
                           const struct accord *accord);

/* until: when all of it ends, seconds since 1970; 0: as the group says. */
void policy_text_write(GKeyFile *file, const struct text_group *group, int64_t until);

#endif
