/* What a command costs.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   measure FILE COMMAND [ARGUMENT...]
 *
 * appends a line to FILE: seconds that passed, seconds of CPU time, and KiB of memory at the most.
 * Ends with the command's exit status. */
#include "config.h"

#include "bench/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static double seconds(struct timeval time)
{
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void run(char **command)
{
  execvp(command[0], command);
  perror(command[0]);
  _exit(127);
}

int main(int argc, char **argv)
{
  double start = sample_now();
  struct rusage usage;
  int status = 0;
  pid_t child;
  FILE *file;

  if (argc < 3 || (file = fopen(argv[1], "ae")) == NULL) {
    fprintf(stderr, "usage: measure FILE COMMAND [ARGUMENT...]\n");
    return EXIT_FAILURE;
  }
  child = fork();
  if (child == 0)
    run(argv + 2);
  if (child < 0 || wait4(child, &status, 0, &usage) != child) {
    perror("measure");
    return EXIT_FAILURE;
  }
  fprintf(file, "%.4f %.4f %ld\n", (sample_now() - start) / 1e6,
          seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss);
  fclose(file);
  return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
