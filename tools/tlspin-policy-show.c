/* tlspin policy show.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin-policy.h"

#include "common/text.h"
#include "tools/entry.h"
#include "tools/explanation.h"
#include "tools/hosts.h"

#include <string.h>

enum { PORT_HTTPS = 443 };

/* The settings are the same for every server; this one is nobody's (RFC 2606 section 2). */
#define NOBODY "policy.invalid"

static const struct column setting_columns[] = {
    {.title = N_("SETTING")}, {.title = N_("VALUE"), .shrinks = true}, {.title = N_("SOURCE")}};

static const char *text_of(const tlspin_entry_t *thing, const char *name)
{
  const char *text = tlspin_entry_string(thing, name);

  return text != NULL ? text : "";
}

static void print_settings(const tlspin_explanation_t *explanation,
                           const struct columns_style *style)
{
  struct columns *table = columns_new(setting_columns, G_N_ELEMENTS(setting_columns), style);

  for (size_t i = 0; i < tlspin_explanation_count(explanation, TLSPIN_SETTINGS); i++) {
    const tlspin_entry_t *setting = tlspin_explanation_at(explanation, TLSPIN_SETTINGS, i);
    bool locked = tlspin_entry_number(setting, "locked") == 1;
    g_autofree char *layer = output_clean(text_of(setting, "source"));
    g_autofree char *source = g_strdup_printf(locked ? _("%s, locked") : "%s", layer);
    const struct cell cells[] = {
        {text_of(setting, "name"), PAINT_NONE},
        {text_of(setting, "value"), PAINT_NONE},
        {source, strcmp(layer, "default") == 0 ? PAINT_FAINT : PAINT_NONE},
    };

    columns_add(table, cells);
  }
  columns_end(table);
}

static bool is_policy(const tlspin_entry_t *entry)
{
  return strcmp(tlspin_entry_layer(entry), "user") != 0;
}

static void print_entries(const tlspin_explanation_t *explanation, const char *server,
                          const struct columns_style *style)
{
  struct columns *table = NULL;

  for (size_t i = 0; i < tlspin_explanation_count(explanation, TLSPIN_ENTRIES); i++) {
    const tlspin_entry_t *entry = tlspin_explanation_at(explanation, TLSPIN_ENTRIES, i);

    if (!is_policy(entry))
      continue;
    if (table == NULL)
      table = explanation_table_new(style);
    explanation_add_row(table, entry);
  }
  if (table != NULL)
    columns_end(table);
  else
    output_text(_("Policy says nothing of %s.\n"), server);
}

/* explanation: NULL where nobody could be asked. */
static void put_settings(JsonBuilder *builder, const tlspin_explanation_t *explanation)
{
  json_builder_set_member_name(builder, "settings");
  json_builder_begin_array(builder);
  for (size_t i = 0;
       explanation != NULL && i < tlspin_explanation_count(explanation, TLSPIN_SETTINGS); i++) {
    const tlspin_entry_t *setting = tlspin_explanation_at(explanation, TLSPIN_SETTINGS, i);

    json_builder_begin_object(builder);
    json_put_text(builder, "name", text_of(setting, "name"));
    json_put_text(builder, "value", text_of(setting, "value"));
    json_put_text(builder, "source", text_of(setting, "source"));
    json_put_flag(builder, "locked", tlspin_entry_number(setting, "locked") == 1);
    json_builder_end_object(builder);
  }
  json_builder_end_array(builder);
}

static void put_entry(JsonBuilder *builder, const tlspin_entry_t *entry)
{
  json_builder_begin_object(builder);
  json_put_text(builder, "role", text_of(entry, "role"));
  entry_put_members(builder, entry);
  json_builder_end_object(builder);
}

static JsonBuilder *begin_json(const tlspin_explanation_t *explanation, const char *server)
{
  JsonBuilder *builder = json_builder_new();

  json_builder_begin_object(builder);
  json_put_text(builder, "server", server);
  put_settings(builder, explanation);
  json_builder_set_member_name(builder, "entries");
  return json_builder_begin_array(builder);
}

