/* RFC 8672 over every cipher suite, group and kind of key: first a pin, then its proof.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/stage.h"

#include <stdio.h>

static const char *const suites[] = {"AES-128-GCM", "AES-256-GCM"}; /* SHA-256, SHA-384 */
static const char *const groups[] = {"GROUP-X25519", "GROUP-SECP256R1", "GROUP-SECP384R1"};

static void meet_twice(struct stage *stage, const char *suite, const char *group,
                       enum pki_algorithm key)
{
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  char priority[160];

  snprintf(priority, sizeof priority,
           "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+%s:-GROUP-ALL:+%s", suite, group);
  client.priority = server.priority = priority;
  server.credentials = stage->credentials[key];
  meet_first(&client, &server);
  meet_again(&client, &server);
  meet_again(&client, &server);
}

static void run_keys(void **state, enum pki_algorithm key)
{
  for (size_t s = 0; s < 2; s++)
    for (size_t g = 0; g < 3; g++) {
      stage_clear(state);
      meet_twice(*state, suites[s], groups[g], key);
    }
}

static void test_rsa(void **state)
{
  run_keys(state, PKI_RSA);
}

static void test_ecdsa(void **state)
{
  run_keys(state, PKI_ECDSA);
}

static void test_ed25519(void **state)
{
  run_keys(state, PKI_ED25519);
}

/* RFC 7250: nothing but the pin tells who the server is. */
static void test_raw_keys(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  char priority[200];

  client.unverified = true;
  client.init_flags = server.flags = GNUTLS_ENABLE_RAWPK;
  client.credentials = stage->nobody;
  server.credentials = stage->raw;
  client.priority = server.priority = priority;
  for (size_t s = 0; s < 2; s++)
    for (size_t g = 0; g < 3; g++) {
      snprintf(priority, sizeof priority,
               "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CTYPE-SRV-ALL:+CTYPE-SRV-RAWPK:"
               "-CIPHER-ALL:+%s:-GROUP-ALL:+%s",
               suites[s], groups[g]);
      stage_clear(state);
      meet_first(&client, &server);
      meet_again(&client, &server);
    }
}

/* The client's key share is for a group that the server does not take. */
static void test_hello_retry_request(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  static const char *const ciphers[] = {"+AES-128-GCM", "+AES-256-GCM"};
  char priority[160];

  client.init_flags = GNUTLS_KEY_SHARE_TOP;
  client.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP384R1";
  for (size_t i = 0; i < 2; i++) {
    snprintf(priority, sizeof priority,
             "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:%s:-GROUP-ALL:+GROUP-SECP384R1",
             ciphers[i]);
    server.priority = priority;
    stage_clear(state);
    meet_first(&client, &server);
    meet_again(&client, &server);
  }
}

/* A secret of 32 octets proves a connection with SHA-384, and the other way round. */
static void test_hash_changes(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  tlspin_entry_t *entry;

  server.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM";
  meet_first(&client, &server);
  server.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM";
  meet_again(&client, &server);
  entry = stage_entry(stage);
  assert_string_equal(tlspin_entry_hash(entry), "sha384");
  tlspin_entry_free(entry);
  server.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM";
  meet_again(&client, &server);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      STAGE_TEST(test_rsa),          STAGE_TEST(test_ecdsa),
      STAGE_TEST(test_ed25519),      STAGE_TEST(test_raw_keys),
      STAGE_TEST(test_hash_changes), STAGE_TEST(test_hello_retry_request),
  };

  return cmocka_run_group_tests(tests, stage_open, stage_close);
}
