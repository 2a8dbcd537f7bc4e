/* An explanation for programs: see explanation.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/explanation.h"

#include "tools/entry.h"
#include "tools/record.h"
#include "tools/thing.h"

static void put_texts(JsonBuilder *builder, const tlspin_entry_t *thing, const char *const *names,
                      size_t count)
{
  for (size_t i = 0; i < count; i++)
    json_put_text(builder, names[i], thing_text(thing, names[i]));
}

/* A daemon of another version tells nothing of it. */
struct clock_told explanation_clock(const tlspin_entry_t *verdict)
{
  return (struct clock_told){.clock = tlspin_entry_string(verdict, "clock"),
                             .believed = tlspin_entry_number(verdict, "believed"),
                             .now = tlspin_entry_number(verdict, "clock-now"),
                             .jumped = tlspin_entry_number(verdict, "clock-jumped"),
                             .trusted = tlspin_entry_number(verdict, "clock-trusted"),
                             .problem = tlspin_entry_string(verdict, "clock-problem")};
}

static void put_verdict(JsonBuilder *builder, const tlspin_entry_t *verdict)
{
  static const char *const names[] = {"answer", "reason", "layer", "change", "ticket"};
  const struct clock_told told = explanation_clock(verdict);

  json_builder_set_member_name(builder, "verdict");
  json_builder_begin_object(builder);
  put_texts(builder, verdict, names, G_N_ELEMENTS(names));
  json_put_flag(builder, "enforced", tlspin_entry_number(verdict, "enforced") == 1);
  json_put_number(builder, "rule", (uint64_t)MAX(tlspin_entry_number(verdict, "rule"), 0));
  json_builder_set_member_name(builder, "excused");
  record_put_errors(builder, (unsigned)MAX(tlspin_entry_number(verdict, "excused"), 0));
  clock_put(builder, &told);
  json_builder_end_object(builder);
}

/* What was shown; null and none where nothing was. */
static void put_pki(JsonBuilder *builder, const struct tlspin_check *check)
{
  const char *pki = check != NULL && check->pki == TLSPIN_PKI_OK ? "ok" : "failed";

  json_put_text(builder, "pki", check != NULL ? pki : NULL);
  json_builder_set_member_name(builder, "errors");
  record_put_errors(builder, check != NULL ? check->errors : 0);
}

static void put_entries(JsonBuilder *builder, const tlspin_explanation_t *explanation)
{
  json_builder_set_member_name(builder, "entries");
  json_builder_begin_array(builder);
  for (size_t i = 0; i < tlspin_explanation_count(explanation, TLSPIN_ENTRIES); i++) {
    const tlspin_entry_t *entry = tlspin_explanation_at(explanation, TLSPIN_ENTRIES, i);

    json_builder_begin_object(builder);
    json_put_text(builder, "role", thing_text(entry, "role"));
    entry_put_members(builder, entry);
    json_builder_end_object(builder);
  }
  json_builder_end_array(builder);
}

static void put_part(JsonBuilder *builder, const tlspin_explanation_t *explanation,
                     enum tlspin_part part, const char *name, const char *const *names,
                     size_t count)
{
  json_builder_set_member_name(builder, name);
  json_builder_begin_array(builder);
  for (size_t i = 0; i < tlspin_explanation_count(explanation, part); i++) {
    const tlspin_entry_t *thing = tlspin_explanation_at(explanation, part, i);

    json_builder_begin_object(builder);
    put_texts(builder, thing, names, count);
    if (part == TLSPIN_SETTINGS)
      json_put_flag(builder, "locked", tlspin_entry_number(thing, "locked") == 1);
    json_builder_end_object(builder);
  }
  json_builder_end_array(builder);
}

static void put_command(JsonBuilder *builder, const struct advice *advice)
{
  json_builder_begin_object(builder);
  json_put_text(builder, "command", advice->command);
  json_put_text(builder, "does", advice->does);
  json_put_text(builder, "text", advice->text);
  json_builder_end_object(builder);
}

static void put_commands(JsonBuilder *builder, const struct question *question)
{
  g_autoptr(GArray) list = advice_new(question);

  json_put_text(builder, "locked-by", advice_lock(question));
  json_builder_set_member_name(builder, "commands");
  json_builder_begin_array(builder);
  for (guint i = 0; i < list->len; i++)
    put_command(builder, &g_array_index(list, struct advice, i));
  json_builder_end_array(builder);
}

JsonBuilder *explanation_to_json(const struct question *question)
{
  const tlspin_explanation_t *explanation = question->explanation;
  static const char *const layer_names[] = {"name", "path", "state", "problem"};
  static const char *const setting_names[] = {"name", "value", "source"};
  JsonBuilder *builder = json_builder_new();

  json_builder_begin_object(builder);
  json_put_text(builder, "server", question->server);
  put_pki(builder, question->check);
  put_verdict(builder, tlspin_explanation_verdict(explanation));
  put_entries(builder, explanation);
  put_part(builder, explanation, TLSPIN_LAYERS, "layers", layer_names, G_N_ELEMENTS(layer_names));
  put_part(builder, explanation, TLSPIN_SETTINGS, "settings", setting_names,
           G_N_ELEMENTS(setting_names));
  put_commands(builder, question);
  return json_builder_end_object(builder);
}