static void end_json(JsonBuilder *builder)
{
  json_print(json_builder_end_object(json_builder_end_array(builder)));
}

static void show_server(const tlspin_explanation_t *explanation, const char *server)
{
  const struct columns_style style = columns_style_of_output();
  JsonBuilder *builder;

  if (!shared_options.json) {
    print_entries(explanation, server, &style);
    output_text("\n");
    print_settings(explanation, &style);
    return;
  }
  builder = begin_json(explanation, server);
  for (size_t i = 0; i < tlspin_explanation_count(explanation, TLSPIN_ENTRIES); i++)
    if (is_policy(tlspin_explanation_at(explanation, TLSPIN_ENTRIES, i)))
      put_entry(builder, tlspin_explanation_at(explanation, TLSPIN_ENTRIES, i));
  end_json(builder);
}

static int add_entry(const tlspin_entry_t *entry, void *data)
{
  entry_add_row(data, entry);
  entry_add_remarks(data, entry);
  return 0;
}

static int put_listed(const tlspin_entry_t *entry, void *data)
{
  put_entry(data, entry);
  return 0;
}

/* All of what the layers hold. */
static int show_all(tlspin_t *context, const tlspin_explanation_t *explanation)
{
  const struct tlspin_filter filter = {.origin = "policy"};
  const struct columns_style style = columns_style_of_output();
  int code;

  if (shared_options.json) {
    JsonBuilder *builder = begin_json(explanation, NULL);

    code = tlspin_list(context, &filter, put_listed, builder);
    end_json(builder);
  } else {
    struct columns *table;

    print_settings(explanation, &style);
    output_text("\n");
    table = columns_new(entry_columns, ENTRY_COLUMNS, &style);
    code = tlspin_list(context, &filter, add_entry, table);
    columns_end(table);
  }
  return code == TLSPIN_OK ? STATUS_FINE : complain_of(code);
}

static int show(const struct target *target)
{
  tlspin_t *context = store_context();
  tlspin_explanation_t *explanation = NULL;
  g_autofree char *server = target != NULL ? target_text(target) : NULL;
  int code = tlspin_explain(context, target != NULL ? target->host : NOBODY, "tls",
                            target != NULL ? target->port : PORT_HTTPS, NULL, &explanation);
  int status = code == TLSPIN_OK ? STATUS_FINE : complain_of(code);

  if (code == TLSPIN_OK && target != NULL)
    show_server(explanation, server);
  else if (code == TLSPIN_OK)
    status = show_all(context, explanation);
  else if (shared_options.json) /* the same keys, so that a program that reads them learns it too */
    end_json(begin_json(NULL, server));
  if (status == STATUS_FINE)
    status = complain_of_layers(context);
  tlspin_explanation_free(explanation);
  tlspin_free(context);
  return status;
}

int run_policy_show(int argc, char **argv)
{
  struct target target;
  g_autofree char *problem = NULL;
  const char *description =
      _("Shows the policy that is in force on this computer: the settings with where each\n"
        "comes from, and what system layers say of a server, or of all. ROLE says what\n"
        "becomes of an entry; 'tlspin why' also looks at what is your own. Without a port\n"
        "it is 443.\n"
        "\n"
        "Examples:\n"
        "  tlspin policy show\n"
        "  tlspin policy show imap.example.org:993\n"
        "  tlspin policy show --json | jq -r '.settings[] | select(.locked).name'\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 4 the pin store can't be asked.");
  int status =
      read_options("policy show", _("[HOST[:PORT]]"), description, NULL, 0, 1, &argc, &argv);

  if (status != STATUS_FINE)
    return status;
  if (argc == 1)
    return show(NULL);
  if (!target_read(argv[1], &target, &problem))
    return complain(STATUS_USAGE, "%s.", problem);
  if (target.port == 0)
    target.port = PORT_HTTPS;
  return show(&target);
}
