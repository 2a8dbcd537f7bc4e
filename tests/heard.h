/* What is said in the log, which is kept for the test and not shown.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef HEARD_H
#define HEARD_H

#include <glib.h>
#include <string.h>

/* A line each. */
static GString *heard;

static inline GLogWriterOutput heard_keep(GLogLevelFlags level, const GLogField *fields,
                                          gsize count, gpointer data)
{
  (void)level, (void)data;
  for (gsize i = 0; i < count; i++)
    if (strcmp(fields[i].key, "MESSAGE") == 0)
      g_string_append_printf(heard, "%s\n", (const char *)fields[i].value);
  return G_LOG_WRITER_HANDLED;
}

/* Once in a program. */
static inline void heard_begin(void)
{
  heard = g_string_new(NULL);
  g_log_set_writer_func(heard_keep, NULL, NULL);
}

static inline void heard_end(void)
{
  g_string_free(heard, TRUE);
}

#endif
