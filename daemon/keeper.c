/* Keeps backups of the user's store: see keeper.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/keeper.h"

#include "common/text.h"

enum { TIDY = 3600 /* seconds */ };

/* What is done in the thread: the thread's until that has ended. */
struct job {
  struct keeper_terms terms;
  bool make, asked;
  struct erasure *erasure; /* NULL: nothing is to be erased */
  bool found;
  struct traces traces;
  enum tlspin_code code; /* of what was to be made, or of tidying up */
  char *problem;
  struct backup *made;
  bool known;               /* what follows is */
  bool any;                 /* there is one that is whole, */
  struct backup_sum newest; /* and this is what it holds */
  guint count;
};

struct keeper {
  char *store;
  uid_t owner;
  void (*moved)(void *data);
  void *data;
  struct job job;
  GThread *thread;
  GSource *ended; /* NULL: nothing is under way */
  bool known, any;
  struct backup_sum newest;
  guint count;
  bool seen; /* what the store held when it was last looked at is: */
  struct backup_sum held;
  struct rotation_changes changes;
  bool barred;    /* none is made by itself as things are */
  int64_t tidied; /* when that was begun last; 0: not yet */
  char *said;     /* what went wrong the last time */
  struct keeper_terms asked;
  keeper_told told; /* NULL: nobody asked */
  void *told_data;
  struct {
    struct keeper_terms terms;
    struct erasure *erasure;
    bool found;
    keeper_erased told; /* NULL: nobody asked */
    void *data;
  } erase;
};

struct keeper *keeper_new(const char *store, uid_t owner, void (*moved)(void *data), void *data)
{
  struct keeper *keeper = g_new0(struct keeper, 1);

  keeper->store = g_strdup(store);
  keeper->owner = owner;
  keeper->moved = moved;
  keeper->data = data;
  return keeper;
}

static void clear_job(struct job *job)
{
  g_free(job->problem);
  backup_free(job->made);
  *job = (struct job){.make = false};
}

static void join(struct keeper *keeper)
{
  if (keeper->thread != NULL)
    g_thread_join(g_steal_pointer(&keeper->thread));
  g_source_destroy(keeper->ended);
  g_clear_pointer(&keeper->ended, g_source_unref);
}

void keeper_free(struct keeper *keeper)
{
  static const struct traces nothing;

  if (keeper == NULL)
    return;
  if (keeper->ended != NULL)
    join(keeper);
  if (keeper->erase.told != NULL)
    keeper->erase.told(TLSPIN_UNAVAILABLE, &nothing,
                       _("The daemon leaves before it is done. Do it again."), keeper->erase.data);
  clear_job(&keeper->job);
  g_free(keeper->said);
  g_free(keeper->store);
  g_free(keeper);
}

/* Keeps the first of what goes wrong. */
static void note_fault(struct job *job, enum tlspin_code code, char *problem)
{
  if (code == TLSPIN_OK || job->code != TLSPIN_OK) {
    g_free(problem);
    return;
  }
  job->code = code;
  job->problem = problem;
}

static void make(const struct keeper *keeper, struct job *job)
{
  struct backup_terms terms = {.asked = job->asked};
  char *problem;
  enum tlspin_code code =
      backups_make(keeper->store, keeper->owner, job->terms.now, &terms, &job->made, &problem);

  note_fault(job, code, problem);
}

static void tidy(const struct keeper *keeper, struct job *job)
{
  const struct keeper_terms *terms = &job->terms;
  struct rotation_rules rules = {
      .now = terms->now, .period = terms->period, .keep = terms->suspect || terms->lost};
  char *problem;
  enum tlspin_code code = backups_rotate(keeper->store, keeper->owner, &rules, &problem);

  note_fault(job, code, problem);
  if (job->make || terms->suspect)
    return;
  code = backups_forget(keeper->store, keeper->owner, terms->now - terms->period, &problem);
  note_fault(job, code, problem);
}

