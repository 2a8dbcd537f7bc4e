/* What a piece of a test program writes: see capture.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/capture.h"

#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

enum { TEXT_MOST = 1 << 20 };

static void must(bool worked, const char *what)
{
  if (worked)
    return;
  perror(what);
  abort();
}

static void redirect(struct capture *capture, int fd, int reader, int writer)
{
  fflush(NULL);
  capture->fd = fd;
  capture->reader = reader;
  capture->saved = fcntl(fd, F_DUPFD_CLOEXEC, 10);
  must(capture->saved >= 0 && dup2(writer, fd) == fd, "dup2");
}

void capture_begin(struct capture *capture, int fd)
{
  FILE *file = tmpfile();
  int reader;

  must(file != NULL, "tmpfile");
  reader = dup(fileno(file));
  must(reader >= 0, "dup");
  redirect(capture, fd, reader, reader);
  fclose(file);
}

/* Raw, so that line feeds come out as they went in. */
void capture_begin_terminal(struct capture *capture, int fd, unsigned short columns)
{
  struct winsize size = {.ws_row = 24, .ws_col = columns};
  struct termios raw;
  int master, slave;

  cfmakeraw(&raw);
  raw.c_cflag |= CS8;
  must(openpty(&master, &slave, NULL, NULL, &size) == 0 && tcsetattr(slave, TCSANOW, &raw) == 0,
       "openpty");
  redirect(capture, fd, master, slave);
  close(slave);
  must(fcntl(master, F_SETFL, O_NONBLOCK) == 0, "fcntl");
}

/* A terminal has no size and nowhere to go back to; its reader just ends. */
char *capture_end(struct capture *capture)
{
  char *text = calloc(1, TEXT_MOST + 1);
  size_t used = 0;
  ssize_t got;

  must(text != NULL, "calloc");
  fflush(NULL);
  lseek(capture->reader, 0, SEEK_SET);
  while (used < TEXT_MOST && (got = read(capture->reader, text + used, TEXT_MOST - used)) > 0)
    used += (size_t)got;
  must(dup2(capture->saved, capture->fd) == capture->fd, "dup2");
  close(capture->saved);
  close(capture->reader);
  return text;
}
