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

/* What ends a program that doesn't look after it. */
static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
enum { SIGNALS = G_N_ELEMENTS(signals) };

struct slot {
  struct keypin pin;
  size_t line;
  bool backed;
  char note[KEYPIN_NOTE_MAX + 1];
  struct exchange_chain *chain; /* what was seen with it; else NULL */
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
  bool last; /* the last page was sent */
  struct tlspin_change change;
  int status;
  struct progress *progress;
  struct sigaction before[SIGNALS]; /* what was there for them */
};

static volatile sig_atomic_t broken_off;

static void break_off(int signal)
{
  (void)signal;
  broken_off = 1;
}

/* nohup(1) means what it says, and a shell has its programs in the background ignore SIGINT. */
static bool is_to_stay_ignored(int signal, const struct sigaction *before)
{
  return (signal == SIGHUP || signal == SIGQUIT || signal == SIGPIPE) &&
         before->sa_handler == SIG_IGN;
}

/* Until it is over, Ctrl-C, or the end of the terminal, ends a page and not the program, so that
 * all can be taken back, and that can be said. Of what can't be caught the daemon hears. */
static void catch_signals(struct pages *pages)
{
  struct sigaction action = {.sa_handler = break_off, .sa_flags = SA_RESTART};

  broken_off = 0;
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < SIGNALS; i++) {
    sigaction(signals[i], NULL, &pages->before[i]);
    if (!is_to_stay_ignored(signals[i], &pages->before[i]))
      sigaction(signals[i], &action, NULL);
  }
}

static void release_signals(const struct pages *pages)
{
  for (int i = 0; i < SIGNALS; i++)
    sigaction(signals[i], &pages->before[i], NULL);
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

static int put_page(struct pages *pages, unsigned more)
{
  struct tlspin_change change = {0};
  int code;

  if (broken_off)
    return complain(STATUS_USAGE, _("Broken off."));
  for (size_t i = 0; i < pages->used; i++) {
    pages->records[i] = exchange_of_pin(&pages->slots[i].pin, pages->slots[i].chain);
    pages->records[i].backed = pages->slots[i].backed;
  }
  pages->last = more == 0;
  code = tlspin_put(pages->context, pages->records, pages->used, pages->change.operation,
                    pages->flags | more, &change, warn, pages);
  if (code == TLSPIN_E_ARGUMENT)
    tell(pages, REMARK_REFUSED, tlspin_last_message());
  pages->change.unknown = change.unknown && (pages->flags & TLSPIN_DRY_RUN) == 0 && more == 0;
  if (code != TLSPIN_OK)
    return code == TLSPIN_E_ARGUMENT ? STATUS_USAGE : complain_of(code);
  if (more == 0 && (pages->flags & TLSPIN_DRY_RUN) == 0) {
    pages->change = change; /* of all pages */
    return STATUS_FINE;
  }
  pages->change.operation = change.operation;
  pages->change.count += change.count;
  return STATUS_FINE;
}

/* more: TLSPIN_MORE, or 0 with the last page, which finishes the operation. */
static void flush(struct pages *pages, unsigned more)
{
  if (pages->used > 0 && pages->status == STATUS_FINE)
    pages->status = put_page(pages, more);
  for (size_t i = 0; i < pages->used; i++)
    g_free(pages->slots[i].chain);
  pages->stored += (unsigned)pages->used;
  pages->used = 0;
  progress_count(pages->progress, pages->stored);
}

bool pages_put(struct pages *pages, const struct keypin *pin, size_t line, bool backed)
{
  struct slot *slot;

  if (pages->used == PAGE)
    flush(pages, TLSPIN_MORE);
  if (pages->status != STATUS_FINE)
    return false;
  slot = &pages->slots[pages->used++];
  slot->line = line;
  slot->backed = backed;
  slot->pin = *pin;
  g_strlcpy(slot->note, pin->note, sizeof slot->note);
  slot->pin.note = slot->note;
  slot->chain = exchange_chain_new(pin->seen);
  return true;
}

/* Nothing is in force before the last page is taken; and then it is no draft any more, which could
 * be taken back. A daemon that was started anew has taken back what its predecessor had begun. */
static void take_back(const struct pages *pages)
{
  struct tlspin_change change;
  uint64_t operation = pages->change.operation;
  int code = operation != 0 ? tlspin_undo(pages->context, operation, &change) : TLSPIN_OK;

  if (operation == 0 ? pages->change.unknown : pages->last && code != TLSPIN_OK)
    complain(STATUS_FINE, _("Whether anything was changed is not known; 'tlspin list' shows it."));
  else if (operation != 0 && (code == TLSPIN_OK || code == TLSPIN_E_NOTHING_TO_UNDO))
    complain(STATUS_FINE, _("What had been stored by then was taken back: nothing is changed."));
  else
    complain(STATUS_FINE, _("Nothing was changed."));
}

int pages_end(struct pages *pages, struct tlspin_change *change)
{
  int status;

  flush(pages, 0);
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
