/* Runs a command on a terminal of a given width, for scripts.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   terminal [-i TEXT] COLUMNS COMMAND [ARGUMENT]...
 *
 * COLUMNS 0: a terminal that doesn't know. TEXT is what is typed, with a line feed; nothing is
 * echoed. Prints what came out, as it is, and exits as the command did. */
#include "config.h"

#include <errno.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { EXIT_MISUSE = 99, SECONDS = 300 };

static void must(bool worked, const char *what)
{
  if (worked)
    return;
  fprintf(stderr, "terminal: %s: %s\n", what, strerror(errno));
  exit(EXIT_MISUSE);
}

/* Lines come in as on any terminal, and go out without carriage returns. */
static struct termios modes(void)
{
  struct termios modes;

  cfmakeraw(&modes);
  modes.c_iflag |= ICRNL;
  modes.c_lflag |= ICANON;
  modes.c_cc[VEOF] = 4;
  modes.c_cc[VEOL] = 0;
  return modes;
}

/* Until the command's end, which a terminal tells with an error. */
static void copy_output(int terminal)
{
  char octets[4096];
  ssize_t size;

  while ((size = read(terminal, octets, sizeof octets)) > 0)
    must(fwrite(octets, 1, (size_t)size, stdout) == (size_t)size, "write");
}

static int wait_for(pid_t child)
{
  int status;

  must(waitpid(child, &status, 0) == child, "waitpid");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
  struct winsize size = {.ws_row = 24};
  struct termios terminal_modes = modes();
  const char *typed = NULL;
  int terminal, option;
  pid_t child;

  while ((option = getopt(argc, argv, "+i:")) != -1) {
    must(option == 'i', "usage: terminal [-i TEXT] COLUMNS COMMAND [ARGUMENT]...");
    typed = optarg;
  }
  must(argc - optind >= 2, "usage: terminal [-i TEXT] COLUMNS COMMAND [ARGUMENT]...");
  size.ws_col = (unsigned short)atoi(argv[optind]);
  alarm(SECONDS); /* nobody waits for ever */
  child = forkpty(&terminal, NULL, &terminal_modes, &size);
  must(child >= 0, "forkpty");
  if (child == 0) {
    alarm(SECONDS);
    execvp(argv[optind + 1], argv + optind + 1);
    _exit(127);
  }
  if (typed != NULL)
    must(dprintf(terminal, "%s\n", typed) > 0, "write");
  copy_output(terminal);
  must(fflush(stdout) == 0, "write");
  return wait_for(child);
}
