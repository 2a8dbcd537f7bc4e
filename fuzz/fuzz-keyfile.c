/* The text of a file of protection keys.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz/fuzz.h"

#include "libserver/keytext.h"

#include <string.h>

enum { NOW = 1796000000 };

static bool parse(struct span text, struct keys *keys)
{
  struct trouble trouble = {""};
  bool parsed = keytext_parse(text, "keys", keys, &trouble);

  require(parsed == (trouble.text[0] == '\0'));
  return parsed;
}

static bool same_key(const struct key *a, const struct key *b)
{
  return memcmp(a->id, b->id, sizeof a->id) == 0 && strcmp(a->name, b->name) == 0 &&
         a->created == b->created && a->activates == b->activates &&
         memcmp(a->secret, b->secret, sizeof a->secret) == 0;
}

static void require_sound(const struct keys *keys)
{
  char normal[HOST_MAX + 1], text[KEY_ID_TEXT_SIZE];
  uint8_t id[KEY_ID_SIZE];

  require(keys->count >= 1 && keys->count <= KEYS_MAX);
  for (size_t i = 0; i < keys->count; i++) {
    const struct key *key = &keys->list[i], *sealing = keys_sealing(keys, key->name, NOW);

    require(keys_find(keys, key->id) == key);
    require(key->activates >= key->created);
    require(strcmp(key->name, KEYS_ANY_NAME) == 0 ||
            (host_normalise(key->name, strlen(key->name), normal) == HOST_FINE &&
             strcmp(normal, key->name) == 0));
    require(sealing == NULL || key_is_for(sealing, key->name));
    require(sealing == NULL || sealing->activates <= NOW || !keys_any_active(keys, NOW));
    require(keys_removable_from(keys, key) >= key->activates);
    key_id_text(key, text);
    require(key_id_parse((struct span){(const uint8_t *)text, strlen(text)}, id) &&
            memcmp(id, key->id, sizeof id) == 0);
  }
}

/* Each change of the text changes this of the keys, and nothing else. */
static void try_changes(struct span text, const struct keys *keys)
{
  size_t size = text.size + 2 * KEYTEXT_LINE_MAX + 16;
  uint8_t *octets = malloc(size);
  struct writer w = writer_of(octets, size);
  struct key added = {.id = {0xfe, 0xdc}, .name = "*", .created = NOW, .activates = NOW};
  struct keys again;

  keytext_write_ramp_down(&w, text, keys->ramp_down_line, !keys->ramp_down);
  require(parse(writer_span(&w), &again));
  require(again.count == keys->count && again.ramp_down != keys->ramp_down);
  keys_free(&again);
  if (keys->count < KEYS_MAX && keys_find(keys, added.id) == NULL) {
    w = writer_of(octets, size);
    keytext_write_added(&w, text, &added);
    require(parse(writer_span(&w), &again) && again.count == keys->count + 1);
    require(same_key(&again.list[keys->count], &added));
    require(keys_count_lost(keys, &again, NOW) == 0);
    keys_free(&again);
  }
  if (keys->count > 1) {
    w = writer_of(octets, size);
    keytext_write_removed(&w, text, keys->list[0].line);
    require(parse(writer_span(&w), &again) && again.count == keys->count - 1);
    require(same_key(&again.list[0], &keys->list[1]));
    keys_free(&again);
  }
  free(octets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct span text = {data, size};
  struct keys keys;

  if (!parse(text, &keys))
    return 0;
  require_sound(&keys);
  try_changes(text, &keys);
  keys_free(&keys);
  return 0;
}
