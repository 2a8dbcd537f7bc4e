/* One thing that the keeper does: see job.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/job.h"

#include "common/text.h"

void job_clear(struct job *job)
{
  g_free(job->problem);
  backup_free(job->made);
  traces_end(&job->traces);
  g_clear_pointer(&job->list, g_ptr_array_unref);
  *job = (struct job){.task = TASK_TIDY};
}

void job_tell(const struct job *job)
{
  switch (job->task) {
  case TASK_BACKUP:
    job->tell.made(job->made != NULL ? TLSPIN_OK : job->code, job->made, job->problem, job->data);
    break;
  case TASK_ERASE:
    job->tell.erased(job->code, &job->traces, job->problem, job->data);
    break;
  case TASK_LIST:
    job->tell.listed(job->code, job->list, job->problem, job->data);
    break;
  default:
    break;
  }
}

void job_give_up(struct job *job)
{
  g_autofree char *problem = g_strdup(_("The daemon leaves before it is done. Do it again."));
  struct job untold = *job;

  untold.code = TLSPIN_UNAVAILABLE;
  untold.problem = problem;
  untold.made = NULL;
  untold.list = NULL;
  untold.traces = (struct traces){.backups = 0};
  job_tell(&untold);
  job_clear(job);
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

static void make(struct job *job, const char *store, uid_t owner)
{
  struct backup_terms terms = {.asked = job->task == TASK_BACKUP};
  char *problem;
  enum tlspin_code code = backups_make(store, owner, job->terms.now, &terms, &job->made, &problem);

  note_fault(job, code, problem);
}

static void tidy(struct job *job, const char *store, uid_t owner)
{
  const struct keeper_terms *terms = &job->terms;
  struct rotation_rules rules = {
      .now = terms->now, .period = terms->period, .keep = terms->suspect || terms->lost};
  char *problem;
  enum tlspin_code code = backups_rotate(store, owner, &rules, &problem);

  note_fault(job, code, problem);
  if (job->task != TASK_TIDY || terms->suspect)
    return;
  code = backups_forget(store, owner, terms->now - terms->period, &problem);
  note_fault(job, code, problem);
}

static void look(struct job *job, const char *store, uid_t owner)
{
  GPtrArray *passed = NULL, *list = NULL;
  struct store *opened;
  char *problem;
  enum tlspin_code code =
      backups_open_newest(store, owner, job->terms.now, &opened, &passed, &problem);

  job->known = code == TLSPIN_OK || code == TLSPIN_E_NOT_FOUND;
  job->any = code == TLSPIN_OK && backup_sum(opened, &job->newest) == TLSPIN_OK;
  store_close(opened);
  g_clear_pointer(&passed, g_ptr_array_unref);
  note_fault(job, job->known ? TLSPIN_OK : code, problem);
  if (backups_list(store, owner, job->terms.now, false, &list, &problem) == TLSPIN_OK)
    job->count = list->len;
  g_free(problem);
  g_clear_pointer(&list, g_ptr_array_unref);
}

static void erase(struct job *job, const char *store, uid_t owner)
{
  char *problem;
  enum tlspin_code code =
      traces_erase(store, owner, job->erasure, job->found, &job->traces, &problem);

  note_fault(job, code, problem);
}

static void list(struct job *job, const char *store, uid_t owner)
{
  char *problem;
  enum tlspin_code code = backups_list(store, owner, job->terms.now, true, &job->list, &problem);

  note_fault(job, code, problem);
}

/* After a backup couldn't be made nothing goes. */
void job_do(struct job *job, const char *store, uid_t owner)
{
  if (job->task == TASK_LIST) {
    list(job, store, owner);
    return;
  }
  if (job->task == TASK_ERASE)
    erase(job, store, owner);
  if (job->task == TASK_MAKE || job->task == TASK_BACKUP)
    make(job, store, owner);
  if (job->task != TASK_ERASE && job->code == TLSPIN_OK)
    tidy(job, store, owner);
  look(job, store, owner);
}