static void look(const struct keeper *keeper, struct job *job)
{
  GPtrArray *passed = NULL, *list = NULL;
  struct store *opened;
  char *problem;
  enum tlspin_code code =
      backups_open_newest(keeper->store, keeper->owner, job->terms.now, &opened, &passed, &problem);

  job->known = code == TLSPIN_OK || code == TLSPIN_E_NOT_FOUND;
  job->any = code == TLSPIN_OK && backup_sum(opened, &job->newest) == TLSPIN_OK;
  store_close(opened);
  g_clear_pointer(&passed, g_ptr_array_unref);
  note_fault(job, job->known ? TLSPIN_OK : code, problem);
  if (backups_list(keeper->store, keeper->owner, job->terms.now, false, &list, &problem) ==
      TLSPIN_OK)
    job->count = list->len;
  g_free(problem);
  g_clear_pointer(&list, g_ptr_array_unref);
}

static void erase(const struct keeper *keeper, struct job *job)
{
  char *problem;
  enum tlspin_code code =
      traces_erase(keeper->store, keeper->owner, job->erasure, job->found, &job->traces, &problem);

  note_fault(job, code, problem);
}

/* After a backup couldn't be made nothing goes. */
static void work(const struct keeper *keeper, struct job *job)
{
  if (job->erasure != NULL) {
    erase(keeper, job);
    look(keeper, job);
    return;
  }
  if (job->make)
    make(keeper, job);
  if (job->code == TLSPIN_OK)
    tidy(keeper, job);
  look(keeper, job);
}

static gpointer work_aside(gpointer data)
{
  struct keeper *keeper = data;

  work(keeper, &keeper->job);
  g_source_attach(keeper->ended, NULL);
  return NULL;
}

static gboolean on_ended(gpointer data);

/* A SQLite that knows no threads works here, and so does a system that has none to give. */
static void begin(struct keeper *keeper, const struct job *job)
{
  keeper->job = *job;
  keeper->ended = g_idle_source_new();
  g_source_set_callback(keeper->ended, on_ended, keeper, NULL);
  if (store_knows_threads())
    keeper->thread = g_thread_try_new("backup", work_aside, keeper, NULL);
  if (keeper->thread == NULL)
    work_aside(keeper);
}

static void begin_asked(struct keeper *keeper)
{
  begin(keeper, &(struct job){.terms = keeper->asked, .make = true, .asked = true});
}

static void begin_erasing(struct keeper *keeper)
{
  begin(keeper, &(struct job){.terms = keeper->erase.terms,
                              .erasure = keeper->erase.erasure,
                              .found = keeper->erase.found});
}

/* Not again and again the same. That an import is under way, or that there was nothing
 * to be erased, is nothing to be told. */
static void say(struct keeper *keeper, const struct job *job)
{
  if (job->code == TLSPIN_E_BUSY || job->code == TLSPIN_E_NOT_FOUND)
    return;
  if (job->problem != NULL && g_strcmp0(job->problem, keeper->said) != 0)
    g_warning("%s", job->problem);
  g_free(keeper->said);
  keeper->said = g_strdup(job->problem);
}

static bool is_kept(const struct keeper *keeper)
{
  return keeper->any ? backup_sum_equal(&keeper->held, &keeper->newest) : keeper->held.rows == 0;
}

/* What could not be made is tried again as if it had been changed only now. */
static void take_over(struct keeper *keeper, const struct job *job)
{
  bool failed = job->make && job->made == NULL;

  keeper->known = job->known;
  keeper->any = job->any;
  keeper->newest = job->newest;
  keeper->count = job->count;
  if (!job->known || !keeper->seen)
    return;
  if (is_kept(keeper))
    keeper->changes.any = false;
  else if (!keeper->changes.any || failed)
    keeper->changes = (struct rotation_changes){true, job->terms.now, job->terms.now};
}

