/* What would be answered about a server, and why: see explanation.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/explanation.h"

#include "common/text.h"
#include "pinning/change.h"
#include "tools/entry.h"
#include "tools/record.h"
#include "tools/sheet.h"
#include "tools/thing.h"
#include "tools/when.h"

#include <string.h>

static const struct {
  const char *token;
  const char *text;
  enum paint paint;
} roles[] = {
    {"decided", N_("decides"), PAINT_GOOD},        {"matched", N_("matches"), PAINT_GOOD},
    {"looked-at", N_("differs"), PAINT_WARNING},   {"masked", N_("masked"), PAINT_FAINT},
    {"locked-out", N_("locked out"), PAINT_FAINT}, {"exempted", N_("exempted"), PAINT_FAINT},
    {"expired", N_("expired"), PAINT_FAINT},       {"history", N_("history"), PAINT_FAINT},
    {"elsewhere", N_("elsewhere"), PAINT_FAINT},
};

/* Where nothing was shown nothing was compared. */
static struct cell role_of(const tlspin_entry_t *entry, bool compared)
{
  const char *token = thing_text(entry, "role");

  if (!compared && (strcmp(token, "looked-at") == 0 || strcmp(token, "matched") == 0))
    return (struct cell){_("in force"), PAINT_NONE};
  for (size_t i = 0; i < G_N_ELEMENTS(roles); i++)
    if (strcmp(roles[i].token, token) == 0)
      return (struct cell){_(roles[i].text), roles[i].paint};
  return (struct cell){token, PAINT_NONE};
}

static const struct column columns[] = {
    {.title = N_("ROLE")},
    {.title = N_("LAYER")},
    {.title = N_("KIND")},
    {.title = N_("UNTIL"), .drop = 1},
    {.title = N_("FOR"), .shrinks = true},
};

struct columns *explanation_table_new(const struct columns_style *style)
{
  return columns_new(columns, G_N_ELEMENTS(columns), style);
}

static void add_row(struct columns *table, const tlspin_entry_t *entry, bool compared,
                    const struct clock_told *told)
{
  uint64_t end = tlspin_entry_expires(entry);
  g_autofree char *place = entry_server(entry), *layer = entry_layer(entry);
  g_autofree char *day = end > 0 ? when_to_day(end) : g_strdup("-");
  g_autofree char *doubt = clock_doubt(told, end);
  const struct cell cells[] = {
      role_of(entry, compared),
      {layer, PAINT_NONE},
      {record_is(entry) ? record_says(entry) : _("ticket"), PAINT_NONE},
      {day, PAINT_NONE},
      {place, PAINT_NONE},
  };

  columns_add(table, cells);
  if (doubt != NULL)
    columns_remark(table, doubt);
  entry_add_remarks(table, entry);
}

void explanation_add_row(struct columns *table, const tlspin_entry_t *entry)
{
  static const struct clock_told untold = {NULL, -1, -1, -1, -1, NULL};

  add_row(table, entry, false, &untold);
}

static enum paint paint_of(const char *answer)
{
  if (strcmp(answer, "mismatch") == 0)
    return PAINT_BAD;
  return strcmp(answer, "match") == 0 ? PAINT_GOOD : PAINT_NONE;
}

/* What the PKI says of what was shown. */
static void add_pki(struct sheet *sheet, const struct tlspin_check *check, unsigned excused)
{
  g_autofree char *errors = record_errors_text(check->errors);

  if (check->pki == TLSPIN_PKI_FAILED)
    sheet_add_painted(sheet, _("PKI"), excused != 0 ? PAINT_WARNING : PAINT_BAD, errors);
  else
    sheet_add(sheet, _("PKI"), "%s", _("the certificate is valid"));
  if (excused != 0)
    sheet_add(sheet, "", "%s", _("an exception excuses that"));
}

static void add_verdict(struct sheet *sheet, const tlspin_entry_t *verdict)
{
  const char *answer = thing_text(verdict, "answer");
  g_autofree char *whole = g_strdup_printf("%s: %s", answer, thing_reason(verdict));
  enum change change;

  sheet_add_painted(sheet, _("Answer"), paint_of(answer), whole);
  if (strcmp(answer, "mismatch") == 0 && tlspin_entry_number(verdict, "enforced") == 0)
    sheet_add(sheet, "", "%s", _("policy wants that only to be reported, so programs go on"));
  sheet_add(sheet, _("Rule"), _("%d of tlspin-verdict(7)"),
            (int)tlspin_entry_number(verdict, "rule"));
  if (thing_text(verdict, "layer")[0] != '\0')
    sheet_add(sheet, _("Decided by"), "%s", thing_text(verdict, "layer"));
  if (change_from_token(thing_text(verdict, "change"), &change) && change != CHANGE_NONE)
    sheet_add(sheet, _("Change"), "%s", _(change_text(change)));
}

