/* Whether files came to a folder, or went: see folder.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/folder.h"

#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

static bool is_before(struct timespec a, struct timespec b)
{
  return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

bool folder_note(const char *path, GString *text)
{
  struct timespec now;
  struct stat s;

  if (stat(path, &s) != 0) {
    g_string_append(text, "-\n");
    return true;
  }
  g_string_append_printf(text, "%ju %ju %jd.%ld %jd.%ld\n", (uintmax_t)s.st_dev,
                         (uintmax_t)s.st_ino, (intmax_t)s.st_mtim.tv_sec, s.st_mtim.tv_nsec,
                         (intmax_t)s.st_ctim.tv_sec, s.st_ctim.tv_nsec);
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return is_before(s.st_ctim, now);
}
