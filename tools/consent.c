/* A question that is answered by yes or no: see consent.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/consent.h"

#include "common/text.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

/* The answer is judged by the catalogue that the question came from: the locale's own idea of a
 * "yes" (rpmatch) may be that of another language. */
bool consent_given(void)
{
  /* TRANSLATORS: a regular expression; which answers to the questions with [y/N] mean yes */
  const char *yes = _("^[yY]");
  g_autofree char *answer = NULL;
  char *line = NULL;
  size_t size = 0;

  if (getline(&line, &size, stdin) >= 0)
    answer = g_locale_to_utf8(line, -1, NULL, NULL, NULL);
  free(line);
  return answer != NULL && g_regex_match_simple(yes, answer, 0, 0);
}
