/* Servers that the user names: see hosts.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/hosts.h"

#include "common/text.h"
#include "tools/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What isn't in the locale's character set is taken for UTF-8: host_normalise finds out. */
static char *to_utf8(const char *text)
{
  char *converted = g_locale_to_utf8(text, -1, NULL, NULL, NULL);

  return converted != NULL ? converted : g_strdup(text);
}

static bool refuse(const char *text, enum host_fault fault, char **problem)
{
  g_autofree char *clean = output_clean(text);

  *problem = g_strdup_printf(_("'%s' is not a host name: %s"), clean, _(host_fault_text(fault)));
  return false;
}

static bool split(const char *text, struct target *target, char host[HOST_INPUT_MAX + 1],
                  char **problem)
{
  g_autofree char *utf8 = to_utf8(text), *clean = output_clean(text);

  target->scope = TARGET_ANY_SCOPE;
  if (host_split(utf8, host, &target->port))
    return true;
  *problem = g_strdup_printf(_("'%s' is not of the form HOST or HOST:PORT"), clean);
  return false;
}

static bool read_target(const char *text, struct target *target, char **problem)
{
  char host[HOST_INPUT_MAX + 1];
  enum host_fault fault;

  if (!split(text, target, host, problem))
    return false;
  fault = host_normalise(host, strlen(host), target->host);
  return fault == HOST_FINE || refuse(text, fault, problem);
}

char *target_argument(const char *text, char **problem)
{
  char *line = NULL, *argument;
  size_t size = 0;
  ssize_t length;

  if (strcmp(text, "-") != 0)
    return g_strdup(text);
  length = getline(&line, &size, stdin);
  argument = length > 0 && strlen(line) == (size_t)length ? g_strdup(g_strstrip(line)) : NULL;
  free(line);
  if (argument == NULL)
    *problem = g_strdup(_("there is no host on standard input"));
  return argument;
}

bool target_read(const char *text, struct target *target, char **problem)
{
  g_autofree char *given = target_argument(text, problem);

  return given != NULL && read_target(given, target, problem);
}

static bool read_met(const char *text, const char *name, struct target *target,
                     char where[HOST_INPUT_MAX + 1], char **problem)
{
  g_autofree char *utf8 = name != NULL ? to_utf8(name) : NULL;
  enum host_fault fault;

  if (!split(text, target, where, problem))
    return false;
  if (name == NULL && g_hostname_is_ip_address(where)) {
    *problem = g_strdup_printf(_("'%s' is an address, which pins are never for; --sni NAME says "
                                 "who the server there is to be"),
                               where);
    return false;
  }
  if (name == NULL)
    utf8 = g_strdup(where);
  fault = host_normalise(utf8, strlen(utf8), target->host);
  if (fault == HOST_FINE && name == NULL)
    strcpy(where, target->host);
  return fault == HOST_FINE || refuse(name != NULL ? name : text, fault, problem);
}

bool target_read_met(const char *text, const char *name, struct target *target,
                     char where[HOST_INPUT_MAX + 1], char **problem)
{
  g_autofree char *given = target_argument(text, problem);

  return given != NULL && read_met(given, name, target, where, problem);
}

bool target_read_place(const char *text, struct target *target, char **problem)
{
  g_autofree char *utf8 = to_utf8(text);
  struct place place;
  enum host_fault fault;

  if (text[0] != '*' && text[0] != '.')
    return read_target(text, target, problem);
  fault = place_read(utf8, &place);
  if (fault != HOST_FINE)
    return refuse(text, fault, problem);
  *target = (struct target){.port = place.port, .scope = (int)place.scope};
  strcpy(target->host, place.host);
  return true;
}

char *target_text(const struct target *target)
{
  char text[PLACE_TEXT_SIZE];
  struct place place = {.scope = SCOPE_EXACT, .port = target->port};

  if (target->scope != TARGET_ANY_SCOPE)
    place.scope = (enum scope)target->scope;
  strcpy(place.host, target->host);
  place_text(&place, text);
  return g_strdup(text);
}

const char *target_scope(const struct target *target)
{
  return target->scope != TARGET_ANY_SCOPE ? scope_token((enum scope)target->scope) : NULL;
}

static bool add(const char *text, GArray *targets, char **problem)
{
  struct target target;

  if (!target_read_place(text, &target, problem))
    return false;
  g_array_append_val(targets, target);
  return true;
}

static bool add_line(char *line, size_t number, GArray *targets, char **problem)
{
  g_autofree char *cause = NULL;

  g_strstrip(line);
  if (line[0] == '\0' || line[0] == '#' || add(line, targets, &cause))
    return true;
  *problem = g_strdup_printf(_("line %zu of standard input: %s"), number, cause);
  return false;
}

/* A NUL would end the text before its line ends, and so make another host of it. */
static bool add_lines(FILE *input, GArray *targets, char **problem)
{
  bool fine = true;
  size_t number = 0, size = 0;
  char *line = NULL;
  ssize_t length;

  while (fine && (length = getline(&line, &size, input)) >= 0) {
    number++;
    fine = strlen(line) == (size_t)length && add_line(line, number, targets, problem);
    if (!fine && *problem == NULL)
      *problem = g_strdup_printf(_("line %zu of standard input holds a NUL"), number);
  }
  free(line);
  if (!fine || !ferror(input))
    return fine;
  *problem = g_strdup_printf(_("standard input can't be read: %s"), g_strerror(errno));
  return false;
}

GArray *hosts_read(char *const *arguments, FILE *input, char **problem)
{
  GArray *targets = g_array_new(FALSE, FALSE, sizeof(struct target));
  bool fine = true;

  *problem = NULL;
  for (size_t i = 0; fine && arguments[i] != NULL; i++)
    fine = strcmp(arguments[i], "-") == 0 ? add_lines(input, targets, problem)
                                          : add(arguments[i], targets, problem);
  if (fine)
    return targets;
  g_array_unref(targets);
  return NULL;
}
