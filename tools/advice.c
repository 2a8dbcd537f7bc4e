/* The commands that would change what is said: see advice.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/advice.h"

#include "common/text.h"
#include "pinning/effect.h"
#include "tools/output.h"
#include "tools/thing.h"

const char *advice_lock(const struct question *question)
{
  const char *layer = thing_text(tlspin_explanation_verdict(question->explanation), "locked-by");

  return layer[0] != '\0' ? layer : NULL;
}

static void advice_clear(gpointer data)
{
  g_free(((struct advice *)data)->command);
}

static const char *text_of(const char *does)
{
  enum effect effect;

  return effect_from_token(does, &effect) ? _(effect_text(effect)) : does;
}

/* The daemon doesn't know by which way the server was asked. Some of the words may come from a
 * layer or a path. */
static void add(GArray *list, const tlspin_entry_t *command, const char *ask)
{
  const char *does = thing_text(command, "does"), *way = "";
  g_autofree char *whole = NULL;
  struct advice advice = {NULL, does, text_of(does)};

  if (tlspin_entry_number(command, "asks") == 1)
    way = ask;
  if (way == NULL)
    return;
  whole = g_strconcat(thing_text(command, "command"), way, NULL);
  advice.command = output_clean(whole);
  g_array_append_val(list, advice);
}

GArray *advice_new(const struct question *question)
{
  const tlspin_explanation_t *explanation = question->explanation;
  GArray *list = g_array_new(FALSE, FALSE, sizeof(struct advice));

  g_array_set_clear_func(list, advice_clear);
  for (size_t i = 0; i < tlspin_explanation_count(explanation, TLSPIN_COMMANDS); i++)
    add(list, tlspin_explanation_at(explanation, TLSPIN_COMMANDS, i), question->ask);
  return list;
}
