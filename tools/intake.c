/* A file of another program that is being read: see intake.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/intake.h"

#include "common/text.h"
#include "formats/pem.h"
#include "tools/input.h"
#include "tools/output.h"
#include "tools/progress.h"
#include "tools/tlspin.h"

#include <string.h>
#include <unistd.h>

enum {
  SHOWN_MOST = 50, /* remarks on a terminal; a file or pipe gets all */
  LISTED_MOST = 10000
};

static GBytes *load(const char *path)
{
  g_autofree char *problem = NULL;
  GBytes *bytes = input_read(path, STDIN_FILENO, &problem);

  if (bytes == NULL)
    complain(STATUS_USAGE, "%s", problem);
  return bytes;
}

static int load_certs(struct intake *intake, char **certs)
{
  for (; certs != NULL && *certs != NULL; certs++) {
    g_autoptr(GBytes) bytes = load(*certs);
    g_autoptr(GPtrArray) spkis = bytes != NULL ? pem_spkis(input_span(bytes)) : NULL;
    g_autofree char *shown = input_name(*certs);

    if (spkis == NULL)
      return STATUS_USAGE;
    if (spkis->len == 0)
      return complain(STATUS_USAGE, _("'%s' is not a PEM file with a certificate or a public key."),
                      shown);
    g_ptr_array_extend_and_steal(intake->spkis, g_steal_pointer(&spkis));
  }
  for (guint i = 0; i < intake->spkis->len; i++) {
    struct span span = input_span(intake->spkis->pdata[i]);

    g_array_append_val(intake->spki_spans, span);
  }
  return STATUS_FINE;
}

static int read_host(struct intake *intake, const char *host)
{
  g_autofree char *shown = output_clean(host);
  struct place place;
  enum host_fault fault = place_read(host, &place);

  if (!intake->format->takes_places)
    return complain(STATUS_USAGE,
                    _("'%s' is read as %s: that says itself which servers it is about. Leave '%s' "
                      "out."),
                    intake->name, _(intake->format->title), shown);
  if (fault != HOST_FINE)
    return complain(STATUS_USAGE, _("'%s' can't be used: %s. Write HOST or HOST:PORT."), shown,
                    _(host_fault_text(fault)));
  g_array_append_val(intake->places, place);
  return STATUS_FINE;
}

static int read_hosts(struct intake *intake, char *const *hosts)
{
  int status = STATUS_FINE;

  for (; *hosts != NULL && status == STATUS_FINE; hosts++)
    status = read_host(intake, *hosts);
  return status;
}

static char *list_names(void)
{
  GString *names = g_string_new(NULL);

  for (const struct format *format = formats; format->name != NULL; format++)
    g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", format->name);
  return g_string_free(names, FALSE);
}

static int find_format(struct intake *intake, const char *format)
{
  g_autofree char *names = list_names();

  intake->format =
      format != NULL ? format_of_name(format) : format_of_octets(input_span(intake->bytes));
  if (intake->format != NULL)
    return STATUS_FINE;
  if (format != NULL)
    return complain(STATUS_USAGE, _("'%s' is no format that is known. There are: %s."), format,
                    names);
  return complain(STATUS_USAGE,
                  _("What kind of file '%s' is can't be found out. If it is one of these, say "
                    "--format: %s."),
                  intake->name, names);
}

int intake_open(struct intake *intake, const char *path, const char *format, char **certs,
                char *const *hosts)
{
  int status;

  *intake = (struct intake){
      .name = strcmp(path, "-") == 0 ? g_strdup(_("standard input")) : input_name(path),
      .spkis = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref),
      .spki_spans = g_array_new(FALSE, FALSE, sizeof(struct span)),
      .places = g_array_new(FALSE, FALSE, sizeof(struct place)),
      .list = shared_options.json ? json_array_new() : NULL,
  };
  intake->bytes = load(path);
  status = intake->bytes != NULL ? find_format(intake, format) : STATUS_USAGE;
  if (status == STATUS_FINE)
    status = load_certs(intake, certs);
  if (status == STATUS_FINE)
    status = read_hosts(intake, hosts);
  intake->reading.places = (const struct place *)intake->places->data;
  intake->reading.place_count = intake->places->len;
  intake->reading.spkis = (const struct span *)intake->spki_spans->data;
  intake->reading.spki_count = intake->spki_spans->len;
  return status;
}

