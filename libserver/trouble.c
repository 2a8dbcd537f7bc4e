/* What went wrong: see trouble.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libserver/trouble.h"

#include <stdarg.h>
#include <stdio.h>

bool trouble_set(struct trouble *trouble, const char *format, ...)
{
  va_list arguments;

  va_start(arguments, format);
  vsnprintf(trouble->text, sizeof trouble->text, format, arguments);
  va_end(arguments);
  return false;
}
