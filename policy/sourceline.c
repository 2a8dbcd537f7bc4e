/* A line of policy text: see sourceline.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/sourceline.h"

#include "common/text.h"
#include "policy/section.h"

#include <string.h>

/* Some editors begin a file with one (U+FEFF). */
static void check_mark(GString *line, struct spot spot, struct findings *findings)
{
  if (spot.line != 1 || strncmp(line->str, "\xef\xbb\xbf", 3) != 0)
    return;
  g_string_erase(line, 0, 3);
  findings_add(findings, FINDING_SYNTAX, spot, NULL,
               _("The file begins with a byte order mark. Save it without one."));
}

/* GKeyFile ends a value at a NUL. */
static bool check_octets(const GString *line, struct spot spot, struct findings *findings)
{
  for (size_t i = 0; i < line->len; i++)
    if ((unsigned char)line->str[i] < ' ' && line->str[i] != '\t') {
      findings_add(findings, FINDING_SYNTAX, spot, NULL,
                   _("There is a control character (0x%02x) in the line. Take it out."),
                   (unsigned)(unsigned char)line->str[i]);
      return false;
    }
  return true;
}

bool sourceline_check(GString *line, bool overlong, struct spot spot, struct findings *findings)
{
  check_mark(line, spot, findings);
  if (overlong) {
    findings_add(findings, FINDING_SYNTAX, spot, NULL,
                 _("The line is longer than %d octets. Spread the keys over several groups."),
                 SOURCE_LINE_MAX);
    return false;
  }
  if (!check_octets(line, spot, findings))
    return false;
  if (g_utf8_validate(line->str, (gssize)line->len, NULL))
    return true;
  findings_add(findings, FINDING_SYNTAX, spot, NULL,
               _("The line is not UTF-8. Convert the file, with iconv(1) say."));
  return false;
}

bool sourceline_heading(const char *line, struct spot spot, struct findings *findings,
                        GString *name)
{
  const char *end = line + strcspn(line, "]");
  size_t size = (size_t)(end - line) - 1;

  if (end[0] == '\0') {
    findings_add(findings, FINDING_SYNTAX, spot, NULL,
                 _("The ']' of the group is missing. Write [HOST] on a line of its own."));
    return false;
  }
  if (end[1 + strspn(end + 1, " \t")] != '\0') {
    findings_add(findings, FINDING_SYNTAX, spot, NULL,
                 _("Something stands behind '[%.*s]'. Put it on a line of its own; a comment "
                   "begins with '#' at the start of its line."),
                 (int)MIN(size, 300), line + 1);
    return false;
  }
  if (size == 0 || memchr(line + 1, '[', size) != NULL) {
    findings_add(findings, FINDING_SYNTAX, spot, NULL,
                 _("'%.300s' is not the name of a group. Write [HOST] with one host in it."), line);
    return false;
  }
  g_string_truncate(name, 0);
  g_string_append_len(name, line + 1, (gssize)size);
  return true;
}

static void complain(const char *line, struct spot spot, struct findings *findings)
{
  if (line[0] == ';' || (line[0] == '/' && line[1] == '/'))
    findings_add(findings, FINDING_SYNTAX, spot, NULL,
                 _("A comment begins with '#'. Write one in front."));
  else
    findings_add(findings, FINDING_SYNTAX, spot, NULL,
                 _("'%.60s' is neither [HOST] nor KEY=VALUE nor a comment, which begins with '#'. "
                   "Correct the line, or take it out."),
                 line);
}

size_t sourceline_key(const char *line, struct spot spot, struct findings *findings)
{
  size_t size = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
  size_t equals = size + strspn(line + size, " \t");

  if (size > 0 && line[equals] == '=' && size < sizeof(((struct section_key *)NULL)->name))
    return size;
  if (size > 0 && line[equals] == '[' && strchr(line, '=') != NULL)
    findings_add(findings, FINDING_SYNTAX, spot, NULL,
                 _("'%.*s' has no languages. Take the '[' and what is in it out."),
                 (int)MIN(size, 60), line);
  else
    complain(line, spot, findings);
  return 0;
}
