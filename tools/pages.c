/* Stores records page by page: see pages.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/pages.h"

#include "common/text.h"
#include "tools/exchange.h"
#include "tools/numbered.h"
#include "tools/progress.h"
#include "tools/tlspin.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

enum { PAGE = 1000 }; /* records of one Put (org.tlspin.Admin1) */

struct slot {
  struct keypin pin;
  size_t line;
  char note[KEYPIN_NOTE_MAX + 1];
};

struct pages {
  tlspin_t *context;
  unsigned flags;
  reading_told told;
  void *data;
  struct slot *slots; /* PAGE of them */
  struct tlspin_record *records;
  size_t used;
  unsigned stored;
  struct tlspin_change change;
  int status;
  struct progress *progress;
  struct sigaction interrupt, end; /* what was there before */
};

static volatile sig_atomic_t broken_off;

static void break_off(int signal)
{
  (void)signal;
  broken_off = 1;
}

/* Until it is over, Ctrl-C ends a page and not the program, so that all can be taken back. */
static void catch_signals(struct pages *pages)
{
  struct sigaction action = {.sa_handler = break_off, .sa_flags = SA_RESTART};

  broken_off = 0;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &pages->interrupt);
  sigaction(SIGTERM, &action, &pages->end);
}

static void release_signals(const struct pages *pages)
{
  sigaction(SIGINT, &pages->interrupt, NULL);
  sigaction(SIGTERM, &pages->end, NULL);
}

struct pages *pages_new(tlspin_t *context, unsigned flags, reading_told told, void *data)
{
  struct pages *pages = g_new0(struct pages, 1);

  pages->context = context;
  pages->flags = flags;
  pages->told = told;
  pages->data = data;
  pages->slots = g_new(struct slot, PAGE);
  pages->records = g_new(struct tlspin_record, PAGE);
  pages->progress =
      progress_start((flags & TLSPIN_DRY_RUN) != 0 ? _("Pins checked:") : _("Pins stored:"));
  catch_signals(pages);
  return pages;
}

/* Of the records of a page the daemon says the number; people know lines. */
static void tell(const struct pages *pages, enum remark remark, const char *text)
{
  const char *rest;
  unsigned long number = numbered_read(text, &rest);

  if (number >= 1 && number <= pages->used)
    pages->told(pages->slots[number - 1].line, remark, rest, pages->data);
  else
    pages->told(0, remark, text, pages->data);
}

static void warn(const char *warning, void *pages)
{
  tell(pages, REMARK_NOTE, warning);
}

static int put_page(struct pages *pages)
{
  struct tlspin_change change = {0};
  int code;

  if (broken_off)
    return complain(STATUS_USAGE, _("Broken off."));
  for (size_t i = 0; i < pages->used; i++)
    pages->records[i] = exchange_of_pin(&pages->slots[i].pin);
  code = tlspin_put(pages->context, pages->records, pages->used, pages->change.operation,
                    pages->flags, &change, warn, pages);
  if (code == TLSPIN_E_ARGUMENT)
    tell(pages, REMARK_REFUSED, tlspin_last_message());
  if (code != TLSPIN_OK)
    return code == TLSPIN_E_ARGUMENT ? STATUS_USAGE : complain_of(code);
  if (change.operation != 0)
    pages->change.operation = change.operation;
  pages->change.count += change.count;
  return STATUS_FINE;
}

static void flush(struct pages *pages)
{
  if (pages->used > 0 && pages->status == STATUS_FINE)
    pages->status = put_page(pages);
  pages->stored += (unsigned)pages->used;
  pages->used = 0;
  progress_count(pages->progress, pages->stored);
}

bool pages_put(struct pages *pages, const struct keypin *pin, size_t line)
{
  struct slot *slot = &pages->slots[pages->used];

  if (pages->status != STATUS_FINE)
    return false;
  slot->line = line;
  slot->pin = *pin;
  g_strlcpy(slot->note, pin->note, sizeof slot->note);
  slot->pin.note = slot->note;
  slot->pin.seen = (struct span){NULL, 0};
  if (++pages->used == PAGE)
    flush(pages);
  return pages->status == STATUS_FINE;
}

/* After an error of the store's, what was to be written last may have been. */
static void take_back(const struct pages *pages)
{
  struct tlspin_change change;
  uint64_t operation = pages->change.operation;

  if (operation == 0 && pages->status == STATUS_STORE)
    complain(STATUS_FINE, _("Whether anything was changed is not known; 'tlspin list' shows it."));
  else if (operation == 0)
    complain(STATUS_FINE, _("Nothing was changed."));
  else if (tlspin_undo(pages->context, operation, &change) == TLSPIN_OK)
    complain(STATUS_FINE, _("What had been stored by then was taken back: nothing is changed."));
  else
    complain(STATUS_FINE,
             _("%s What had been stored by then could not be taken back. Once the pin store can be "
               "written again: tlspin undo %" PRIu64),
             tlspin_last_message(), operation);
}

int pages_end(struct pages *pages, struct tlspin_change *change)
{
  int status;

  flush(pages);
  progress_stop(pages->progress);
  if (pages->status != STATUS_FINE)
    take_back(pages);
  release_signals(pages);
  *change = pages->change;
  status = pages->status;
  g_free(pages->slots);
  g_free(pages->records);
  g_free(pages);
  return status;
}
