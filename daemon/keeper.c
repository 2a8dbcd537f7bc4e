/* Keeps backups of the user's store: see keeper.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/keeper.h"

#include "daemon/job.h"

enum { TIDY = 3600 /* seconds */, WAITING_MAX = 16 };

struct keeper {
  char *store;
  uid_t owner;
  void (*moved)(void *data);
  void *data;
  struct job job;
  GQueue waiting; /* struct job: what is to be done for others, after that */
  GThread *thread;
  GSource *ended; /* NULL: nothing is under way */
  bool known, any;
  struct backup_sum newest;
  guint count;
  bool seen; /* what the store held when it was last looked at is: */
  struct backup_sum held;
  struct rotation_changes changes;
  bool barred;    /* none is made by itself as things are */
  bool failed;    /* the last that was tried could not be made */
  int64_t tidied; /* what had run when that was begun last; 0: not yet */
  char *said;     /* what went wrong the last time */
};

struct keeper *keeper_new(const char *store, uid_t owner, void (*moved)(void *data), void *data)
{
  struct keeper *keeper = g_new0(struct keeper, 1);

  keeper->store = g_strdup(store);
  keeper->owner = owner;
  keeper->moved = moved;
  keeper->data = data;
  g_queue_init(&keeper->waiting);
  return keeper;
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
  struct job *job;

  if (keeper == NULL)
    return;
  if (keeper->ended != NULL)
    join(keeper);
  job_give_up(&keeper->job);
  while ((job = g_queue_pop_head(&keeper->waiting)) != NULL) {
    job_give_up(job);
    g_free(job);
  }
  g_free(keeper->said);
  g_free(keeper->store);
  g_free(keeper);
}

static gpointer work_aside(gpointer data)
{
  struct keeper *keeper = data;

  job_do(&keeper->job, keeper->store, keeper->owner);
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

static void begin_next(struct keeper *keeper)
{
  g_autofree struct job *job = keeper->ended == NULL ? g_queue_pop_head(&keeper->waiting) : NULL;

  if (job != NULL)
    begin(keeper, job);
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

/* What could not be made is tried again as if it had been changed only now, and not in a hurry:
 * whatever else was done since. */
static void take_over(struct keeper *keeper, const struct job *job)
{
  bool makes = job->task == TASK_MAKE || job->task == TASK_BACKUP;
  bool failed = makes && job->made == NULL;

  if (job->task == TASK_LIST)
    return;
  if (makes)
    keeper->failed = failed;
  keeper->known = job->known;
  keeper->any = job->any;
  keeper->newest = job->newest;
  keeper->count = job->count;
  if (!job->known || !keeper->seen)
    return;
  if (is_kept(keeper))
    keeper->changes.any = false;
  else if (!keeper->changes.any || failed)
    keeper->changes = (struct rotation_changes){true, job->terms.ran, job->terms.ran};
}

static gboolean on_ended(gpointer data)
{
  struct keeper *keeper = data;
  struct job job = keeper->job;

  join(keeper);
  keeper->job = (struct job){.task = TASK_TIDY};
  take_over(keeper, &job);
  say(keeper, &job);
  job_tell(&job);
  job_clear(&job);
  begin_next(keeper);
  keeper->moved(keeper->data);
  return G_SOURCE_REMOVE;
}

/* What the store holds now, and since when. */
static bool observe(struct keeper *keeper, struct store *opened, int64_t ran)
{
  struct backup_sum held;

  if (opened == NULL || backup_sum(opened, &held) != TLSPIN_OK)
    return false;
  if (keeper->seen && !backup_sum_equal(&held, &keeper->held))
    rotation_note(&keeper->changes, ran);
  keeper->held = held;
  keeper->seen = true;
  if (keeper->known && is_kept(keeper))
    keeper->changes.any = false;
  else if (keeper->known && !keeper->changes.any)
    rotation_note(&keeper->changes, ran);
  return true;
}

/* Of those that may not go there are no more than a number. */
static bool is_barred(const struct keeper *keeper, const struct keeper_terms *terms)
{
  return terms->lost || (terms->suspect && keeper->count >= ROTATION_UNROTATED);
}

static bool is_due(const struct keeper *keeper, const struct keeper_terms *terms)
{
  const struct rotation_changes *changes = &keeper->changes;

  return rotation_due(changes, terms->ran) ||
         (changes->any && terms->settled > 0 && !keeper->failed &&
          terms->ran - changes->last >= terms->settled);
}

void keeper_tend(struct keeper *keeper, struct store *opened, const struct keeper_terms *terms)
{
  bool readable = observe(keeper, opened, terms->ran);

  keeper->barred = is_barred(keeper, terms);
  if (keeper->ended == NULL && readable && keeper->known && !keeper->barred &&
      is_due(keeper, terms)) {
    begin(keeper, &(struct job){.task = TASK_MAKE, .terms = *terms});
  } else if (keeper->ended == NULL && (!keeper->known || terms->ran < keeper->tidied ||
                                       terms->ran - keeper->tidied >= TIDY)) {
    keeper->tidied = terms->ran;
    begin(keeper, &(struct job){.task = TASK_TIDY, .terms = *terms});
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

static bool is_asked_for(const struct keeper *keeper, enum task task)
{
  for (const GList *link = keeper->waiting.head; link != NULL; link = link->next)
    if (((const struct job *)link->data)->task == task)
      return true;
  return keeper->ended != NULL && keeper->job.task == task;
}

/* Of reading any number may wait, as far as that goes. */
static enum tlspin_code add(struct keeper *keeper, const struct job *job)
{
  if (keeper->waiting.length >= WAITING_MAX ||
      (job->task != TASK_LIST && is_asked_for(keeper, job->task)))
    return TLSPIN_E_BUSY;
  g_queue_push_tail(&keeper->waiting, g_memdup2(job, sizeof *job));
  begin_next(keeper);
  keeper->moved(keeper->data);
  return TLSPIN_OK;
}

enum tlspin_code keeper_ask(struct keeper *keeper, const struct keeper_terms *terms,
                            keeper_told told, void *data)
{
  const struct job job = {.task = TASK_BACKUP, .terms = *terms, .tell.made = told, .data = data};

  return add(keeper, &job);
}

enum tlspin_code keeper_erase(struct keeper *keeper, const struct keeper_terms *terms,
                              struct erasure *erasure, bool found, keeper_erased told, void *data)
{
  const struct job job = {.task = TASK_ERASE,
                          .terms = *terms,
                          .erasure = erasure,
                          .found = found,
                          .tell.erased = told,
                          .data = data};

  return add(keeper, &job);
}

enum tlspin_code keeper_list(struct keeper *keeper, const struct keeper_terms *terms,
                             keeper_listed told, void *data)
{
  const struct job job = {.task = TASK_LIST, .terms = *terms, .tell.listed = told, .data = data};

  return add(keeper, &job);
}
