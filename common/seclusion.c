/* A process that nobody looks into: see seclusion.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/seclusion.h"

#include "common/vault.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* What a debugger of root's, or a handler of cores that the limit doesn't stop, would write:
 * nothing that is the process's alone (core(5)). */
static void empty_core(void)
{
  int filter = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);

  if (filter < 0)
    return;
  (void)!write(filter, "0", 1);
  (void)close(filter);
}

/* Each works where another can't be had. The filter first: /proc/self is root's afterwards. A
 * sanitizer looks for leaks by tracing. */
void seclude_process(void)
{
  const struct rlimit none = {0, 0};

  vault_own_process();
  empty_core();
  (void)setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__
  (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}
