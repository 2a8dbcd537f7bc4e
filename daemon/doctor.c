/* What happened to the user's store: see doctor.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/doctor.h"

#include "common/text.h"
#include "daemon/aside.h"
#include "daemon/policy-private.h"
#include "daemon/problem.h"
#include "daemon/recovery.h"

#include <string.h>

/* Of a row that can't be understood, of a newer tlspin perhaps, no more is known than that it is
 * there. */
static bool see_damage(struct store *store, struct damage *damage)
{
  enum tlspin_code code = damage_get(store, damage);

  if (code == TLSPIN_UNAVAILABLE)
    *damage = (struct damage){.cause = DAMAGE_CONTENT, .missing = DAMAGE_UNKNOWN};
  return code != TLSPIN_E_NOT_FOUND;
}

static GPtrArray *list_asides(const char *path)
{
  g_autofree char *problem = NULL;
  GPtrArray *names = aside_list(path, &problem);

  if (names != NULL)
    return names;
  g_warning("%s", problem);
  return g_ptr_array_new();
}

void doctor_look(struct policy *policy, int64_t now, GPtrArray *read, struct doctor *doctor)
{
  const struct layer *user;

  layers_urge_user(policy->layers);
  user = layers_user(policy->layers, now);
  *doctor = (struct doctor){.path = user->path, .problem = user->problem};
  if (user->store != NULL)
    doctor->damaged = see_damage(user->store, &doctor->damage);
  doctor->asides = list_asides(user->path);
  doctor->asides_size = aside_size(user->path);
  if (read != NULL)
    doctor->backups = g_ptr_array_ref(read);
  else
    backups_list(user->path, layers_owner(policy->layers), now, false, &doctor->backups,
                 &doctor->backups_problem);
}

void doctor_clear(struct doctor *doctor)
{
  g_clear_pointer(&doctor->asides, g_ptr_array_unref);
  g_clear_pointer(&doctor->backups, g_ptr_array_unref);
  g_clear_pointer(&doctor->backups_problem, g_free);
}

static bool is_another(struct store *store, int64_t found)
{
  struct damage damage;

  return found != 0 && damage_get(store, &damage) == TLSPIN_OK && damage.found != found;
}

enum tlspin_code doctor_acknowledge(struct policy *policy, int64_t found, int64_t now,
                                    char **problem)
{
  struct store *store = policy_writable(policy, now, problem);

  if (store == NULL)
    return TLSPIN_UNAVAILABLE;
  if (is_another(store, found)) {
    problem_set(problem, _("Something else has happened to the pin store since then. Run 'tlspin "
                           "doctor' to see it."));
    return TLSPIN_E_BUSY;
  }
  return policy_fault(policy, damage_acknowledge(store), problem);
}

enum tlspin_code doctor_prepare(struct policy *policy, int64_t now, char **problem)
{
  policy_flush(policy, now);
  return policy_writable(policy, now, problem) != NULL ? TLSPIN_OK : TLSPIN_UNAVAILABLE;
}

static struct backup *find(const GPtrArray *backups, const char *name)
{
  for (guint i = 0; backups != NULL && i < backups->len; i++) {
    struct backup *backup = backups->pdata[i];
    g_autofree char *base = g_path_get_basename(backup->path);

    if (strcmp(base, name) == 0)
      return backup;
  }
  return NULL;
}

static enum tlspin_code say_unknown(const char *name, char **problem)
{
  problem_set(problem, _("There is no backup '%s'. 'tlspin restore' without a name lists them."),
              name);
  return TLSPIN_E_NOT_FOUND;
}

/* What the store holds now must not be lost by it; one that can't be read is set aside. */
static enum tlspin_code keep(struct policy *policy, int64_t now, struct backup **before,
                             char **problem)
{
  const struct layer *user = layers_user(policy->layers, now);
  const struct backup_terms terms = {.asked = true};

  *before = NULL;
  return user->store == NULL
             ? TLSPIN_OK
             : backups_make(user->path, layers_owner(policy->layers), now, &terms, before, problem);
}

/* What is recalled of the settings is older in a backup, or isn't there: it is written again. */
static enum tlspin_code put_in_place(struct policy *policy, const struct backup *backup,
                                     const struct backup *before, int64_t now, char **problem)
{
  g_autofree char *path = g_strdup(layers_at(policy->layers, 0)->path);
  enum tlspin_code code;

  layers_release_user(policy->layers);
  code = recovery_restore(path, layers_owner(policy->layers), backup,
                          before != NULL ? &before->sum : NULL, now, problem);
  policy_flush(policy, now);
  return code;
}

enum tlspin_code doctor_restore(struct policy *policy, const char *name, int64_t now,
                                struct backup **before, char **problem)
{
  const struct backup *backup;
  struct doctor doctor;
  enum tlspin_code code = TLSPIN_OK;

  *before = NULL;
  policy_flush(policy, now);
  doctor_look(policy, now, NULL, &doctor);
  backup = find(doctor.backups, name);
  if (backup == NULL)
    code = say_unknown(name, problem);
  if (code == TLSPIN_OK)
    code = keep(policy, now, before, problem);
  if (code == TLSPIN_OK)
    code = put_in_place(policy, backup, *before, now, problem);
  doctor_clear(&doctor);
  return code;
}
