/* Policy text for tests: files, what is found in them, and what is compiled from them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * In texts, $A to $Z stand for "sha256//BASE64" of a key each.
 */
#ifndef POLICIES_H
#define POLICIES_H

#include "pinning/keypin.h"
#include "policy/finding.h"
#include "policy/source.h"

enum { POLICIES_NOW = 1700000000 /* 2023-11-14T22:13:20Z */ };

/* The state of a test: a folder of its own. */
struct policies {
  char *folder;
  char *text;   /* a folder in it, for *.conf */
  char *layers; /* another one, which isn't made yet */
  struct findings findings;
};

int policies_setup(void **state);
int policies_teardown(void **state);

/* Writes a file of the folder `text`; the path stays until the program's end. */
const char *policies_write(struct policies *policies, const char *name, const char *text);

/* The same with octets as they are. */
const char *policies_write_octets(struct policies *policies, const char *name, const void *octets,
                                  size_t size);

/* Writes a file of the folder, opens it as the system's and reads its first section. To be closed
 * by source_close. */
struct source *policies_open(struct policies *policies, const char *text, struct section *first);

/* What $A stands for as a digest: its octets. */
void policies_key(char letter, uint8_t digest[32]);

/* What was found must be just this, a word each: "4:value:learn 5:hole", that is the line (0: the
 * file), the kind and the key where there is one. Where there are several files: "NAME:4:hole". */
void policies_expect(struct policies *policies, const char *expected);

/* One of what was found must have these words in its text. */
void policies_expect_words(struct policies *policies, const char *words);

/* Forgets what was found. */
void policies_forget(struct policies *policies);

/* Looks the files over, in their order: the whole folder. */
void policies_lint(struct policies *policies);

/* Writes `text` as one file, looks it over, and expects this; then removes it. */
void policies_check(struct policies *policies, const char *text, const char *expected);

#endif
