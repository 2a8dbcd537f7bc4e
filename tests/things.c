/* Entries, events, explanations and reports made of words: see things.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/things.h"

#include "libclient/entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tlspin_explanation {
  tlspin_entry_t *verdict;
  GPtrArray *parts[TLSPIN_COMMANDS + 1];
};

static void must(gboolean worked, const char *what)
{
  if (worked)
    return;
  fprintf(stderr, "things: %s\n", what);
  abort();
}

static void put(tlspin_entry_t *entry, const char *word)
{
  g_auto(GStrv) parts = g_strsplit(word, "=", 2);

  must(g_strv_length(parts) == 2, word);
  if (parts[1][0] == '#')
    must(entry_put_number(entry, parts[0], DBUS_TYPE_UINT64, strtoull(parts[1] + 1, NULL, 10)),
         word);
  else
    must(entry_put_string(entry, parts[0], parts[1]), word);
}

tlspin_entry_t *thing_new(const char *words)
{
  g_auto(GStrv) list = g_strsplit(words, ";", -1);
  tlspin_entry_t *entry = entry_new();

  must(entry != NULL, "out of memory");
  for (size_t i = 0; list[i] != NULL; i++)
    put(entry, list[i]);
  return entry;
}

void thing_add_certificate(tlspin_entry_t *entry, const char *words)
{
  struct entry_value *value = (struct entry_value *)(uintptr_t)entry_find(entry, "chain");

  if (value == NULL) {
    must(entry_put_octets(entry, "chain", (struct span){NULL, 0}), "out of memory");
    value = (struct entry_value *)(uintptr_t)entry_find(entry, "chain");
    value->list.at = calloc(ENTRY_CHAIN_MAX, sizeof *value->list.at);
  }
  must(value->list.at != NULL && value->list.count < ENTRY_CHAIN_MAX, "a chain that is too long");
  value->list.at[value->list.count++] = thing_new(words);
}

static void free_entry(gpointer entry)
{
  tlspin_entry_free(entry);
}

tlspin_explanation_t *explained(const char *verdict)
{
  tlspin_explanation_t *explanation = g_new0(tlspin_explanation_t, 1);

  explanation->verdict = thing_new(verdict);
  for (size_t i = 0; i < G_N_ELEMENTS(explanation->parts); i++)
    explanation->parts[i] = g_ptr_array_new_with_free_func(free_entry);
  return explanation;
}

void explained_add(tlspin_explanation_t *explanation, enum tlspin_part part, const char *words)
{
  g_ptr_array_add(explanation->parts[part], thing_new(words));
}

void explained_end(tlspin_explanation_t *explanation)
{
  tlspin_entry_free(explanation->verdict);
  for (size_t i = 0; i < G_N_ELEMENTS(explanation->parts); i++)
    g_ptr_array_unref(explanation->parts[i]);
  g_free(explanation);
}

const tlspin_entry_t *tlspin_explanation_verdict(const tlspin_explanation_t *explanation)
{
  return explanation->verdict;
}

size_t tlspin_explanation_count(const tlspin_explanation_t *explanation, enum tlspin_part part)
{
  return explanation->parts[part]->len;
}

const tlspin_entry_t *tlspin_explanation_at(const tlspin_explanation_t *explanation,
                                            enum tlspin_part part, size_t index)
{
  return index < explanation->parts[part]->len ? explanation->parts[part]->pdata[index] : NULL;
}

struct tlspin_doctor {
  tlspin_entry_t *report;
  GPtrArray *backups;
};

tlspin_doctor_t *doctored(const char *report)
{
  tlspin_doctor_t *doctor = g_new0(tlspin_doctor_t, 1);

  doctor->report = thing_new(report);
  doctor->backups = g_ptr_array_new_with_free_func(free_entry);
  return doctor;
}

void doctored_add(tlspin_doctor_t *doctor, const char *words)
{
  g_ptr_array_add(doctor->backups, thing_new(words));
}

void tlspin_doctor_free(tlspin_doctor_t *doctor)
{
  if (doctor == NULL)
    return;
  tlspin_entry_free(doctor->report);
  g_ptr_array_unref(doctor->backups);
  g_free(doctor);
}

const tlspin_entry_t *tlspin_doctor_report(const tlspin_doctor_t *doctor)
{
  return doctor->report;
}

size_t tlspin_doctor_backups(const tlspin_doctor_t *doctor)
{
  return doctor->backups->len;
}

const tlspin_entry_t *tlspin_doctor_backup(const tlspin_doctor_t *doctor, size_t index)
{
  return index < doctor->backups->len ? doctor->backups->pdata[index] : NULL;
}

static void write_on(const char *text, void *data)
{
  g_string_append(data, text);
}

struct columns_style thing_style(GString *paper, unsigned width)
{
  return (struct columns_style){
      .width = width, .ellipsis = "\xe2\x80\xa6", .write = write_on, .data = paper};
}