static void tell(struct keeper *keeper, const struct job *job)
{
  keeper_erased erased = keeper->erase.told;
  keeper_told told = keeper->told;

  if (job->erasure != NULL) {
    keeper->erase.told = NULL;
    erased(job->code, &job->traces, job->problem, keeper->erase.data);
  }
  if (!job->asked)
    return;
  keeper->told = NULL;
  told(job->made != NULL ? TLSPIN_OK : job->code, job->made, job->problem, keeper->told_data);
}

static gboolean on_ended(gpointer data)
{
  struct keeper *keeper = data;
  struct job job = keeper->job;

  join(keeper);
  keeper->job = (struct job){.make = false};
  take_over(keeper, &job);
  say(keeper, &job);
  tell(keeper, &job);
  clear_job(&job);
  if (keeper->told != NULL && keeper->ended == NULL)
    begin_asked(keeper);
  if (keeper->erase.told != NULL && keeper->ended == NULL)
    begin_erasing(keeper);
  keeper->moved(keeper->data);
  return G_SOURCE_REMOVE;
}

/* What the store holds now, and since when. */
static bool observe(struct keeper *keeper, struct store *opened, int64_t now)
{
  struct backup_sum held;

  if (opened == NULL || backup_sum(opened, &held) != TLSPIN_OK)
    return false;
  if (keeper->seen && !backup_sum_equal(&held, &keeper->held))
    rotation_note(&keeper->changes, now);
  keeper->held = held;
  keeper->seen = true;
  if (keeper->known && is_kept(keeper))
    keeper->changes.any = false;
  else if (keeper->known && !keeper->changes.any)
    rotation_note(&keeper->changes, now);
  return true;
}

/* Of those that may not go there are no more than a number. */
static bool is_barred(const struct keeper *keeper, const struct keeper_terms *terms)
{
  return terms->lost || (terms->suspect && keeper->count >= ROTATION_UNROTATED);
}

void keeper_tend(struct keeper *keeper, struct store *opened, const struct keeper_terms *terms)
{
  bool readable = observe(keeper, opened, terms->now);

  keeper->barred = is_barred(keeper, terms);
  if (keeper->ended == NULL && readable && keeper->known && !keeper->barred &&
      rotation_due(&keeper->changes, terms->now)) {
    begin(keeper, &(struct job){.terms = *terms, .make = true});
  } else if (keeper->ended == NULL && (!keeper->known || terms->now < keeper->tidied ||
                                       terms->now - keeper->tidied >= TIDY)) {
    keeper->tidied = terms->now;
    begin(keeper, &(struct job){.terms = *terms});
  }
  keeper->moved(keeper->data);
}

bool keeper_is_busy(const struct keeper *keeper)
{
  return keeper->ended != NULL;
}

bool keeper_is_needed(const struct keeper *keeper)
{
  return keeper_is_busy(keeper) || (keeper->changes.any && !keeper->barred);
}

enum tlspin_code keeper_ask(struct keeper *keeper, const struct keeper_terms *terms,
                            keeper_told told, void *data)
{
  if (keeper->told != NULL)
    return TLSPIN_E_BUSY;
  keeper->told = told;
  keeper->told_data = data;
  keeper->asked = *terms;
  if (keeper->ended == NULL)
    begin_asked(keeper);
  keeper->moved(keeper->data);
  return TLSPIN_OK;
}

enum tlspin_code keeper_erase(struct keeper *keeper, const struct keeper_terms *terms,
                              struct erasure *erasure, bool found, keeper_erased told, void *data)
{
  if (keeper->erase.told != NULL)
    return TLSPIN_E_BUSY;
  keeper->erase.terms = *terms;
  keeper->erase.erasure = erasure;
  keeper->erase.found = found;
  keeper->erase.told = told;
  keeper->erase.data = data;
  if (keeper->ended == NULL)
    begin_erasing(keeper);
  keeper->moved(keeper->data);
  return TLSPIN_OK;
}
