/* tlspin status.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "tools/clock.h"
#include "tools/json.h"
#include "tools/sheet.h"
#include "tools/when.h"

#include <inttypes.h>
#include <string.h>

static const char *layer_state(const tlspin_status_t *status, size_t layer)
{
  const char *state = tlspin_status_layer(status, layer, "state");

  return state != NULL ? state : "unavailable";
}

static bool is_ok(const char *state)
{
  return strcmp(state, "ok") == 0;
}

static bool is_lossy(const char *state)
{
  return strcmp(state, "damaged") == 0;
}

static const char *layer_text(const tlspin_status_t *status, size_t layer, const char *key)
{
  const char *text = tlspin_status_layer(status, layer, key);

  return text != NULL ? text : "?";
}

/* A layer without a problem of its own still must not look fine. */
static int complain_of_layer(const tlspin_status_t *status, size_t layer)
{
  const char *problem = tlspin_status_layer(status, layer, "problem");
  g_autofree char *clean =
      output_clean(problem != NULL ? problem : layer_text(status, layer, "name"));

  return problem != NULL ? complain(STATUS_STORE, "%s", clean)
                         : complain(STATUS_STORE, _("The layer '%s' can't be read."), clean);
}

static int check_layers(const tlspin_status_t *status)
{
  int result = STATUS_FINE;

  for (size_t i = 0; i < tlspin_status_layers(status); i++)
    if (!is_ok(layer_state(status, i)))
      result = complain_of_layer(status, i);
  if (result == STATUS_FINE && !is_ok(tlspin_status_string(status, "state")))
    result = complain(STATUS_STORE, "%s", tlspin_code_text(TLSPIN_UNAVAILABLE));
  return result;
}

/* One that can be read, but not written. */
static bool is_fixed(const tlspin_status_t *status, size_t layer)
{
  return is_ok(layer_state(status, layer)) && tlspin_status_layer(status, layer, "problem") != NULL;
}

static bool any_fixed(const tlspin_status_t *status)
{
  for (size_t i = 0; i < tlspin_status_layers(status); i++)
    if (is_fixed(status, i))
      return true;
  return false;
}

/* Whoever only reads isn't kept from that. */
static int check_writable(const tlspin_status_t *status)
{
  for (size_t i = 0; i < tlspin_status_layers(status); i++)
    if (is_fixed(status, i))
      return complain_of_layer(status, i);
  return STATUS_FINE;
}

int complain_of_layers(tlspin_t *context)
{
  tlspin_status_t *status = NULL;
  int code = tlspin_status(context, &status), result;

  if (code != TLSPIN_OK)
    return complain_of(code);
  result = check_layers(status);
  tlspin_status_free(status);
  return result;
}

static void add_span(struct sheet *sheet, const char *name, const tlspin_status_t *status,
                     const char *key, const char *zero)
{
  int64_t seconds = tlspin_status_number(status, key);
  g_autofree char *span = seconds > 0 ? when_span((uint64_t)seconds) : NULL;

  if (seconds >= 0)
    sheet_add(sheet, name, "%s", span != NULL ? span : zero);
}

/* Each is there only where the user's store can be read. */
static void add_counts(struct sheet *sheet, const tlspin_status_t *status)
{
  int64_t tickets = tlspin_status_number(status, "entries");
  int64_t records = tlspin_status_number(status, "records");

  if (tickets >= 0)
    sheet_add(sheet, _("Your tickets"), "%" G_GINT64_FORMAT, tickets);
  if (records >= 0)
    sheet_add(sheet, _("Your keys"), _("%" PRId64 ", exceptions and switches too"), records);
}

static void add_layers(struct sheet *sheet, const tlspin_status_t *status)
{
  for (size_t i = 0; i < tlspin_status_layers(status); i++) {
    const char *state = layer_state(status, i);
    const char *says = is_fixed(status, i) ? _("can't be written")
                       : is_ok(state)      ? _("fine")
                       : is_lossy(state)   ? _("pins were lost")
                                           : _("can't be read");
    g_autofree char *text = g_strdup_printf("%s: %s: %s", layer_text(status, i, "name"), says,
                                            layer_text(status, i, "path"));
    bool fine = is_ok(state) && !is_fixed(status, i);

    sheet_add_painted(sheet, i == 0 ? _("Layers") : "", fine ? PAINT_NONE : PAINT_BAD, text);
  }
}

/* A daemon of another version tells nothing of it. */
static struct clock_told clock_of(const tlspin_status_t *status)
{
  return (struct clock_told){.clock = tlspin_status_string(status, "clock"),
                             .believed = tlspin_status_number(status, "believed"),
                             .now = tlspin_status_number(status, "clock-now"),
                             .jumped = tlspin_status_number(status, "clock-jumped"),
                             .trusted = tlspin_status_number(status, "clock-trusted"),
                             .problem = tlspin_status_string(status, "clock-problem")};
}

