/* Which entries are meant, in words: see choice.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/choice.h"

#include "common/text.h"
#include "pinning/keypin.h"
#include "tools/edit.h"
#include "tools/output.h"

bool choice_is_made(const struct choice *choice)
{
  return choice->kind != NULL || choice->status != NULL || choice->origin != NULL ||
         choice->key != NULL;
}

/* A misspelt word must never mean "none" or "every". */
static int refuse(const char *word, const char *option, GPtrArray *known)
{
  g_autofree char *words = NULL;

  g_ptr_array_add(known, NULL);
  words = g_strjoinv(", ", (char **)known->pdata);
  return complain(STATUS_USAGE, _("%s can't be '%s'. Say one of: %s."), option, word, words);
}

static int read_word(const char *word, const char *option, GPtrArray *known)
{
  if (word == NULL || g_ptr_array_find_with_equal_func(known, word, g_str_equal, NULL))
    return STATUS_FINE;
  return refuse(word, option, known);
}

static int read_kind(const char *word)
{
  g_autoptr(GPtrArray) known = g_ptr_array_new();

  g_ptr_array_add(known, (char *)"ticket");
  for (int i = 0; i < KEYPIN_KINDS; i++)
    g_ptr_array_add(known, (char *)keypin_kind_token((enum keypin_kind)i));
  return read_word(word, "--kind", known);
}

static int read_status(const char *word)
{
  g_autoptr(GPtrArray) known = g_ptr_array_new();

  for (int i = 0; i < KEYPIN_STATUSES; i++)
    g_ptr_array_add(known, (char *)keypin_status_token((enum keypin_status)i));
  return read_word(word, "--status", known);
}

static int read_origin(const char *word)
{
  g_autoptr(GPtrArray) known = g_ptr_array_new();

  for (int i = 0; i < KEYPIN_ORIGINS; i++)
    g_ptr_array_add(known, (char *)keypin_origin_token((enum keypin_origin)i));
  return read_word(word, "--origin", known);
}

static int read_key(struct choice *choice, struct tlspin_filter *filter)
{
  struct tlspin_record record = {NULL};
  int status;

  if (choice->key == NULL)
    return STATUS_FINE;
  status = edit_read_key(choice->key, &record, choice->digest);
  filter->digest = record.digest;
  return status;
}

int choice_read(struct choice *choice, struct tlspin_filter *filter)
{
  int status = read_kind(choice->kind);

  if (status == STATUS_FINE)
    status = read_status(choice->status);
  if (status == STATUS_FINE)
    status = read_origin(choice->origin);
  if (status == STATUS_FINE)
    status = read_key(choice, filter);
  filter->kind = choice->kind;
  filter->status = choice->status;
  filter->origin = choice->origin;
  return status;
}
