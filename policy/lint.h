/* Looks policy text over: errors, and what is most likely not what was meant.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kinds of findings are those of finding.h; tlspin-policy(5) says what each is about.
 */
#ifndef LINT_H
#define LINT_H

#include "policy/rules.h"

enum { LINT_SOON = 30 * 24 * 60 * 60 /* seconds */ };

struct lint_options {
  enum trust trust;
  int64_t now;
  void (*progress)(size_t groups, void *data); /* or NULL; groups: that were read */
  void *data;
};

/* paths: in the order of precedence, the lowest first, as files_list puts them. The findings are
 * sorted at the end. Returns the groups that can be used, to be freed by rules_free; they point to
 * the paths. */
struct rules *lint_files(char *const *paths, const struct lint_options *options,
                         struct findings *findings);

/* Parts of it. */

/* A group by itself: backup, dates, public suffix. suffixes: a psl_ctx_t, or NULL. */
void lint_group(const struct group *group, const void *suffixes, int64_t now,
                struct findings *findings);

/* Rules against each other, once they are sorted. Without duplicates in one file, few rules stand
 * at one place, which the other two count on. False: there are some, which was found. */
bool lint_duplicates(const struct rules *rules, struct findings *findings);
void lint_reach(const struct rules *rules, int64_t now, struct findings *findings);

/* A group, read once more, against what rules block. file: its number. */
void lint_blocked(const struct rules *rules, const struct group *group, unsigned file, int64_t now,
                  struct findings *findings);

#endif
