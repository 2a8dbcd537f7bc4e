/* The Public Suffix List: see suffixes.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/suffixes.h"

#include <libpsl.h>

struct suffixes *suffixes_load(void)
{
  psl_ctx_t *newest = psl_latest(NULL);

  return (struct suffixes *)(newest != NULL ? newest : (psl_ctx_t *)psl_builtin());
}

/* libpsl minds neither NULL nor its own list. */
void suffixes_free(struct suffixes *suffixes)
{
  psl_free((psl_ctx_t *)suffixes);
}

/* libpsl takes every name for a suffix where there is no list. */
bool suffixes_have(const struct suffixes *suffixes, const char *host)
{
  return psl_is_public_suffix((const psl_ctx_t *)suffixes, host);
}
