/* Progress of long work: see progress.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/progress.h"

#include <stdio.h>
#include <unistd.h>

enum { FIRST = G_USEC_PER_SEC, AGAIN = G_USEC_PER_SEC / 5 };

struct progress {
  char *text;
  guint count; /* atomic */
  GThread *thread;
  GMutex lock;
  GCond over;
  gboolean is_over;
};

/* The cursor goes back to the start of the line, and what was there is erased (ECMA-48 EL). */
static void show(struct progress *progress)
{
  unsigned count = (unsigned)g_atomic_int_get(&progress->count);

  if (count > 0)
    fprintf(stderr, "\r%s %'u\033[K", progress->text, count);
  else
    fprintf(stderr, "\r%s\033[K", progress->text);
  fflush(stderr);
}

static gpointer run(gpointer data)
{
  struct progress *progress = data;
  gint64 next = g_get_monotonic_time() + FIRST;
  gboolean shown = FALSE;

  g_mutex_lock(&progress->lock);
  while (!progress->is_over)
    if (!g_cond_wait_until(&progress->over, &progress->lock, next) && !progress->is_over) {
      show(progress);
      shown = TRUE;
      next = g_get_monotonic_time() + AGAIN;
    }
  g_mutex_unlock(&progress->lock);
  if (shown)
    fputs("\r\033[K", stderr);
  return NULL;
}

struct progress *progress_start(const char *text)
{
  struct progress *progress = g_new0(struct progress, 1);

  progress->text = g_locale_from_utf8(text, -1, NULL, NULL, NULL);
  if (progress->text == NULL || !isatty(STDERR_FILENO))
    return progress;
  g_mutex_init(&progress->lock);
  g_cond_init(&progress->over);
  progress->thread = g_thread_new("progress", run, progress);
  return progress;
}

void progress_count(struct progress *progress, unsigned count)
{
  g_atomic_int_set(&progress->count, (gint)count);
}

void progress_stop(struct progress *progress)
{
  if (progress->thread != NULL) {
    g_mutex_lock(&progress->lock);
    progress->is_over = TRUE;
    g_cond_signal(&progress->over);
    g_mutex_unlock(&progress->lock);
    g_thread_join(progress->thread);
    g_mutex_clear(&progress->lock);
    g_cond_clear(&progress->over);
  }
  g_free(progress->text);
  g_free(progress);
}