static void print_status(const tlspin_status_t *status)
{
  const struct columns_style style = columns_style_of_output();
  const struct clock_told told = clock_of(status);
  struct sheet *sheet = sheet_new();
  const char *version = tlspin_status_string(status, "version");
  const char *problem = tlspin_status_string(status, "config-problem");
  bool ok = is_ok(tlspin_status_string(status, "state")), fixed = any_fixed(status);
  bool lossy = is_lossy(tlspin_status_string(status, "state"));

  sheet_add_painted(sheet, _("Pin store"), ok && !fixed ? PAINT_GOOD : PAINT_BAD,
                    lossy   ? _("pins were lost: see 'tlspin doctor'")
                    : !ok   ? _("can't be read as a whole")
                    : fixed ? _("can be read, but not written")
                            : _("fine"));
  add_counts(sheet, status);
  add_layers(sheet, status);
  clock_add(sheet, &told);
  add_span(sheet, _("Tickets last"), status, "lifetime-cap", _("not at all: nothing is pinned"));
  add_span(sheet, _("Undo for"), status, "undo-period", _("nothing can be taken back"));
  add_span(sheet, _("Daemon idles"), status, "idle-timeout", _("for ever"));
  sheet_add(sheet, _("Version"), "%s", version != NULL ? version : "?");
  if (problem != NULL)
    sheet_add_painted(sheet, _("Settings"), PAINT_WARNING, problem);
  sheet_end(sheet, &style);
}

static void put_optional(JsonBuilder *builder, const tlspin_status_t *status, const char *key)
{
  int64_t number = tlspin_status_number(status, key);

  if (number >= 0)
    json_put_number(builder, key, (uint64_t)number);
  else
    json_put_text(builder, key, NULL);
}

static void put_layers(JsonBuilder *builder, const tlspin_status_t *status)
{
  json_builder_set_member_name(builder, "layers");
  json_builder_begin_array(builder);
  for (size_t i = 0; status != NULL && i < tlspin_status_layers(status); i++) {
    json_builder_begin_object(builder);
    json_put_text(builder, "name", tlspin_status_layer(status, i, "name"));
    json_put_text(builder, "path", tlspin_status_layer(status, i, "path"));
    json_put_text(builder, "state", layer_state(status, i));
    json_put_text(builder, "problem", tlspin_status_layer(status, i, "problem"));
    json_builder_end_object(builder);
  }
  json_builder_end_array(builder);
}

static void print_json(const tlspin_status_t *status)
{
  const struct clock_told told = clock_of(status);
  JsonBuilder *builder = json_builder_new();

  json_builder_begin_object(builder);
  json_put_text(builder, "state", tlspin_status_string(status, "state"));
  json_put_text(builder, "version", tlspin_status_string(status, "version"));
  put_optional(builder, status, "entries");
  put_optional(builder, status, "records");
  put_optional(builder, status, "lifetime-cap");
  put_optional(builder, status, "undo-period");
  put_optional(builder, status, "idle-timeout");
  json_put_text(builder, "config-problem", tlspin_status_string(status, "config-problem"));
  clock_put(builder, &told);
  put_layers(builder, status);
  json_print(json_builder_end_object(builder));
}

/* Nobody answers: the same keys, so that a program that reads them learns it too. */
static void print_no_daemon(void)
{
  static const struct clock_told untold = {NULL, -1, -1, -1, -1, NULL};
  JsonBuilder *builder = json_builder_new();
  static const char *const unknown[] = {"version",       "entries",     "records",
                                        "lifetime-cap",  "undo-period", "idle-timeout",
                                        "config-problem"};

  json_builder_begin_object(builder);
  json_put_text(builder, "state", "unavailable");
  for (size_t i = 0; i < G_N_ELEMENTS(unknown); i++)
    json_put_text(builder, unknown[i], NULL);
  clock_put(builder, &untold);
  put_layers(builder, NULL);
  json_print(json_builder_end_object(builder));
}

static int tell(void)
{
  tlspin_t *context = store_context();
  tlspin_status_t *status = NULL;
  int code = tlspin_status(context, &status), result;

  if (code != TLSPIN_OK) {
    result = complain_of(code);
    if (shared_options.json)
      print_no_daemon();
  } else {
    (shared_options.json ? print_json : print_status)(status);
    result = check_layers(status);
    if (result == STATUS_FINE)
      result = check_writable(status);
  }
  tlspin_status_free(status);
  tlspin_free(context);
  return result;
}

int run_status(int argc, char **argv)
{
  const char *description =
      _("Says how the pin store is: whether all its layers can be read, how many pins are\n"
        "yours, and for how long things last. Where something is wrong it says what, and\n"
        "what to do.\n"
        "\n"
        "Examples:\n"
        "  tlspin status\n"
        "  tlspin status --json | jq -r .state\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 4 the pin store can't be read as a whole, or\n"
        "can't be written.");
  int status = read_options("status", NULL, description, NULL, 0, 0, &argc, &argv);

  return status == STATUS_FINE ? tell() : status;
}
