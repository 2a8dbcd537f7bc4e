/* The trust anchors that the vendor of the system ships: see anchors.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/anchors.h"

#include "daemon/digest.h"
#include "daemon/folder.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>

enum { DIGEST = 32, DEPTH_MAX = 8, FILE_MAX = 1 << 20 };

struct digest {
  uint8_t octets[DIGEST];
};

struct anchors {
  char *dir;
  GPtrArray *folders; /* that were read, dir first; none: nothing was read yet */
  GString *times;     /* theirs, before they were read */
  bool young;         /* one was changed just then, and perhaps again within the same tick */
  GArray *digests;    /* struct digest, sorted; none where something could not be read */
};

struct anchors *anchors_new(const char *dir)
{
  struct anchors *anchors = g_new0(struct anchors, 1);

  anchors->dir = g_strdup(dir);
  anchors->folders = g_ptr_array_new_with_free_func(g_free);
  anchors->times = g_string_new(NULL);
  anchors->digests = g_array_new(FALSE, FALSE, sizeof(struct digest));
  return anchors;
}

void anchors_free(struct anchors *anchors)
{
  if (anchors == NULL)
    return;
  g_ptr_array_unref(anchors->folders);
  g_string_free(anchors->times, TRUE);
  g_array_unref(anchors->digests);
  g_free(anchors->dir);
  g_free(anchors);
}

static bool take_digest(struct span der, struct digest *digest)
{
  uint8_t octets[CHAIN_DIGEST_MAX];

  if (!digest_glib(MATCHING_SHA256, der, octets))
    return false;
  memcpy(digest->octets, octets, DIGEST);
  return true;
}

/* RFC 7468: the text between the lines, in Base64. */
static bool add_certificate(GArray *digests, const char *text, size_t size)
{
  g_autofree char *base64 = g_strndup(text, size);
  struct digest digest;
  gsize length = 0;

  if (size >= 4) /* GLib wants something to decode */
    g_base64_decode_inplace(base64, &length);
  if (length == 0 || !take_digest((struct span){(const uint8_t *)base64, length}, &digest))
    return false;
  g_array_append_val(digests, digest);
  return true;
}

/* False for a file without a certificate, too: one that lost its contents. */
static bool read_text(const char *text, GArray *digests)
{
  static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
  guint before = digests->len;

  for (text = strstr(text, begin); text != NULL; text = strstr(text, begin)) {
    const char *last = strstr(text, end);

    text += strlen(begin);
    if (last == NULL || !add_certificate(digests, text, (size_t)(last - text)))
      return false;
    text = last;
  }
  return digests->len > before;
}

static bool read_file(const char *path, GArray *digests)
{
  g_autofree char *text = NULL;
  struct stat status;

  return stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= FILE_MAX &&
         g_file_get_contents(path, &text, NULL, NULL) && read_text(text, digests);
}

static bool read_folder(struct anchors *anchors, const char *path, int depth);

/* A folder, a certificate, or something else that is none of ours. */
static bool read_item(struct anchors *anchors, const char *path, int depth)
{
  struct stat status;

  if (lstat(path, &status) != 0)
    return false;
  if (S_ISDIR(status.st_mode))
    return read_folder(anchors, path, depth + 1);
  return !g_str_has_suffix(path, ".crt") || read_file(path, anchors->digests);
}

static bool read_folder(struct anchors *anchors, const char *path, int depth)
{
  g_autoptr(GDir) folder = NULL;
  const char *name;
  bool fine;

  g_ptr_array_add(anchors->folders, g_strdup(path));
  anchors->young |= !folder_note(path, anchors->times);
  folder = depth <= DEPTH_MAX ? g_dir_open(path, 0, NULL) : NULL;
  fine = folder != NULL;
  for (errno = 0; fine && (name = g_dir_read_name(folder)) != NULL; errno = 0) {
    g_autofree char *item = g_build_filename(path, name, NULL);

    fine = read_item(anchors, item, depth);
  }
  return fine && errno == 0; /* GLib tells an error from the end by nothing else */
}

static int compare(const void *a, const void *b)
{
  return memcmp(a, b, sizeof(struct digest));
}

/* Not every system has such a folder; one that has is to be readable. */
static void complain(const char *dir)
{
  if (g_file_test(dir, G_FILE_TEST_EXISTS))
    g_warning("The vendor's certificates in %s can't all be read; no authority counts as added.",
              dir);
  else
    g_info("There is no folder %s; no authority counts as added.", dir);
}

static void read_all(struct anchors *anchors)
{
  g_ptr_array_set_size(anchors->folders, 0);
  g_string_truncate(anchors->times, 0);
  g_array_set_size(anchors->digests, 0);
  anchors->young = false;
  if (!read_folder(anchors, anchors->dir, 0)) {
    complain(anchors->dir);
    g_array_set_size(anchors->digests, 0);
  }
  g_array_sort(anchors->digests, compare);
}

static bool is_current(const struct anchors *anchors)
{
  GString *times = g_string_new(NULL);
  bool same;

  for (guint i = 0; i < anchors->folders->len; i++)
    folder_note(anchors->folders->pdata[i], times);
  same = !anchors->young && times->len > 0 && g_string_equal(times, anchors->times);
  g_string_free(times, TRUE);
  return same;
}

static bool is_added(struct anchors *anchors, const struct digest *digest)
{
  guint found;

  if (anchors->dir == NULL)
    return false;
  if (!is_current(anchors))
    read_all(anchors);
  return anchors->digests->len > 0 &&
         !g_array_binary_search(anchors->digests, digest, compare, &found);
}

bool anchors_added(struct anchors *anchors, struct span certificate)
{
  struct digest digest;

  return take_digest(certificate, &digest) && is_added(anchors, &digest);
}

bool anchors_added_digest(struct anchors *anchors, struct span digest)
{
  struct digest copy;

  if (digest.size != DIGEST)
    return false;
  memcpy(copy.octets, digest.data, DIGEST);
  return is_added(anchors, &copy);
}
