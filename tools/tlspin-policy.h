/* What the commands of `tlspin policy` share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TLSPIN_POLICY_H
#define TLSPIN_POLICY_H

#include "policy/finding.h"
#include "tools/json.h"
#include "tools/tlspin.h"

enum { STATUS_WARNINGS = 1, STATUS_ERRORS = 2 };

#define POLICY_ADMIN  ADMIN_DIR "/policy.d"
#define POLICY_VENDOR VENDOR_DIR "/policy.d"
#define LAYERS_ADMIN  ADMIN_DIR "/layers.d"
#define LAYERS_VENDOR VENDOR_DIR "/layers.d"

/* That there is no policy file, which is fine. */
void policy_say_none(void);

/* A line for each finding, of this severity at least: to standard error, or to standard output. */
void policy_print_findings(bool to_errors, const struct findings *findings, enum severity least);

/* A finding as an object, where the builder is. */
void policy_put_finding(JsonBuilder *builder, const struct finding *finding);

/* "2 errors, 1 warning"; what there is none of is left out. To be freed. */
char *policy_count(const struct findings *findings);

int run_policy_lint(int argc, char **argv);
int run_policy_compile(int argc, char **argv);
int run_policy_show(int argc, char **argv);

#endif
