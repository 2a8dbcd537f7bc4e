/* A change of a key file: see tlspin-server-edit.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin-server-edit.h"

#include "common/vault.h"
#include "libserver/keytext.h"
#include "tools/input.h"
#include "tools/tlspin-server.h"

#include <string.h>
#include <unistd.h>

bool edit_report(const struct trouble *trouble)
{
  g_autofree char *clean = output_clean(trouble->text);

  complain(STATUS_TROUBLE, "%s", clean);
  return false;
}

bool edit_open(struct edit *edit, const char *path)
{
  struct trouble trouble;
  size_t size;

  *edit = (struct edit){.path = path, .name = input_name(path), .lock = -1};
  if (!keyfile_lock(path, &edit->lock, &edit->text, &trouble))
    return edit_report(&trouble);
  if (!keytext_parse(keyfile_text_span(&edit->text), path, &edit->keys, &trouble))
    return edit_report(&trouble);
  size = edit->text.size + KEYTEXT_LINE_MAX;
  edit->changed = writer_of(vault_take(size), size);
  if (edit->changed.data == NULL)
    g_error("no memory");
  return true;
}

/* Read again before it is written: whatever went wrong here, the file on disk stays one that can be
 * read. */
bool edit_commit(struct edit *edit)
{
  struct span text = writer_span(&edit->changed);
  struct trouble trouble;
  struct keys keys;

  if (!keytext_parse(text, edit->path, &keys, &trouble))
    return edit_report(&trouble);
  keys_free(&keys);
  return keyfile_replace(edit->path, text, &trouble) || edit_report(&trouble);
}

void edit_close(struct edit *edit)
{
  vault_give(edit->changed.data);
  g_free(edit->name);
  keys_free(&edit->keys);
  keyfile_text_free(&edit->text);
  if (edit->lock >= 0)
    close(edit->lock);
  *edit = (struct edit){.lock = -1};
}
