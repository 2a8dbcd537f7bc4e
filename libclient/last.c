/* What went wrong in this thread's last call: see last.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/last.h"

#include "libclient/tlspin.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char message[LAST_SIZE];

/* How many octets a UTF-8 sequence has that starts so. */
static size_t sequence_size(unsigned char first)
{
  if (first < 0xc0)
    return 1;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Takes away a character whose end was cut off. */
static void drop_torn_end(char *text)
{
  size_t size = strlen(text), start = size;

  while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
    start--;
  if (start > 0 && start - 1 + sequence_size((unsigned char)text[start - 1]) > size)
    text[start - 1] = '\0';
}

/* C0, DEL, and C1 as UTF-8 writes it (C2 80 to C2 9F). */
static void blank_controls(char *text)
{
  for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++) {
    if (*c < 0x20 || *c == 0x7f)
      *c = ' ';
    else if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
      c[0] = c[1] = ' ';
  }
}

void last_clear(void)
{
  message[0] = '\0';
}

int last_say(int code, const char *format, ...)
{
  va_list arguments;
  int size;

  va_start(arguments, format);
  size = vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  if (size < 0)
    last_clear();
  if (size >= LAST_SIZE)
    drop_torn_end(message);
  blank_controls(message);
  return code;
}

int last_code(int code)
{
  return last_say(code, "%s", tlspin_code_text((enum tlspin_code)code));
}

const char *tlspin_last_message(void)
{
  return message;
}
