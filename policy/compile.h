/* From policy text to layers: each NAME.conf of a folder becomes NAME.db of another.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All or nothing: where anything in any file is wrong, or any layer can't be written, all layers
 * stay as they are. A layer whose text is gone goes, too, if it was compiled from text.
 */
#ifndef COMPILE_H
#define COMPILE_H

#include "common/tlspin-error.h"
#include "policy/finding.h"

#include <stdbool.h>
#include <stdint.h>

struct compile_options {
  const char *source; /* a folder of policy text */
  bool may_miss; /* it need not be there; but what was compiled from it goes only with its text,
                    and not with the folder */
  const char *output; /* a folder of layers; made where it is missing */
  int64_t now;
  void (*progress)(size_t groups,
                   void *data); /* or NULL; groups: read so far; each is read twice */
  void *data;
};

struct compile_result {
  size_t files;   /* of text that were found */
  size_t layers;  /* that were written */
  size_t groups;  /* in all of them */
  size_t removed; /* layers that went */
};

/* TLSPIN_OK (where the folder is missing, nothing was done); TLSPIN_E_ARGUMENT: there are findings
 * that are errors; TLSPIN_UNAVAILABLE: *problem says why nothing could be written (g_free). */
enum tlspin_code policy_compile(const struct compile_options *options, struct findings *findings,
                                struct compile_result *result, char **problem);

#endif
