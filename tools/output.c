/* What the commands write: see output.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/output.h"

#include "common/text.h"
#include "tools/cells.h"

#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_DEFAULT = 80, WIDTH_MOST = 10000 };

/* What the character set doesn't have becomes '?': better than no line at all. */
static void write_converted(FILE *file, const char *text)
{
  const char *charset;
  g_autofree char *converted = NULL;

  if (g_get_charset(&charset)) {
    fputs(text, file);
    return;
  }
  converted = g_convert_with_fallback(text, -1, charset, "UTF-8", "?", NULL, NULL, NULL);
  fputs(converted != NULL ? converted : text, file);
}

void output_write(const char *text, void *unused)
{
  (void)unused;
  write_converted(stdout, text);
}

void output_text(const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start(arguments, format);
  text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  write_converted(stdout, text);
}

/* On a terminal, words aren't torn at its edge. Lines that are indented are commands to be copied,
 * and stay as they are. What was given to us by others, a host say, must not steer the terminal. */
static char *wrap(const char *text, unsigned width)
{
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  GString *wrapped = g_string_new(NULL);

  for (size_t i = 0; lines[i] != NULL; i++) {
    g_autofree char *line = output_clean(lines[i]);

    if (line[0] == ' ')
      g_string_append(wrapped, line);
    else
      cells_append_wrapped(wrapped, line, width, 0);
    g_string_append_c(wrapped, '\n');
  }
  return g_string_free(wrapped, FALSE);
}

void output_said(const char *format, ...)
{
  g_autofree char *text = NULL, *wrapped = NULL;
  va_list arguments;

  va_start(arguments, format);
  text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  wrapped = wrap(text, output_width(STDOUT_FILENO));
  write_converted(stdout, wrapped);
}

static char *problem;

const char *output_problem(void)
{
  return problem;
}

/* Standard output goes first, so that both are in order where they end in one place. */
int complain(int status, const char *format, ...)
{
  g_autofree char *text = NULL, *line = NULL, *wrapped = NULL;
  va_list arguments;

  va_start(arguments, format);
  text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  line = g_strdup_printf("%s: %s", g_get_prgname(), text);
  wrapped = wrap(line, output_width(STDERR_FILENO));
  fflush(stdout);
  write_converted(stderr, wrapped);
  if (status != STATUS_FINE && problem == NULL)
    problem = g_steal_pointer(&text);
  return status;
}

bool output_is_coloured(int fd)
{
  const char *no_colour = g_getenv("NO_COLOR"), *terminal = g_getenv("TERM");

  return isatty(fd) && (no_colour == NULL || no_colour[0] == '\0') && terminal != NULL &&
         g_strcmp0(terminal, "dumb") != 0;
}

static unsigned width_of_environment(void)
{
  const char *columns = g_getenv("COLUMNS");
  guint64 width = 0;

  if (columns != NULL && g_ascii_string_to_unsigned(columns, 10, 1, WIDTH_MOST, &width, NULL))
    return (unsigned)width;
  return WIDTH_DEFAULT;
}

unsigned output_width(int fd)
{
  struct winsize size = {0};

  if (!isatty(fd))
    return 0;
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  return width_of_environment();
}

char *output_paint(const char *text, enum paint paint, bool coloured)
{
  static const char *const codes[] = {
      [PAINT_TITLE] = "1",  [PAINT_GOOD] = "32", [PAINT_WARNING] = "33",
      [PAINT_BAD] = "1;31", [PAINT_FAINT] = "2",
  };

  if (!coloured || paint == PAINT_NONE || text[0] == '\0')
    return g_strdup(text);
  return g_strdup_printf("\033[%sm%s\033[0m", codes[paint], text);
}

/* Format characters include those that turn the direction of a text round. */
bool output_is_harmless(gunichar c)
{
  switch (g_unichar_type(c)) {
  case G_UNICODE_CONTROL:
  case G_UNICODE_FORMAT:
  case G_UNICODE_LINE_SEPARATOR:
  case G_UNICODE_PARAGRAPH_SEPARATOR:
    return false;
  default:
    return true;
  }
}

char *output_clean(const char *text)
{
  g_autofree char *valid = g_utf8_make_valid(text, -1);
  GString *clean = g_string_new(NULL);

  for (const char *next = valid; *next != '\0'; next = g_utf8_next_char(next)) {
    gunichar c = g_utf8_get_char(next);

    g_string_append_unichar(clean, output_is_harmless(c) ? c : 0xfffd);
  }
  return g_string_free(clean, FALSE);
}

const char *output_ellipsis(void)
{
  return g_get_charset(NULL) ? "\xe2\x80\xa6" : "...";
}

int output_finish(int status)
{
  bool failed = ferror(stdout) != 0;

  errno = 0;
  if (fflush(stdout) == 0 && !failed)
    return status;
  return complain(status == STATUS_FINE ? STATUS_USAGE : status,
                  _("the output could not be written: %s"), g_strerror(errno != 0 ? errno : EIO));
}