static const char *ticket_text(const char *token)
{
  static const struct {
    const char *token, *text;
  } texts[] = {
      {"stands", N_("stands: the server has to prove it")},
      {"proved", N_("proved by the server")},
      {"failed", N_("not met by the server")},
  };

  for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
    if (strcmp(texts[i].token, token) == 0)
      return _(texts[i].text);
  return token;
}

static void print_verdict(const tlspin_explanation_t *explanation, const char *server,
                          const struct tlspin_check *check, const struct columns_style *style)
{
  const tlspin_entry_t *verdict = tlspin_explanation_verdict(explanation);
  int64_t excused = tlspin_entry_number(verdict, "excused");
  const struct clock_told told = explanation_clock(verdict);
  const char *ticket = thing_text(verdict, "ticket");
  struct sheet *sheet = sheet_new();

  sheet_add(sheet, _("Server"), "%s", server);
  if (check != NULL)
    add_pki(sheet, check, excused > 0 ? (unsigned)excused : 0);
  add_verdict(sheet, verdict);
  if (ticket[0] != '\0' && strcmp(ticket, "none") != 0)
    sheet_add(sheet, _("Ticket"), "%s", ticket_text(ticket));
  clock_add(sheet, &told);
  sheet_end(sheet, style);
}

static void put(const struct columns_style *style, const char *before, const char *text)
{
  g_autofree char *line = g_strdup_printf("%s%s\n", before, text);

  style->write(line, style->data);
}

static void print_entries(const tlspin_explanation_t *explanation, bool compared,
                          const struct columns_style *style)
{
  const struct clock_told told = explanation_clock(tlspin_explanation_verdict(explanation));
  size_t count = tlspin_explanation_count(explanation, TLSPIN_ENTRIES);
  struct columns *table;

  if (count == 0)
    return;
  put(style, "", "");
  columns_paragraph(style, 0, _("What is stored for it, in order of precedence:"));
  table = explanation_table_new(style);
  for (size_t i = 0; i < count; i++)
    add_row(table, tlspin_explanation_at(explanation, TLSPIN_ENTRIES, i), compared, &told);
  columns_end(table);
}

static void print_problems(const tlspin_explanation_t *explanation,
                           const struct columns_style *style)
{
  for (size_t i = 0; i < tlspin_explanation_count(explanation, TLSPIN_LAYERS); i++) {
    const tlspin_entry_t *layer = tlspin_explanation_at(explanation, TLSPIN_LAYERS, i);
    const char *problem = thing_text(layer, "problem");

    if (problem[0] != '\0') {
      put(style, "", "");
      columns_paragraph(style, 0, problem);
    }
  }
}

static void print_lock(const char *layer, const struct columns_style *style)
{
  g_autofree char *text =
      g_strdup_printf(_("The administrator of this computer has settled that (%s). No command of "
                        "yours changes it; ask there."),
                      layer);

  put(style, "", "");
  columns_paragraph(style, 0, text);
}

/* Commands are to be copied, so that they aren't broken. */
static void print_advice(const struct question *question, const struct columns_style *style)
{
  g_autoptr(GArray) list = advice_new(question);
  const char *lock = advice_lock(question);

  if (lock != NULL)
    print_lock(lock, style);
  if (list->len > 0)
    put(style, "\n", _("What would change it:"));
  for (guint i = 0; i < list->len; i++) {
    const struct advice *advice = &g_array_index(list, struct advice, i);

    put(style, "  ", advice->command);
    columns_paragraph(style, 6, advice->text);
  }
}

/* An answer of what is stored is soon taken for one about what the server shows. */
static void print_way(const struct question *question, const struct columns_style *style)
{
  put(style, "", "");
  columns_paragraph(style, 0,
                    _("This is about what is stored alone; what the server shows was not looked "
                      "at. To have that judged, too:"));
  put(style, "  ", question->why);
}

void explanation_print(const struct question *question, const struct columns_style *style)
{
  print_verdict(question->explanation, question->server, question->check, style);
  if (question->check == NULL)
    print_way(question, style);
  print_entries(question->explanation, question->check != NULL, style);
  print_problems(question->explanation, style);
  print_advice(question, style);
}
