/* What is wrong with a store: see problem.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/problem.h"

#include <glib.h>
#include <stdarg.h>

enum tlspin_code problem_set(char **problem, const char *format, ...)
{
  va_list arguments;

  if (problem == NULL)
    return TLSPIN_UNAVAILABLE;
  g_free(*problem);
  va_start(arguments, format);
  *problem = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  for (char *c = *problem; *c != '\0'; c++)
    if (g_ascii_iscntrl(*c))
      *c = '?';
  return TLSPIN_UNAVAILABLE;
}
