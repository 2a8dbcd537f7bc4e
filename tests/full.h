/* A test of the table of targets: how much of it is asked for, and its line in the table.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * make check                     the quick counts: a few seconds
 * make check TESTS_BRIEF=yes     smaller still
 * make check-full                the counts of the table (TESTS_FULL=yes), and the table
 * (TESTS_TABLE)
 */
#ifndef TESTS_FULL_H
#define TESTS_FULL_H

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline bool full_set(const char *variable)
{
  const char *value = getenv(variable);

  return value != NULL && value[0] != '\0';
}

/* Whether the counts of the table are asked for. */
static inline bool full_asked(void)
{
  return full_set("TESTS_FULL");
}

static inline uint64_t full_count(uint64_t brief, uint64_t quick, uint64_t full)
{
  if (full_asked())
    return full;
  return full_set("TESTS_BRIEF") ? brief : quick;
}

/* One write with O_APPEND, so that tests that run at once don't mix their lines. */
static inline void full_append(const char *path, const char *line)
{
  int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

  if (fd < 0 || write(fd, line, strlen(line)) != (ssize_t)strlen(line))
    perror(path);
  if (fd >= 0)
    (void)close(fd);
}

/* Not inline, for the arguments are variable. The line of this test: its number ("T1", "T5a"), the
 * target, whether it was met, what was measured. It is printed too, for who runs the test alone. No
 * tab and no line break may be in the texts. */
__attribute__((unused, format(printf, 4, 5))) static void
full_say(const char *number, const char *target, bool passed, const char *format, ...)
{
  const char *table = getenv("TESTS_TABLE");
  char measured[512], line[1024];
  va_list list;

  va_start(list, format);
  (void)vsnprintf(measured, sizeof measured, format, list);
  va_end(list);
  (void)snprintf(line, sizeof line, "%s\t%s\t%s\t%s\n", number, target, measured,
                 passed ? "passed" : "failed");
  (void)fputs(line, stdout);
  (void)fflush(stdout);
  if (table != NULL && table[0] != '\0')
    full_append(table, line);
}

#endif
