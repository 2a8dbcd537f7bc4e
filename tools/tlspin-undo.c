/* tlspin undo.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "tools/json.h"
#include "tools/progress.h"

#include <inttypes.h>

/* The newest change, which isn't named, is taken back as a whole or not at all. */
static bool is_partly(tlspin_t *context, uint64_t operation)
{
  tlspin_status_t *status = NULL;
  bool partly = operation != 0 && tlspin_status(context, &status) == TLSPIN_OK &&
                tlspin_status_number(status, "undo-partly") >= (int64_t)operation;

  tlspin_status_free(status);
  return partly;
}

static void print_change(uint64_t operation, bool partly, const struct tlspin_change *change)
{
  unsigned long count = (unsigned long)change->count, replaced = (unsigned long)change->replaced;

  g_autofree char *what =
      operation == 0 ? g_strconcat(_("The newest change was taken back."), " ", NULL)
                     : g_strdup_printf(_("Operation %" PRIu64 " was taken back. "), operation);
  g_autofree char *so =
      g_strdup_printf(text_translate_count("%lu entry is again as it was before.",
                                           "%lu entries are again as they were before.", count),
                      count);

  output_said("%s%s", what, so);
  if (partly)
    output_said(_("It was made before the store was damaged: what was lost of it can't come back. "
                  "Look at what there is with 'tlspin list'."));
  if (replaced > 0)
    output_said(text_translate_count("%lu newer pin made way; it is kept, too.",
                                     "%lu newer pins made way; they are kept, too.", replaced),
                replaced);
  output_said(_("To undo that: tlspin undo %" PRIu64), change->operation);
}

static void add_change(struct json_array *array, uint64_t operation, bool partly,
                       const struct tlspin_change *change)
{
  JsonBuilder *builder = json_builder_new();

  json_builder_begin_object(builder);
  json_builder_set_member_name(builder, "operation");
  if (operation != 0)
    json_builder_add_int_value(builder, (gint64)operation);
  else
    json_builder_add_null_value(builder);
  json_put_number(builder, "done", change->operation);
  json_put_number(builder, "count", change->count);
  json_put_number(builder, "replaced", change->replaced);
  json_builder_set_member_name(builder, "partly");
  json_builder_add_boolean_value(builder, partly);
  json_array_add(array, json_builder_end_object(builder));
}

static int undo(tlspin_t *context, uint64_t operation, struct json_array *array)
{
  struct progress *progress = progress_start(_("Bringing pins back ..."));
  struct tlspin_change change = {0};
  int code = tlspin_undo(context, operation, &change);
  bool partly = code == TLSPIN_OK && is_partly(context, operation);

  progress_stop(progress);
  if (code == TLSPIN_E_NOTHING_TO_UNDO && operation != 0)
    return complain(STATUS_NOT_FOUND,
                    _("There is no operation %" PRIu64 " that could be taken back. It may have "
                      "been taken back already, be too old, or have been lost with a damaged "
                      "store."),
                    operation);
  if (code != TLSPIN_OK)
    return complain_of(code);
  if (shared_options.json)
    add_change(array, operation, partly, &change);
  else
    print_change(operation, partly, &change);
  return STATUS_FINE;
}

static int undo_all(const uint64_t *operations, size_t count)
{
  tlspin_t *context = store_context();
  struct json_array array = {false};
  int status = STATUS_FINE;

  for (size_t i = 0; i < count && status == STATUS_FINE; i++)
    status = undo(context, operations[i], &array);
  if (shared_options.json)
    json_array_end(&array, status);
  tlspin_free(context);
  return status;
}

int run_undo(int argc, char **argv)
{
  g_autofree uint64_t *operations = g_new0(uint64_t, (size_t)argc);
  size_t count;
  const char *description =
      _("Takes a change back. Every change that you make can be taken back: clear, pin,\n"
        "block, except, off, on and import each print the number for it. What the change\n"
        "touched is again as it was before. Without a number it is the newest one that\n"
        "still stands. What a program or a server changed has its number in 'tlspin\n"
        "log', and is never taken for the newest. An undo has a number as well, and can\n"
        "be taken back. 'tlspin status' says for how long things can be taken back.\n"
        "\n"
        "Examples:\n"
        "  tlspin undo\n"
        "  tlspin undo 12\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 4 the pin store can't be read or written,\n"
        "or there is no room for what would come back, 5 there is nothing to take back.");
  int status = read_options("undo", _("[OPERATION...]"), description, NULL, 0, -1, &argc, &argv);

  if (status != STATUS_FINE)
    return status;
  count = (size_t)argc - 1;
  for (size_t i = 0; i < count; i++)
    if (!g_ascii_string_to_unsigned(argv[i + 1], 10, 1, G_MAXINT64, &operations[i], NULL))
      return complain(
          STATUS_USAGE,
          _("'%s' is not the number of an operation. The command that made the change printed "
            "it, and 'tlspin log' has those of programs and servers."),
          argv[i + 1]);
  return undo_all(operations, count > 0 ? count : 1);
}