void intake_clear(struct intake *intake)
{
  g_free(intake->name);
  if (intake->bytes != NULL)
    g_bytes_unref(intake->bytes);
  g_ptr_array_unref(intake->spkis);
  g_array_unref(intake->spki_spans);
  g_array_unref(intake->places);
  if (intake->list != NULL)
    json_array_unref(intake->list);
}

static void list_remark(const struct intake *intake, size_t line, enum remark remark,
                        const char *text)
{
  static const char *const words[] = {"note", "skipped", "refused"};
  JsonObject *object;

  if (intake->remarks > LISTED_MOST)
    return;
  object = json_object_new();
  if (line > 0)
    json_object_set_int_member(object, "line", (gint64)line);
  else
    json_object_set_null_member(object, "line");
  json_object_set_string_member(object, "remark", words[remark]);
  json_object_set_string_member(object, "text", text);
  json_array_add_object_element(intake->list, object);
}

static bool is_too_much(const struct intake *intake)
{
  return intake->list == NULL && intake->remarks > SHOWN_MOST && isatty(STDERR_FILENO);
}

void intake_remark(size_t line, enum remark remark, const char *text, void *data)
{
  struct intake *intake = data;

  intake->remarks++;
  intake->skipped += remark == REMARK_SKIPPED;
  if (intake->list != NULL)
    list_remark(intake, line, remark, text);
  else if (is_too_much(intake))
    return;
  else if (line > 0)
    complain(STATUS_FINE, "%s:%zu: %s", intake->name, line, text);
  else
    complain(STATUS_FINE, "%s: %s", intake->name, text);
}

/* What the readers are given: both functions share it. */
struct look {
  struct intake *intake;
  struct progress *progress;
};

static void on_record(const struct keypin *pin, size_t line, void *data)
{
  struct look *look = data;

  progress_count(look->progress, ++look->intake->records);
  if (look->intake->record != NULL)
    look->intake->record(pin, line, look->intake->data);
}

static void on_remark(size_t line, enum remark remark, const char *text, void *data)
{
  struct look *look = data;

  intake_remark(line, remark, text, look->intake);
}

int intake_look(struct intake *intake)
{
  struct look look = {.intake = intake, .progress = progress_start(_("Pins read:"))};
  struct reading reading = intake->reading;
  bool fine;

  reading.record = on_record;
  reading.remark = on_remark;
  reading.data = &look;
  fine = format_read(intake->format, &reading, input_span(intake->bytes));
  progress_stop(look.progress);
  if (!fine)
    return complain(STATUS_USAGE, _("Nothing was imported."));
  if (intake->records == 0)
    return complain(STATUS_NOT_FOUND, _("'%s' holds no pin that can be used."), intake->name);
  return STATUS_FINE;
}

static void ignore(size_t line, enum remark remark, const char *text, void *data)
{
  (void)line;
  (void)remark;
  (void)text;
  (void)data;
}

void intake_repeat(const struct intake *intake, reading_record record, void *data)
{
  struct reading reading = intake->reading;

  reading.record = record;
  reading.remark = ignore;
  reading.data = data;
  format_read(intake->format, &reading, input_span(intake->bytes));
}

void intake_sum_up(const struct intake *intake)
{
  if (is_too_much(intake))
    complain(STATUS_FINE, _("... and %lu more; add '2>FILE' to the command to see them all."),
             intake->remarks - SHOWN_MOST);
  if (intake->skipped > 0)
    complain(STATUS_FINE,
             text_translate_count("%lu line or entry could not be used.",
                                  "%lu lines or entries could not be used.", intake->skipped),
             intake->skipped);
}

void intake_to_json(struct intake *intake, JsonBuilder *builder)
{
  json_put_text(builder, "file", intake->name);
  json_put_text(builder, "format", intake->format->name);
  json_put_number(builder, "records", intake->records);
  json_put_number(builder, "skipped", intake->skipped);
  json_put_number(builder, "remark-count", intake->remarks);
  json_builder_set_member_name(builder, "remarks");
  json_builder_add_value(builder, json_node_init_array(json_node_alloc(), intake->list));
}
