# Every unit test is tests/unit-NAME.c for one source file NAME.c, with CMocka.
# A paragraph a layer: the programs, and the convenience library that they link.
AM_TESTS_ENVIRONMENT = \
	TOP_SRCDIR='$(abs_top_srcdir)'; TOP_BUILDDIR='$(abs_top_builddir)'; \
	DBUS_DAEMON='$(DBUS_DAEMON)'; VALGRIND='$(VALGRIND)'; TESTS_BRIEF='$(TESTS_BRIEF)'; \
	TESTS_FULL='$(TESTS_FULL)'; TESTS_TABLE='$(TESTS_TABLE)'; \
	export TOP_SRCDIR TOP_BUILDDIR DBUS_DAEMON VALGRIND TESTS_BRIEF TESTS_FULL TESTS_TABLE;

# What takes longest begins first, so that nothing is left to wait for at the end.
long_bus_tests = tests/import.bus tests/scale.bus tests/progress.bus tests/flood.bus
TESTS += $(long_bus_tests) tests/tlspin-advice.test tests/tlspin-keys.test tests/tlspin-server.test \
	tests/formats-hostile tests/store-faults tests/backup-faults tests/import-faults \
	tests/power-loss tests/long-run

TEST_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_DATA='"$(abs_top_srcdir)/tests/data"'

unit_common = tests/unit-bytes tests/unit-certificate tests/unit-copy tests/unit-der tests/unit-error \
	tests/unit-host tests/unit-host-split tests/unit-spelling tests/unit-spki tests/unit-spki-text tests/unit-text \
	tests/unit-utf8
check_PROGRAMS += $(unit_common)
TESTS += $(unit_common)
tests_unit_bytes_LDADD = libcommon.la $(CMOCKA_LIBS)
tests_unit_certificate_SOURCES = tests/unit-certificate.c tests/hex.c tests/hex.h tests/pki.c tests/pki.h
tests_unit_certificate_LDADD = libcommon.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_copy_LDADD = libcommon.la $(CMOCKA_LIBS)
tests_unit_der_SOURCES = tests/unit-der.c tests/hex.c tests/hex.h
tests_unit_der_LDADD = libcommon.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_error_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_error_LDADD = libcommon.la $(CMOCKA_LIBS)
tests_unit_host_SOURCES = tests/unit-host.c tests/locales.c tests/locales.h
tests_unit_host_LDADD = libcommon.la $(CMOCKA_LIBS)
tests_unit_host_split_LDADD = libcommon.la $(CMOCKA_LIBS)
tests_unit_spelling_LDADD = libcommon.la $(CMOCKA_LIBS)
tests_unit_spki_SOURCES = tests/unit-spki.c tests/hex.c tests/hex.h tests/pki.c tests/pki.h
tests_unit_spki_LDADD = libcommon.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_spki_text_SOURCES = tests/unit-spki-text.c tests/hex.c tests/hex.h
tests_unit_spki_text_LDADD = libcommon.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_utf8_LDADD = libcommon.la $(CMOCKA_LIBS)
tests_unit_text_SOURCES = tests/unit-text.c tests/again.c tests/again.h tests/locales.c tests/locales.h
tests_unit_text_LDADD = libcommon.la $(CMOCKA_LIBS)

unit_pinning = tests/unit-proof tests/unit-refusal tests/unit-ticket
check_PROGRAMS += $(unit_pinning)
TESTS += $(unit_pinning)
tests_unit_refusal_LDADD = libpinning.la $(CMOCKA_LIBS)
tests_unit_proof_SOURCES = tests/unit-proof.c tests/hex.c tests/hex.h
tests_unit_proof_LDADD = libpinning.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_ticket_SOURCES = tests/unit-ticket.c tests/hex.c tests/hex.h
tests_unit_ticket_LDADD = libpinning.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)

# Key pins. path: a path of certificates, with the digests of each.
unit_keypin = tests/unit-chain tests/unit-chain-seen tests/unit-change tests/unit-digest \
	tests/unit-effect tests/unit-keypin tests/unit-keypin-match tests/unit-keypin-text tests/unit-keypin-token \
	tests/unit-place tests/unit-ranks \
	tests/unit-verdict tests/unit-verdict-all tests/unit-verdict-alone tests/unit-verdict-attacks tests/unit-verdict-explain \
	tests/unit-verdict-learned tests/unit-verdict-modes tests/unit-verdict-pins tests/unit-verdict-pki \
	tests/unit-verdict-programs tests/unit-verdict-text
check_PROGRAMS += $(unit_keypin)
TESTS += $(unit_keypin)
path = tests/path.c tests/path.h tests/pki.c tests/pki.h
tests_unit_chain_SOURCES = tests/unit-chain.c $(path)
tests_unit_chain_LDADD = libpinning.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_chain_seen_LDADD = libpinning.la $(CMOCKA_LIBS)
tests_unit_effect_LDADD = libpinning.la $(CMOCKA_LIBS)
tests_unit_change_SOURCES = tests/unit-change.c $(path)
tests_unit_change_LDADD = libpinning.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_digest_SOURCES = tests/unit-digest.c tests/hex.c tests/hex.h
tests_unit_digest_LDADD = libpinning.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_keypin_LDADD = libpinning.la $(CMOCKA_LIBS)
tests_unit_keypin_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap,malloc
tests_unit_keypin_match_SOURCES = tests/unit-keypin-match.c $(path)
tests_unit_keypin_match_LDADD = libpinning.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_keypin_text_SOURCES = tests/unit-keypin-text.c tests/hex.c tests/hex.h $(path)
tests_unit_keypin_text_LDADD = libpinning.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_keypin_text_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap,malloc
tests_unit_keypin_token_LDADD = libpinning.la $(CMOCKA_LIBS)
tests_unit_place_LDADD = libpinning.la $(CMOCKA_LIBS)
# The verdict. court: cases of it; trial: what is expected; oracle: another verdict.
court = tests/court.c tests/court.h $(path)
tests_unit_ranks_SOURCES = tests/unit-ranks.c $(court)
tests_unit_ranks_LDADD = libpinning.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
trial = tests/trial.c tests/trial.h $(court)
tests_unit_verdict_SOURCES = tests/unit-verdict.c $(trial)
tests_unit_verdict_LDADD = libpinning.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_verdict_alone_SOURCES = tests/unit-verdict-alone.c $(trial)
tests_unit_verdict_alone_LDADD = libpinning.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_verdict_attacks_SOURCES = tests/unit-verdict-attacks.c $(trial)
tests_unit_verdict_attacks_LDADD = libpinning.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_verdict_learned_SOURCES = tests/unit-verdict-learned.c $(trial)
tests_unit_verdict_learned_LDADD = libpinning.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_verdict_modes_SOURCES = tests/unit-verdict-modes.c $(trial)
tests_unit_verdict_modes_LDADD = libpinning.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_verdict_pins_SOURCES = tests/unit-verdict-pins.c $(trial)
tests_unit_verdict_pins_LDADD = libpinning.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_verdict_pki_SOURCES = tests/unit-verdict-pki.c $(trial)
tests_unit_verdict_pki_LDADD = libpinning.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_verdict_programs_SOURCES = tests/unit-verdict-programs.c $(trial)
tests_unit_verdict_programs_LDADD = libpinning.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_verdict_all_SOURCES = tests/unit-verdict-all.c tests/oracle.c tests/oracle.h $(court)
tests_unit_verdict_all_LDADD = libpinning.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_verdict_explain_SOURCES = tests/unit-verdict-explain.c $(court)
tests_unit_verdict_explain_LDADD = libpinning.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_verdict_text_LDADD = libpinning.la $(CMOCKA_LIBS)

unit_hpkp = tests/unit-base64 tests/unit-directives tests/unit-hpkp tests/unit-hpkp-hostile \
	tests/unit-hpkp-judge
check_PROGRAMS += $(unit_hpkp)
TESTS += $(unit_hpkp)
tests_unit_base64_LDADD = libpinning.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_directives_LDADD = libpinning.la $(CMOCKA_LIBS)
tests_unit_hpkp_SOURCES = tests/unit-hpkp.c tests/field.c tests/field.h
tests_unit_hpkp_LDADD = libpinning.la $(CMOCKA_LIBS)
tests_unit_hpkp_hostile_SOURCES = tests/unit-hpkp-hostile.c tests/field.c tests/field.h
tests_unit_hpkp_hostile_LDADD = libpinning.la $(CMOCKA_LIBS)
tests_unit_hpkp_judge_SOURCES = tests/unit-hpkp-judge.c tests/field.c tests/field.h \
	tests/pki.c tests/pki.h
tests_unit_hpkp_judge_LDADD = libpinning.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)

unit_handshake = tests/unit-hello tests/unit-probe tests/unit-secret tests/unit-session \
	tests/unit-session-program tests/unit-session-refuse tests/unit-transcript
check_PROGRAMS += $(unit_handshake)
TESTS += $(unit_handshake)
tests_unit_hello_LDADD = libhandshake.la $(CMOCKA_LIBS)
tests_unit_probe_SOURCES = tests/unit-probe.c tests/again.c tests/again.h
tests_unit_probe_LDADD = libhandshake.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_secret_SOURCES = tests/unit-secret.c tests/pki.c tests/pki.h tests/wire.c tests/wire.h
tests_unit_secret_LDADD = libhandshake.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
scene = tests/pki.c tests/pki.h tests/scene.c tests/scene.h tests/wire.c tests/wire.h
tests_unit_session_SOURCES = tests/unit-session.c $(scene)
tests_unit_session_LDADD = libhandshake.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_session_program_SOURCES = tests/unit-session-program.c tests/again.c tests/again.h $(scene)
tests_unit_session_program_LDADD = libhandshake.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_session_refuse_SOURCES = tests/unit-session-refuse.c $(scene)
tests_unit_session_refuse_LDADD = libhandshake.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_transcript_LDADD = libhandshake.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)

# tests/vectors KIND FILE: test vectors in JSON files; a kind is a file tests/vectors-KIND.c.
check_PROGRAMS += tests/vectors
TESTS += tests/vectors.test
tests_vectors_SOURCES = tests/vectors.c tests/vectors.h tests/vectors-json.c \
	tests/vectors-hosts.c tests/vectors-hpkp.c tests/vectors-rfc8448.c tests/vectors-ticket.c \
	tests/vectors-tlsa.c
tests_vectors_CPPFLAGS = $(AM_CPPFLAGS) $(JSON_CFLAGS) $(GNUTLS_CFLAGS)
tests_vectors_LDADD = libhandshake.la $(JSON_LIBS) $(GNUTLS_LIBS)
EXTRA_DIST += tests/vectors.test tests/data/README tests/data/chromium_static_pins.json \
	tests/data/host_cases.json tests/data/host_octets.json tests/data/host_walks.json tests/data/hosts.txt.gz \
	tests/data/hpkp_header_cases.json tests/data/rfc8448_hrr.json \
	tests/data/rfc8448_vectors.json tests/data/rfc8672_kat.json tests/data/tlsa_rpk_vectors.json

# Scripts: *.test need nothing, *.bus start a session bus of their own (tests/private-bus.sh).
TEST_EXTENSIONS = .test .bus
TEST_LOG_COMPILER = $(SHELL)
BUS_LOG_COMPILER = $(SHELL)
EXTRA_DIST += tests/brief.h tests/descriptors.h tests/filerules.h tests/folder.h tests/guard.h tests/heard.h tests/misfire.h tests/nobody.h tests/nth.h tests/private-bus.sh tests/second-bus.sh
check_PROGRAMS += tests/call
tests_call_SOURCES = tests/call.c tests/values.c tests/values.h
tests_call_CPPFLAGS = $(AM_CPPFLAGS) $(DBUS_CFLAGS)
tests_call_LDADD = $(DBUS_LIBS)

# RFC 8672 over a real bus and real sockets.
matrix = tests/faults tests/matrix-hostile tests/matrix-limits tests/matrix-operation tests/matrix-suites tests/parallel
check_PROGRAMS += $(matrix)
TESTS += $(matrix)
check_LTLIBRARIES = tests/libmatrix.la
tests_libmatrix_la_SOURCES = tests/bus.c tests/bus.h tests/desk.c tests/desk.h tests/pki.c tests/pki.h \
	tests/stage.c tests/stage.h tests/stand.c tests/stand.h tests/twist.c tests/twist.h \
	tests/visit.c tests/visit.h
tests_libmatrix_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/common
tests_libmatrix_la_CFLAGS = $(AM_CFLAGS) $(DBUS_CFLAGS) $(GNUTLS_CFLAGS) $(CMOCKA_CFLAGS) -pthread
matrix_libs = tests/libmatrix.la libclient.la libserver.la $(CMOCKA_LIBS) $(DBUS_LIBS) $(GNUTLS_LIBS)
matrix_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/common
tests_faults_CPPFLAGS = $(matrix_cppflags)
tests_faults_LDADD = $(matrix_libs)
tests_matrix_hostile_CPPFLAGS = $(matrix_cppflags)
tests_matrix_hostile_LDADD = $(matrix_libs)
tests_matrix_limits_CPPFLAGS = $(matrix_cppflags)
tests_matrix_limits_LDADD = $(matrix_libs)
tests_matrix_operation_CPPFLAGS = $(matrix_cppflags)
tests_matrix_operation_LDADD = $(matrix_libs)
tests_parallel_CPPFLAGS = $(matrix_cppflags)
tests_parallel_LDADD = $(matrix_libs)
tests_matrix_suites_CPPFLAGS = $(matrix_cppflags)
tests_matrix_suites_LDADD = $(matrix_libs)

# T9: the clock jumps.
check_PROGRAMS += tests/clock-jumps
TESTS += tests/clock-jumps
tests_clock_jumps_CPPFLAGS = $(matrix_cppflags)
tests_clock_jumps_LDADD = $(keys_libs)

# Key pins in whole handshakes; the system layers for them are made by the daemon's store.
matrix_keys = tests/matrix-anchors tests/matrix-attacks tests/matrix-chains \
	tests/matrix-encodings tests/matrix-keys tests/matrix-layers tests/matrix-tdb \
	tests/matrix-tdb-pins tests/matrix-verdicts tests/matrix-verify tests/unit-decision
check_PROGRAMS += $(matrix_keys)
TESTS += $(matrix_keys)
check_LTLIBRARIES += tests/libpinned.la
tests_libpinned_la_SOURCES = tests/pinned.c tests/pinned.h
tests_libpinned_la_CPPFLAGS = $(matrix_cppflags)
tests_libpinned_la_CFLAGS = $(AM_CFLAGS) $(DBUS_CFLAGS) $(GNUTLS_CFLAGS) $(GLIB_CFLAGS) $(CMOCKA_CFLAGS)
tests_libpinned_la_LIBADD = tests/libmatrix.la libdaemon.la
keys_libs = tests/libpinned.la $(matrix_libs) $(GLIB_LIBS) $(SQLITE_LIBS)
tests_unit_decision_SOURCES = tests/unit-decision.c tests/wire.c tests/wire.h tests/world.c \
	tests/world.h
tests_unit_decision_CPPFLAGS = $(matrix_cppflags) $(DBUS_CFLAGS) $(GNUTLS_CFLAGS)
tests_unit_decision_LDADD = $(matrix_libs)
tests_matrix_anchors_CPPFLAGS = $(matrix_cppflags)
tests_matrix_anchors_LDADD = $(keys_libs)
tests_matrix_attacks_CPPFLAGS = $(matrix_cppflags)
tests_matrix_attacks_LDADD = $(keys_libs)
tests_matrix_chains_CPPFLAGS = $(matrix_cppflags) $(DBUS_CFLAGS)
tests_matrix_chains_LDADD = $(keys_libs)
tests_matrix_keys_SOURCES = tests/matrix-keys.c tests/tamper.c tests/tamper.h
tests_matrix_keys_CPPFLAGS = $(matrix_cppflags)
tests_matrix_keys_LDADD = $(keys_libs)
tests_matrix_encodings_CPPFLAGS = $(matrix_cppflags)
tests_matrix_encodings_LDADD = $(keys_libs)
tests_matrix_layers_SOURCES = tests/matrix-layers.c tests/tamper.c tests/tamper.h
tests_matrix_layers_CPPFLAGS = $(matrix_cppflags) $(DBUS_CFLAGS)
tests_matrix_layers_LDADD = $(keys_libs)
tests_matrix_tdb_SOURCES = tests/matrix-tdb.c $(storedkeys) tests/tamper.c tests/tamper.h
tests_matrix_tdb_CPPFLAGS = $(matrix_cppflags)
tests_matrix_tdb_LDADD = $(keys_libs)
tests_matrix_tdb_pins_SOURCES = tests/matrix-tdb-pins.c $(storedkeys)
tests_matrix_tdb_pins_CPPFLAGS = $(matrix_cppflags)
tests_matrix_tdb_pins_LDADD = $(keys_libs)
storedkeys = tests/storedkeys.c tests/storedkeys.h
tests_matrix_verdicts_CPPFLAGS = $(matrix_cppflags)
tests_matrix_verdicts_LDADD = $(keys_libs)
tests_matrix_verify_CPPFLAGS = $(matrix_cppflags)
tests_matrix_verify_LDADD = $(keys_libs)

# What libserver does. libattached: a server that pins, and clients to try it with.
unit_server = tests/unit-attachment tests/unit-attachment-keys tests/unit-attachment-refusals \
	tests/unit-attachment-resumption tests/unit-keyfile tests/unit-keyring tests/unit-keys \
	tests/unit-keytext tests/unit-seal tests/unit-server tests/unit-timestamp tests/unit-trouble
check_PROGRAMS += $(unit_server)
TESTS += $(unit_server)
check_LTLIBRARIES += tests/libattached.la
tests_libattached_la_SOURCES = tests/attached.c tests/attached.h tests/hex.c tests/hex.h \
	tests/pinner.c tests/pinner.h tests/pki.c tests/pki.h tests/wire.c tests/wire.h
tests_libattached_la_CPPFLAGS = $(SERVER_CPPFLAGS)
tests_libattached_la_CFLAGS = $(AM_CFLAGS) $(GNUTLS_CFLAGS) $(CMOCKA_CFLAGS) -pthread
tests_libattached_la_LIBADD = libserver.la $(GNUTLS_LIBS) $(CMOCKA_LIBS)
tests_unit_attachment_CPPFLAGS = $(SERVER_CPPFLAGS)
tests_unit_attachment_LDADD = tests/libattached.la
tests_unit_attachment_keys_CPPFLAGS = $(SERVER_CPPFLAGS)
tests_unit_attachment_keys_LDADD = tests/libattached.la
tests_unit_attachment_refusals_CPPFLAGS = $(SERVER_CPPFLAGS)
tests_unit_attachment_refusals_LDADD = tests/libattached.la
tests_unit_attachment_resumption_CPPFLAGS = $(SERVER_CPPFLAGS)
tests_unit_attachment_resumption_LDADD = tests/libattached.la
tests_unit_keyfile_LDADD = libserver.la $(CMOCKA_LIBS)
tests_unit_keyring_LDADD = libserver.la $(CMOCKA_LIBS)
tests_unit_keys_LDADD = libserver.la $(CMOCKA_LIBS)
tests_unit_keytext_LDADD = libserver.la $(CMOCKA_LIBS)
tests_unit_seal_LDADD = tests/libattached.la
tests_unit_server_CPPFLAGS = $(SERVER_CPPFLAGS)
tests_unit_server_LDADD = libserver.la $(CMOCKA_LIBS)
tests_unit_timestamp_LDADD = libserver.la $(CMOCKA_LIBS)
tests_unit_trouble_LDADD = libserver.la $(CMOCKA_LIBS)

# The calls that libserver makes fail, one after the other.
check_PROGRAMS += tests/server-faults
TESTS += tests/server-faults
tests_server_faults_CPPFLAGS = $(SERVER_CPPFLAGS)
tests_server_faults_LDADD = tests/libattached.la
wrap = -Wl,--wrap,
tests_server_faults_LDFLAGS = $(AM_LDFLAGS) $(wrap)malloc $(wrap)calloc $(wrap)vault_take $(wrap)fstat $(wrap)flock \
	$(wrap)read $(wrap)write $(wrap)fsync $(wrap)mkostemp $(wrap)rename $(wrap)link \
	$(wrap)gnutls_rnd $(wrap)gnutls_hkdf_expand $(wrap)gnutls_hmac_fast \
	$(wrap)gnutls_aead_cipher_init $(wrap)gnutls_aead_cipher_encrypt \
	$(wrap)gnutls_base64_encode2 $(wrap)gnutls_base64_decode2 \
	$(wrap)gnutls_certificate_get_ours

# The command tlspin-server, with a client of its own.
check_PROGRAMS += tests/pin-client tests/pki-files tests/unit-crew
tests_pin_client_SOURCES = tests/pin-client.c tests/pinner.c tests/pinner.h
tests_pin_client_LDADD = libhandshake.la $(GNUTLS_LIBS)
tests_pki_files_SOURCES = tests/pki-files.c tests/pki.c tests/pki.h
tests_pki_files_LDADD = $(GNUTLS_LIBS)
tests_unit_crew_SOURCES = tests/unit-crew.c tools/tlspin-server-crew.c tools/tlspin-server-crew.h
tests_unit_crew_LDADD = $(CMOCKA_LIBS)
TESTS += tests/unit-crew
EXTRA_DIST += tests/tlspin-server.test

# The house: the story that ./quickstart tells, and the manual pages.
noinst_PROGRAMS += tests/make-pki
tests_make_pki_SOURCES = tests/make-pki.c tests/pki.c tests/pki.h
tests_make_pki_LDADD = libcommon.la $(GNUTLS_LIBS)
TESTS += tests/check-chain-python.test tests/install.test tests/man.test tests/story.test tests/tls-get.test
EXTRA_DIST += tests/check-chain-python.test tests/install.test tests/man.test tests/story.test \
	tests/tls-get.test

# What the commands share.
unit_tools = tests/unit-cells tests/unit-identity tests/unit-tool-columns tests/unit-command \
	tests/unit-dial tests/unit-hosts tests/unit-json tests/unit-numbered tests/unit-output \
	tests/unit-progress tests/unit-sheet tests/unit-tls tests/unit-when
check_PROGRAMS += $(unit_tools)
TESTS += $(unit_tools)
check_LTLIBRARIES += tests/libtooling.la
tests_libtooling_la_SOURCES = tests/capture.c tests/capture.h tests/greeter.c tests/greeter.h \
	tests/pki.c tests/pki.h tests/said.c tests/said.h
tests_libtooling_la_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS) $(GNUTLS_CFLAGS)
tests_libtooling_la_LIBADD = libtools.la
tools_cppflags = $(AM_CPPFLAGS) $(JSON_CFLAGS) $(GNUTLS_CFLAGS)
tools_libs = tests/libtooling.la $(CMOCKA_LIBS) $(JSON_LIBS) $(GNUTLS_LIBS)
tests_unit_cells_CPPFLAGS = $(tools_cppflags)
tests_unit_cells_LDADD = $(tools_libs)
tests_unit_identity_CPPFLAGS = $(tools_cppflags)
tests_unit_identity_LDADD = $(tools_libs)
tests_unit_tool_columns_CPPFLAGS = $(tools_cppflags)
tests_unit_tool_columns_LDADD = $(tools_libs)
tests_unit_command_CPPFLAGS = $(tools_cppflags)
tests_unit_command_LDADD = $(tools_libs)
tests_unit_dial_CPPFLAGS = $(tools_cppflags)
tests_unit_dial_LDADD = $(tools_libs)
tests_unit_hosts_CPPFLAGS = $(tools_cppflags)
tests_unit_hosts_LDADD = $(tools_libs)
tests_unit_json_CPPFLAGS = $(tools_cppflags)
tests_unit_json_LDADD = $(tools_libs)
tests_unit_numbered_CPPFLAGS = $(tools_cppflags)
tests_unit_numbered_LDADD = $(tools_libs)
tests_unit_output_CPPFLAGS = $(tools_cppflags)
tests_unit_output_LDADD = $(tools_libs)
tests_unit_progress_CPPFLAGS = $(tools_cppflags)
tests_unit_progress_LDADD = $(tools_libs)
tests_unit_sheet_CPPFLAGS = $(tools_cppflags)
tests_unit_sheet_LDADD = $(tools_libs)
tests_unit_tls_CPPFLAGS = $(tools_cppflags)
tests_unit_tls_LDADD = $(tools_libs)
tests_unit_when_CPPFLAGS = $(tools_cppflags)
tests_unit_when_LDADD = $(tools_libs)

# What the commands of tlspin share. things: entries without a daemon.
unit_user = tests/unit-chainfile tests/unit-choice tests/unit-cleared tests/unit-edit-keys tests/unit-event \
	tests/unit-explanation tests/unit-storing tests/unit-thing tests/unit-tool-advice tests/unit-tool-edit \
	tests/unit-tool-record tests/unit-tool-shown
check_PROGRAMS += $(unit_user)
TESTS += $(unit_user)
check_LTLIBRARIES += tests/libthings.la
user_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/common $(JSON_CFLAGS) $(GNUTLS_CFLAGS) $(DBUS_CFLAGS)
user_libs = libuser.la tests/libtooling.la libtlspin.la $(CMOCKA_LIBS) $(JSON_LIBS) $(GNUTLS_LIBS)
things_libs = tests/libthings.la libuser.la tests/libtooling.la libclient.la $(CMOCKA_LIBS) \
	$(JSON_LIBS) $(GNUTLS_LIBS)
tests_libthings_la_SOURCES = tests/things.c tests/things.h
tests_libthings_la_CPPFLAGS = $(user_cppflags)
tests_unit_tool_advice_CPPFLAGS = $(user_cppflags)
tests_unit_tool_advice_LDADD = $(things_libs)
tests_unit_chainfile_CPPFLAGS = $(user_cppflags)
tests_unit_chainfile_LDADD = $(user_libs)
tests_unit_choice_CPPFLAGS = $(user_cppflags)
tests_unit_choice_LDADD = $(user_libs)
tests_unit_cleared_CPPFLAGS = $(user_cppflags)
tests_unit_cleared_LDADD = $(things_libs)
tests_unit_cleared_LDFLAGS = $(AM_LDFLAGS) $(wrap)tlspin_list
tests_unit_edit_keys_CPPFLAGS = $(user_cppflags)
tests_unit_edit_keys_LDADD = $(user_libs)
tests_unit_event_CPPFLAGS = $(user_cppflags)
tests_unit_event_LDADD = $(things_libs)
tests_unit_explanation_CPPFLAGS = $(user_cppflags)
tests_unit_explanation_LDADD = $(things_libs)
tests_unit_storing_CPPFLAGS = $(user_cppflags)
tests_unit_storing_LDADD = $(user_libs)
tests_unit_thing_CPPFLAGS = $(user_cppflags)
tests_unit_thing_LDADD = $(things_libs)
tests_unit_tool_edit_CPPFLAGS = $(user_cppflags)
tests_unit_tool_edit_LDADD = $(user_libs)
tests_unit_tool_record_CPPFLAGS = $(user_cppflags)
tests_unit_tool_record_LDADD = $(things_libs)
tests_unit_tool_shown_CPPFLAGS = $(user_cppflags)
tests_unit_tool_shown_LDADD = $(user_libs)

# What other programs keep: readers of their files, which are in tests/data/import, and writers.
unit_formats = tests/unit-chromium tests/unit-dump tests/unit-emacs tests/unit-filezilla \
	tests/unit-firefox tests/unit-json-text tests/unit-kde tests/unit-key tests/unit-known-hosts \
	tests/unit-lines tests/unit-lisp tests/unit-options tests/unit-pem tests/unit-policy-text \
	tests/unit-policy-text-group tests/unit-policy-text-leave tests/unit-policy-text-pins \
	tests/unit-policy-text-places tests/unit-quote tests/unit-reader tests/unit-service
unit_import = tests/unit-tool-backups tests/unit-remains tests/unit-tool-copies tests/unit-consent tests/unit-forever tests/unit-exchange tests/unit-input tests/unit-intake tests/unit-pages
check_PROGRAMS += $(unit_formats) tests/formats-hostile $(unit_import)
TESTS += $(unit_formats) $(unit_import)
check_LTLIBRARIES += tests/libgather.la
EXTRA_DIST += tests/data/import/cert_override.txt tests/data/import/cert_override_old.txt \
	tests/data/import/chain.pem tests/data/import/known_hosts tests/data/import/known_hosts_defects \
	tests/data/import/ksslcertificatemanager tests/data/import/network-security.data \
	tests/data/import/others.pem tests/data/import/server.pem tests/data/import/trustedcerts.xml
formats_cppflags = $(TEST_CPPFLAGS) $(JSON_CFLAGS) $(GNUTLS_CFLAGS) $(CMOCKA_CFLAGS)
formats_libs = tests/libgather.la $(CMOCKA_LIBS) $(JSON_LIBS) $(GLIB_LIBS)
tests_libgather_la_SOURCES = tests/gather.c tests/gather.h tests/written.c tests/written.h
tests_libgather_la_CPPFLAGS = $(formats_cppflags)
tests_libgather_la_LIBADD = libformats.la
tests_formats_hostile_CPPFLAGS = $(formats_cppflags)
tests_formats_hostile_LDADD = $(formats_libs)
tests_unit_tool_backups_SOURCES = tests/unit-tool-backups.c tools/backups.c tools/backups.h
tests_unit_tool_backups_CPPFLAGS = $(tools_cppflags) -I$(top_srcdir)/common
tests_unit_tool_backups_LDADD = libpinning.la $(CMOCKA_LIBS) $(GLIB_LIBS)
tests_unit_remains_SOURCES = tests/unit-remains.c tools/remains.c tools/remains.h
tests_unit_remains_CPPFLAGS = $(user_cppflags)
tests_unit_remains_LDADD = $(things_libs)
tests_unit_tool_copies_SOURCES = tests/unit-tool-copies.c tools/copies.c tools/copies.h
tests_unit_tool_copies_CPPFLAGS = $(user_cppflags)
tests_unit_tool_copies_LDADD = $(things_libs)
tests_unit_consent_SOURCES = tests/unit-consent.c tools/consent.c tools/consent.h
tests_unit_consent_CPPFLAGS = $(user_cppflags)
tests_unit_consent_LDADD = libtools.la $(CMOCKA_LIBS) $(GLIB_LIBS)
tests_unit_forever_SOURCES = tests/unit-forever.c tools/consent.c tools/consent.h tools/copies.c \
	tools/copies.h tools/forever.c tools/forever.h
tests_unit_forever_CPPFLAGS = $(user_cppflags)
tests_unit_forever_LDADD = $(things_libs)
tests_unit_exchange_SOURCES = tests/unit-exchange.c tools/exchange.c tools/exchange.h
tests_unit_exchange_CPPFLAGS = $(tools_cppflags) -I$(top_srcdir)/common
tests_unit_exchange_LDADD = libtools.la libpinning.la libtlspin.la $(CMOCKA_LIBS) $(JSON_LIBS)
tests_unit_input_CPPFLAGS = $(tools_cppflags)
tests_unit_input_LDADD = $(tools_libs)
tests_unit_intake_SOURCES = tests/unit-intake.c tools/intake.c tools/intake.h
tests_unit_intake_CPPFLAGS = $(tools_cppflags) -I$(top_srcdir)/common -DTEST_DATA='"$(abs_top_srcdir)/tests/data"'
tests_unit_intake_LDADD = libformats.la $(user_libs)
tests_unit_pages_SOURCES = tests/unit-pages.c tools/exchange.c tools/exchange.h tools/pages.c tools/pages.h
tests_unit_pages_CPPFLAGS = $(tools_cppflags) -I$(top_srcdir)/common
tests_unit_pages_LDADD = $(user_libs)
tests_unit_pages_LDFLAGS = $(AM_LDFLAGS) $(wrap)tlspin_put $(wrap)tlspin_undo $(wrap)tlspin_last_message
tests_unit_chromium_CPPFLAGS = $(formats_cppflags)
tests_unit_chromium_LDADD = $(formats_libs)
tests_unit_dump_CPPFLAGS = $(formats_cppflags)
tests_unit_dump_LDADD = $(formats_libs)
tests_unit_emacs_CPPFLAGS = $(formats_cppflags)
tests_unit_emacs_LDADD = $(formats_libs)
tests_unit_filezilla_CPPFLAGS = $(formats_cppflags)
tests_unit_filezilla_LDADD = $(formats_libs)
tests_unit_firefox_CPPFLAGS = $(formats_cppflags)
tests_unit_firefox_LDADD = $(formats_libs)
tests_unit_json_text_CPPFLAGS = $(formats_cppflags)
tests_unit_json_text_LDADD = $(formats_libs)
tests_unit_kde_CPPFLAGS = $(formats_cppflags)
tests_unit_kde_LDADD = $(formats_libs)
tests_unit_key_CPPFLAGS = $(formats_cppflags)
tests_unit_key_LDADD = $(formats_libs)
tests_unit_known_hosts_CPPFLAGS = $(formats_cppflags)
tests_unit_known_hosts_LDADD = $(formats_libs)
tests_unit_lines_CPPFLAGS = $(formats_cppflags)
tests_unit_lines_LDADD = $(formats_libs)
tests_unit_lisp_CPPFLAGS = $(formats_cppflags)
tests_unit_lisp_LDADD = $(formats_libs)
tests_unit_options_CPPFLAGS = $(formats_cppflags)
tests_unit_options_LDADD = $(formats_libs)
tests_unit_pem_CPPFLAGS = $(formats_cppflags)
tests_unit_pem_LDADD = $(formats_libs)
tests_unit_policy_text_CPPFLAGS = $(formats_cppflags)
tests_unit_policy_text_LDADD = $(formats_libs)
tests_unit_policy_text_group_CPPFLAGS = $(formats_cppflags)
tests_unit_policy_text_group_LDADD = $(formats_libs)
tests_unit_policy_text_leave_CPPFLAGS = $(formats_cppflags)
tests_unit_policy_text_leave_LDADD = $(formats_libs)
tests_unit_policy_text_pins_CPPFLAGS = $(formats_cppflags)
tests_unit_policy_text_pins_LDADD = $(formats_libs)
tests_unit_policy_text_places_CPPFLAGS = $(formats_cppflags)
tests_unit_policy_text_places_LDADD = $(formats_libs)
tests_unit_quote_CPPFLAGS = $(formats_cppflags)
tests_unit_quote_LDADD = $(formats_libs)
tests_unit_reader_CPPFLAGS = $(formats_cppflags)
tests_unit_reader_LDADD = $(formats_libs)
tests_unit_service_CPPFLAGS = $(formats_cppflags)
tests_unit_service_LDADD = $(formats_libs)

# Which time is believed.
unit_clock = tests/unit-clock tests/unit-clock-row tests/unit-clock-walks tests/unit-policy-clock \
	tests/unit-timekeeper tests/unit-tool-clock
check_PROGRAMS += $(unit_clock)
TESTS += $(unit_clock)
tests_unit_clock_CPPFLAGS = $(store_cppflags)
tests_unit_clock_LDADD = $(store_libs)
tests_unit_clock_row_CPPFLAGS = $(store_cppflags)
tests_unit_clock_row_LDADD = $(store_libs)
tests_unit_clock_walks_CPPFLAGS = $(store_cppflags)
tests_unit_clock_walks_LDADD = $(store_libs)
tests_unit_policy_clock_CPPFLAGS = $(gate_cppflags)
tests_unit_policy_clock_LDADD = $(gate_libs)
tests_unit_timekeeper_CPPFLAGS = $(upper_cppflags)
tests_unit_timekeeper_LDADD = $(upper_libs)
tests_unit_tool_clock_CPPFLAGS = $(tools_cppflags)
tests_unit_tool_clock_LDADD = $(tools_libs)

# The store of the daemon: real files, and what can happen to them.
unit_store = tests/unit-absence tests/unit-apply tests/unit-cell tests/unit-clear tests/unit-contents \
	tests/unit-contents-faults tests/unit-database \
	tests/unit-aside tests/unit-aside-journals tests/unit-damage tests/unit-beside tests/unit-lenient tests/unit-rebuild tests/unit-sift tests/unit-stale tests/unit-recovery tests/unit-recovery-backup tests/unit-recovery-failing tests/unit-recovery-forged tests/unit-recovery-lenient tests/unit-recovery-merge tests/unit-recovery-torn tests/unit-recovery-restore tests/unit-restored tests/unit-state tests/unit-successor tests/unit-touched \
	tests/unit-draft tests/unit-edit tests/unit-edit-limit tests/unit-events tests/unit-file \
	tests/unit-database-faults tests/unit-file-faults tests/unit-open-faults tests/unit-open-fixed tests/unit-verify-faults \
	tests/unit-forget tests/unit-hardening tests/unit-history tests/unit-images \
	tests/unit-journal tests/unit-layer tests/unit-layerfile \
	tests/unit-layerfile-faults tests/unit-list tests/unit-lockfile tests/unit-names tests/unit-open \
	tests/unit-open-older tests/unit-pinrow tests/unit-problem tests/unit-records tests/unit-row \
	tests/unit-schema tests/unit-setting tests/unit-statements tests/unit-store tests/unit-table tests/unit-undo \
	tests/unit-undo-failing tests/unit-undo-learned tests/unit-undo-model tests/unit-undo-records tests/unit-verify \
	tests/unit-verify-records
check_PROGRAMS += $(unit_store)
TESTS += $(unit_store)
check_LTLIBRARIES += tests/libstores.la
tests_libstores_la_SOURCES = tests/hostile.h tests/silence.h tests/stores.c tests/stores.h
baddisk = tests/baddisk.c tests/baddisk.h
tests_libstores_la_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(SQLITE_CFLAGS) $(CMOCKA_CFLAGS)
tests_libstores_la_LIBADD = libdaemon.la
store_cppflags = $(AM_CPPFLAGS) $(GLIB_CFLAGS) $(SQLITE_CFLAGS) $(CMOCKA_CFLAGS)
store_libs = tests/libstores.la $(CMOCKA_LIBS) $(GLIB_LIBS) $(SQLITE_LIBS)
tests_unit_cell_CPPFLAGS = $(store_cppflags)
tests_unit_cell_LDADD = $(store_libs)
tests_unit_clear_CPPFLAGS = $(store_cppflags)
tests_unit_clear_LDADD = $(store_libs)
tests_unit_apply_CPPFLAGS = $(store_cppflags)
tests_unit_apply_LDADD = $(store_libs)
tests_unit_undo_learned_CPPFLAGS = $(store_cppflags)
tests_unit_undo_learned_LDADD = $(store_libs)
tests_unit_undo_model_CPPFLAGS = $(store_cppflags)
tests_unit_undo_model_LDADD = $(store_libs)
tests_unit_damage_SOURCES = tests/unit-damage.c $(misstep)
tests_unit_damage_CPPFLAGS = $(store_cppflags)
tests_unit_damage_LDADD = $(store_libs)
tests_unit_damage_LDFLAGS = $(misstep_ldflags)
tests_unit_aside_CPPFLAGS = $(store_cppflags)
tests_unit_aside_LDADD = $(store_libs)
tests_unit_aside_LDFLAGS = $(AM_LDFLAGS) $(wrap)fsync $(wrap)link $(wrap)lstat $(wrap)open \
	$(wrap)read $(wrap)readdir
tests_unit_aside_journals_CPPFLAGS = $(store_cppflags)
tests_unit_aside_journals_LDADD = $(store_libs)
tests_unit_aside_journals_LDFLAGS = $(AM_LDFLAGS) $(wrap)fsync $(wrap)rename $(wrap)unlink
tests_unit_touched_CPPFLAGS = $(store_cppflags)
tests_unit_touched_LDADD = $(store_libs)
tests_unit_successor_CPPFLAGS = $(store_cppflags)
tests_unit_successor_LDADD = tests/liblived.la $(store_libs)
tests_unit_successor_LDFLAGS = $(AM_LDFLAGS) $(wrap)fsync $(wrap)rename
tests_unit_rebuild_CPPFLAGS = $(store_cppflags)
tests_unit_rebuild_LDADD = tests/liblived.la $(store_libs)
tests_unit_rebuild_LDFLAGS = $(AM_LDFLAGS) $(wrap)sqlite3_db_release_memory
tests_unit_beside_CPPFLAGS = $(store_cppflags)
tests_unit_beside_LDADD = $(store_libs)
tests_unit_sift_CPPFLAGS = $(store_cppflags)
tests_unit_sift_LDADD = $(store_libs)
tests_unit_stale_CPPFLAGS = $(store_cppflags)
tests_unit_stale_LDADD = $(store_libs)
tests_unit_lenient_CPPFLAGS = $(store_cppflags)
tests_unit_lenient_LDADD = $(store_libs)
tests_unit_recovery_forged_CPPFLAGS = $(store_cppflags)
tests_unit_recovery_forged_LDADD = tests/liblived.la $(store_libs)
tests_unit_recovery_SOURCES = tests/unit-recovery.c $(hinder)
tests_unit_recovery_LDFLAGS = $(hinder_ldflags) $(wrap)g_try_malloc0
tests_unit_recovery_CPPFLAGS = $(store_cppflags)
tests_unit_recovery_LDADD = tests/liblived.la $(store_libs)
tests_unit_recovery_backup_SOURCES = tests/unit-recovery-backup.c $(hinder)
tests_unit_recovery_backup_LDFLAGS = $(hinder_ldflags)
tests_unit_recovery_backup_CPPFLAGS = $(store_cppflags)
tests_unit_recovery_backup_LDADD = tests/liblived.la $(store_libs)
misstep = tests/misstep.c tests/misstep.h
misstep_ldflags = $(AM_LDFLAGS) $(wrap)sqlite3_errcode $(wrap)sqlite3_exec $(wrap)sqlite3_open_v2 \
	$(wrap)sqlite3_prepare_v2 $(wrap)sqlite3_prepare_v3 $(wrap)sqlite3_step
tests_unit_recovery_failing_SOURCES = tests/unit-recovery-failing.c $(misstep)
tests_unit_recovery_failing_CPPFLAGS = $(store_cppflags)
tests_unit_recovery_failing_LDADD = tests/liblived.la $(store_libs)
tests_unit_recovery_failing_LDFLAGS = $(misstep_ldflags)
tests_unit_recovery_lenient_CPPFLAGS = $(store_cppflags)
tests_unit_recovery_lenient_LDADD = tests/liblived.la $(store_libs)
tests_unit_recovery_merge_CPPFLAGS = $(store_cppflags)
tests_unit_recovery_torn_CPPFLAGS = $(store_cppflags)
tests_unit_recovery_torn_LDADD = tests/liblived.la $(store_libs)
tests_unit_recovery_merge_LDADD = tests/liblived.la $(store_libs)
tests_unit_state_CPPFLAGS = $(store_cppflags)
tests_unit_state_LDADD = $(store_libs)
tests_unit_draft_CPPFLAGS = $(store_cppflags)
tests_unit_draft_LDADD = $(store_libs)
tests_unit_forget_CPPFLAGS = $(store_cppflags)
tests_unit_forget_LDADD = $(store_libs)
tests_unit_contents_SOURCES = tests/unit-contents.c tests/transaction.h
tests_unit_contents_CPPFLAGS = $(store_cppflags)
tests_unit_contents_LDADD = $(store_libs)
tests_unit_contents_faults_SOURCES = tests/unit-contents-faults.c tests/transaction.h
tests_unit_contents_faults_CPPFLAGS = $(store_cppflags)
tests_unit_contents_faults_LDADD = $(store_libs)
tests_unit_contents_faults_LDFLAGS = $(AM_LDFLAGS) $(wrap)sqlite3_bind_text $(wrap)sqlite3_step
tests_unit_database_CPPFLAGS = $(store_cppflags)
tests_unit_database_LDADD = $(store_libs)
tests_unit_database_faults_SOURCES = tests/unit-database-faults.c $(baddisk)
tests_unit_database_faults_CPPFLAGS = $(store_cppflags)
tests_unit_database_faults_LDADD = $(store_libs)
tests_unit_database_faults_LDFLAGS = $(AM_LDFLAGS) $(wrap)fstat $(wrap)lstat $(wrap)open \
	$(wrap)sqlite3_busy_handler $(wrap)sqlite3_errcode $(wrap)sqlite3_exec \
	$(wrap)sqlite3_prepare_v2 $(wrap)sqlite3_prepare_v3
tests_unit_hardening_CPPFLAGS = $(store_cppflags)
tests_unit_hardening_LDADD = $(store_libs)
tests_unit_hardening_LDFLAGS = $(AM_LDFLAGS) $(wrap)sqlite3_db_config $(wrap)sqlite3_exec \
	$(wrap)sqlite3_prepare_v2 $(wrap)sqlite3_step
tests_unit_statements_CPPFLAGS = $(store_cppflags)
tests_unit_statements_LDADD = $(store_libs)
tests_unit_file_CPPFLAGS = $(store_cppflags)
tests_unit_file_LDADD = $(store_libs)
tests_unit_file_faults_CPPFLAGS = $(store_cppflags)
tests_unit_file_faults_LDADD = $(store_libs)
tests_unit_file_faults_LDFLAGS = $(AM_LDFLAGS) $(wrap)fchmod $(wrap)fstat $(wrap)fsync $(wrap)lstat \
	$(wrap)mkdir $(wrap)open $(wrap)pread $(wrap)readdir $(wrap)realpath $(wrap)rename $(wrap)stat
tests_unit_journal_CPPFLAGS = $(store_cppflags)
tests_unit_journal_LDADD = $(store_libs)
tests_unit_layer_CPPFLAGS = $(store_cppflags)
tests_unit_layer_LDADD = $(store_libs)
tests_unit_layer_LDFLAGS = $(AM_LDFLAGS) $(wrap)access $(wrap)geteuid $(wrap)statvfs
tests_unit_layerfile_CPPFLAGS = $(store_cppflags)
tests_unit_layerfile_LDADD = $(store_libs)
tests_unit_layerfile_faults_SOURCES = tests/unit-layerfile-faults.c $(misstep)
tests_unit_layerfile_faults_CPPFLAGS = $(store_cppflags)
tests_unit_layerfile_faults_LDADD = $(store_libs)
tests_unit_layerfile_faults_LDFLAGS = $(misstep_ldflags) $(wrap)g_mkstemp_full
tests_unit_list_CPPFLAGS = $(store_cppflags)
tests_unit_list_LDADD = $(store_libs)
tests_unit_lockfile_CPPFLAGS = $(store_cppflags)
tests_unit_lockfile_LDADD = $(store_libs)
tests_unit_lockfile_LDFLAGS = $(AM_LDFLAGS) $(wrap)flock $(wrap)fstat $(wrap)fsync $(wrap)pwrite
tests_unit_open_CPPFLAGS = $(store_cppflags)
tests_unit_open_LDADD = $(store_libs)
tests_unit_open_faults_CPPFLAGS = $(store_cppflags)
tests_unit_open_faults_LDADD = $(store_libs)
tests_unit_open_faults_LDFLAGS = $(AM_LDFLAGS) $(wrap)contents_verify $(wrap)database_in_place \
	$(wrap)database_is_readable $(wrap)database_prepare $(wrap)fsync $(wrap)lstat \
	$(wrap)schema_inspect $(wrap)schema_migrate
tests_unit_open_fixed_CPPFLAGS = $(store_cppflags)
tests_unit_open_fixed_LDADD = tests/liblived.la $(store_libs)
tests_unit_open_fixed_LDFLAGS = $(AM_LDFLAGS) $(wrap)access $(wrap)open
tests_unit_problem_CPPFLAGS = $(store_cppflags)
tests_unit_problem_LDADD = $(store_libs)
tests_unit_row_CPPFLAGS = $(store_cppflags)
tests_unit_row_LDADD = $(store_libs)
tests_unit_row_LDFLAGS = $(AM_LDFLAGS) $(wrap)vault_take
tests_unit_schema_CPPFLAGS = $(store_cppflags)
tests_unit_schema_LDADD = $(store_libs)
tests_unit_schema_LDFLAGS = $(AM_LDFLAGS) $(wrap)sqlite3_column_text $(wrap)sqlite3_exec \
	$(wrap)sqlite3_prepare_v2 $(wrap)sqlite3_step
tests_unit_absence_CPPFLAGS = $(store_cppflags)
tests_unit_absence_LDADD = $(store_libs)
tests_unit_store_CPPFLAGS = $(store_cppflags)
tests_unit_store_LDADD = $(store_libs)
tests_unit_table_CPPFLAGS = $(store_cppflags)
tests_unit_table_LDADD = $(store_libs)
tests_unit_undo_CPPFLAGS = $(store_cppflags)
tests_unit_undo_LDADD = tests/liblived.la $(store_libs)
tests_unit_verify_CPPFLAGS = $(store_cppflags)
tests_unit_verify_LDADD = $(store_libs)
tests_unit_verify_faults_SOURCES = tests/unit-verify-faults.c $(baddisk)
tests_unit_verify_faults_CPPFLAGS = $(store_cppflags)
tests_unit_verify_faults_LDADD = $(store_libs)
tests_unit_verify_faults_LDFLAGS = $(AM_LDFLAGS) $(wrap)lstat $(wrap)open
tests_unit_edit_limit_CPPFLAGS = $(store_cppflags)
tests_unit_edit_limit_LDADD = $(store_libs)
tests_unit_edit_CPPFLAGS = $(store_cppflags)
tests_unit_edit_LDADD = $(store_libs)
tests_unit_events_CPPFLAGS = $(store_cppflags)
tests_unit_events_LDADD = $(store_libs)
tests_unit_history_CPPFLAGS = $(store_cppflags)
tests_unit_history_LDADD = $(store_libs)
tests_unit_images_CPPFLAGS = $(store_cppflags)
tests_unit_images_LDADD = $(store_libs)
tests_unit_open_older_CPPFLAGS = $(store_cppflags) -DTEST_DATA='"$(abs_top_srcdir)/tests/data"'
tests_unit_open_older_LDADD = $(store_libs)
tests_unit_pinrow_CPPFLAGS = $(store_cppflags)
tests_unit_pinrow_LDADD = $(store_libs)
tests_unit_records_CPPFLAGS = $(store_cppflags)
tests_unit_records_LDADD = $(store_libs)
tests_unit_setting_CPPFLAGS = $(store_cppflags)
tests_unit_setting_LDADD = $(store_libs)
tests_unit_undo_records_CPPFLAGS = $(store_cppflags)
tests_unit_undo_records_LDADD = $(store_libs)
tests_unit_verify_records_CPPFLAGS = $(store_cppflags)
tests_unit_verify_records_LDADD = $(store_libs)
EXTRA_DIST += tests/data/store-1.sql

# Backups of a store. shelf: what they share.
unit_backup = tests/unit-backup tests/unit-backup-copy tests/unit-backup-copy-faults tests/unit-backup-faults tests/unit-backup-folder tests/unit-backups tests/unit-backups-faults \
	tests/unit-backups-each tests/unit-job tests/unit-keeper tests/unit-rotation
check_PROGRAMS += $(unit_backup)
TESTS += $(unit_backup)
shelf = tests/shelf.c tests/shelf.h
tests_unit_backup_SOURCES = tests/unit-backup.c $(shelf)
tests_unit_backup_CPPFLAGS = $(store_cppflags)
tests_unit_backup_LDADD = $(store_libs)
tests_unit_backup_faults_SOURCES = tests/unit-backup-faults.c $(shelf) $(misstep)
tests_unit_backup_faults_CPPFLAGS = $(store_cppflags)
tests_unit_backup_faults_LDADD = $(store_libs)
tests_unit_backup_faults_LDFLAGS = $(misstep_ldflags) $(wrap)fsync $(wrap)hardening_set $(wrap)lstat \
	$(wrap)open $(wrap)pread $(wrap)unlink
tests_unit_backup_copy_SOURCES = tests/unit-backup-copy.c $(shelf)
tests_unit_backup_copy_CPPFLAGS = $(store_cppflags)
tests_unit_backup_copy_LDADD = $(store_libs)
tests_unit_backup_copy_faults_SOURCES = tests/unit-backup-copy-faults.c $(shelf) $(misstep)
tests_unit_backup_copy_faults_CPPFLAGS = $(store_cppflags)
tests_unit_backup_copy_faults_LDADD = $(store_libs)
tests_unit_backup_copy_faults_LDFLAGS = $(misstep_ldflags) $(wrap)database_in_place \
	$(wrap)sqlite3_backup_finish $(wrap)sqlite3_backup_init $(wrap)sqlite3_backup_remaining \
	$(wrap)sqlite3_backup_step
tests_unit_backup_folder_SOURCES = tests/unit-backup-folder.c $(shelf)
tests_unit_backup_folder_CPPFLAGS = $(store_cppflags)
tests_unit_backup_folder_LDADD = $(store_libs)
tests_unit_backup_folder_LDFLAGS = $(AM_LDFLAGS) $(wrap)lstat $(wrap)opendir
tests_unit_backups_SOURCES = tests/unit-backups.c $(shelf)
tests_unit_backups_CPPFLAGS = $(store_cppflags)
tests_unit_backups_LDADD = $(store_libs)
tests_unit_backups_faults_SOURCES = tests/unit-backups-faults.c $(shelf)
tests_unit_backups_faults_CPPFLAGS = $(store_cppflags)
tests_unit_backups_faults_LDADD = $(store_libs)
tests_unit_backups_faults_LDFLAGS = $(AM_LDFLAGS) $(wrap)fsync $(wrap)lstat $(wrap)rename
tests_unit_backups_each_SOURCES = tests/unit-backups-each.c $(shelf)
tests_unit_backups_each_CPPFLAGS = $(store_cppflags)
tests_unit_backups_each_LDADD = $(store_libs)
tests_unit_job_SOURCES = tests/unit-job.c $(shelf) $(hinder)
tests_unit_job_CPPFLAGS = $(store_cppflags)
tests_unit_job_LDADD = $(store_libs)
tests_unit_job_LDFLAGS = $(hinder_ldflags)
tests_unit_keeper_SOURCES = tests/unit-keeper.c $(shelf)
tests_unit_keeper_CPPFLAGS = $(store_cppflags)
tests_unit_keeper_LDADD = $(store_libs)
tests_unit_rotation_LDADD = libdaemon.la $(CMOCKA_LIBS) $(GLIB_LIBS) $(SQLITE_LIBS)

# What leaves no trace. In a file: erase, erasure, bygone; in all: traces. hinder: a file that can't
# be read now.
unit_erase = tests/unit-bygone tests/unit-bygone-lost tests/unit-changes-erase tests/unit-doomed tests/unit-owed tests/unit-erase tests/unit-erasure \
	tests/unit-torn tests/unit-traces
check_PROGRAMS += $(unit_erase)
TESTS += $(unit_erase)
tests_unit_doomed_CPPFLAGS = $(store_cppflags)
tests_unit_doomed_LDADD = $(store_libs)
tests_unit_owed_CPPFLAGS = $(store_cppflags)
tests_unit_owed_LDADD = $(store_libs)
logged = tests/logged.c tests/logged.h
tests_unit_bygone_SOURCES = tests/unit-bygone.c $(logged)
tests_unit_bygone_CPPFLAGS = $(store_cppflags)
tests_unit_bygone_LDADD = $(store_libs)
tests_unit_bygone_lost_SOURCES = tests/unit-bygone-lost.c $(logged) $(misstep)
tests_unit_bygone_lost_CPPFLAGS = $(store_cppflags)
tests_unit_bygone_lost_LDADD = $(store_libs)
tests_unit_bygone_lost_LDFLAGS = $(misstep_ldflags)
tests_unit_undo_failing_SOURCES = tests/unit-undo-failing.c $(misstep)
tests_unit_undo_failing_CPPFLAGS = $(store_cppflags)
tests_unit_undo_failing_LDADD = $(store_libs)
tests_unit_undo_failing_LDFLAGS = $(misstep_ldflags)
tests_unit_torn_CPPFLAGS = $(store_cppflags)
tests_unit_torn_LDADD = $(store_libs)
tests_unit_changes_erase_SOURCES = tests/unit-changes-erase.c
tests_unit_changes_erase_CPPFLAGS = $(gate_cppflags)
tests_unit_changes_erase_LDADD = $(gate_libs)
vestiges = tests/vestiges.c tests/vestiges.h $(shelf)
tests_unit_erase_SOURCES = tests/unit-erase.c $(vestiges)
tests_unit_erase_CPPFLAGS = $(store_cppflags)
tests_unit_erase_LDADD = $(store_libs)
tests_unit_erasure_CPPFLAGS = $(store_cppflags)
tests_unit_erasure_LDADD = $(store_libs)
hinder = tests/hinder.c tests/hinder.h
hinder_ldflags = $(AM_LDFLAGS) $(wrap)pread
tests_unit_traces_SOURCES = tests/unit-traces.c $(shelf) $(hinder)
tests_unit_traces_CPPFLAGS = $(store_cppflags)
tests_unit_traces_LDADD = $(store_libs)
tests_unit_traces_LDFLAGS = $(hinder_ldflags) $(wrap)readdir
tests_unit_names_CPPFLAGS = $(store_cppflags)
tests_unit_names_LDADD = $(store_libs)
tests_unit_names_LDFLAGS = $(AM_LDFLAGS) $(wrap)lstat $(wrap)opendir $(wrap)readdir $(wrap)unlink
tests_unit_recovery_restore_SOURCES = tests/unit-recovery-restore.c $(shelf)
tests_unit_recovery_restore_CPPFLAGS = $(store_cppflags)
tests_unit_recovery_restore_LDADD = tests/liblived.la $(store_libs)
tests_unit_restored_CPPFLAGS = $(store_cppflags)
tests_unit_restored_LDADD = tests/liblived.la $(store_libs)

# Each call that the store makes fails, one after the other; and each that backups make.
check_PROGRAMS += tests/store-faults tests/backup-faults tests/import-faults tests/recovery-faults \
	tests/erasure-faults
TESTS += tests/recovery-faults tests/erasure-faults
mishap = tests/mishap.c tests/mishap.h
mishap_ldflags = $(AM_LDFLAGS) $(wrap)fsync $(wrap)fchmod $(wrap)flock $(wrap)fstat \
	$(wrap)lstat $(wrap)mkdir $(wrap)open $(wrap)opendir $(wrap)pread $(wrap)pwrite \
	$(wrap)readdir $(wrap)realpath $(wrap)rename $(wrap)stat $(wrap)unlink $(wrap)malloc
tests_store_faults_SOURCES = tests/store-faults.c $(mishap)
tests_store_faults_CPPFLAGS = $(store_cppflags)
tests_store_faults_LDADD = $(store_libs)
tests_store_faults_LDFLAGS = $(mishap_ldflags)
tests_import_faults_SOURCES = tests/import-faults.c $(mishap)
tests_import_faults_CPPFLAGS = $(store_cppflags)
tests_import_faults_LDADD = $(store_libs)
tests_import_faults_LDFLAGS = $(mishap_ldflags)
tests_backup_faults_SOURCES = tests/backup-faults.c $(shelf) $(mishap)
tests_backup_faults_CPPFLAGS = $(store_cppflags)
tests_backup_faults_LDADD = $(store_libs)
tests_backup_faults_LDFLAGS = $(mishap_ldflags)
tests_erasure_faults_SOURCES = tests/erasure-faults.c $(vestiges) $(mishap)
tests_erasure_faults_CPPFLAGS = $(store_cppflags)
tests_erasure_faults_LDADD = $(store_libs)
tests_erasure_faults_LDFLAGS = $(mishap_ldflags)
tests_recovery_faults_SOURCES = tests/recovery-faults.c tests/wreck.c tests/wreck.h $(mishap)
tests_recovery_faults_CPPFLAGS = $(store_cppflags)
tests_recovery_faults_LDADD = tests/liblived.la $(store_libs)
tests_recovery_faults_LDFLAGS = $(mishap_ldflags)

# What is saved of a damaged file.
unit_salvage = tests/unit-btree tests/unit-columns tests/unit-finder tests/unit-layout tests/unit-mend \
	tests/unit-missing tests/unit-pagefile tests/unit-row-sound tests/unit-salvage \
	tests/unit-salvage-hostile \
	tests/salvage-damage tests/store-damage
check_PROGRAMS += $(unit_salvage)
TESTS += $(unit_salvage)
check_LTLIBRARIES += tests/liblived.la
tests_liblived_la_SOURCES = tests/lived.c tests/lived.h tests/payloads.c tests/payloads.h \
	tests/ruins.c tests/ruins.h tests/salvaged.c tests/salvaged.h
tests_liblived_la_CFLAGS = $(tests_libstores_la_CFLAGS)
tests_liblived_la_LIBADD = tests/libstores.la
salvage_libs = tests/liblived.la $(store_libs)
tests_unit_btree_LDADD = libdaemon.la $(CMOCKA_LIBS) $(GLIB_LIBS)
tests_unit_btree_CPPFLAGS = $(store_cppflags)
tests_unit_columns_CPPFLAGS = $(store_cppflags)
tests_unit_columns_LDADD = $(salvage_libs)
tests_unit_finder_CPPFLAGS = $(store_cppflags)
tests_unit_finder_LDADD = $(salvage_libs)
tests_unit_layout_LDADD = libdaemon.la $(CMOCKA_LIBS)
tests_unit_mend_LDADD = libdaemon.la $(CMOCKA_LIBS)
tests_unit_missing_CPPFLAGS = $(store_cppflags)
tests_unit_missing_LDADD = $(store_libs)
tests_unit_pagefile_CPPFLAGS = $(store_cppflags)
tests_unit_pagefile_LDADD = $(store_libs)
tests_unit_pagefile_LDFLAGS = $(AM_LDFLAGS) $(wrap)fstat $(wrap)pread
tests_unit_row_sound_CPPFLAGS = $(store_cppflags)
tests_unit_row_sound_LDADD = $(salvage_libs)
tests_unit_salvage_CPPFLAGS = $(store_cppflags)
tests_unit_salvage_LDADD = $(salvage_libs)
tests_unit_salvage_LDFLAGS = $(AM_LDFLAGS) $(wrap)pread $(wrap)g_try_malloc0
tests_unit_salvage_hostile_CPPFLAGS = $(store_cppflags)
tests_unit_salvage_hostile_LDADD = $(salvage_libs)
tests_unit_salvage_hostile_LDFLAGS = $(AM_LDFLAGS) $(wrap)pread
tests_store_damage_SOURCES = tests/store-damage.c tests/lived.c tests/lived.h
tests_store_damage_CPPFLAGS = $(store_cppflags)
tests_store_damage_LDADD = $(store_libs)
tests_salvage_damage_CPPFLAGS = $(store_cppflags)
tests_salvage_damage_LDADD = $(salvage_libs)

# Losses of power.
check_PROGRAMS += tests/power-loss
tests_power_loss_SOURCES = tests/power-loss.c tests/losses-erasure.c tests/losses-recovery.c \
	tests/losses-store.c $(vestiges) \
	tests/losses.c tests/losses.h tests/powerloss.c tests/powerloss.h tests/powerloss-calls.c \
	tests/powerloss-disk.c tests/powerloss-record.h
tests_power_loss_CPPFLAGS = $(store_cppflags)
tests_power_loss_LDADD = tests/liblived.la $(store_libs) -ldl

# Very many calls.
check_PROGRAMS += tests/long-run
tests_long_run_SOURCES = tests/long-run.c tests/desk.c tests/desk.h bench/asker.c bench/asker.h \
	bench/sample.c bench/sample.h tests/mixture.c tests/mixture.h
tests_long_run_CPPFLAGS = $(gate_cppflags)
tests_long_run_LDADD = $(gate_libs)

# The command tlspin.
check_PROGRAMS += tests/json-query tests/make-layer tests/plain-server tests/store-ticket \
	tests/terminal
tests_plain_server_CFLAGS = $(AM_CFLAGS) $(GNUTLS_CFLAGS)
tests_plain_server_LDADD = $(GNUTLS_LIBS)
tests_json_query_CPPFLAGS = $(tools_cppflags)
tests_json_query_LDADD = $(JSON_LIBS)
tests_make_layer_CPPFLAGS = $(AM_CPPFLAGS) $(GLIB_CFLAGS)
tests_make_layer_LDADD = libdaemon.la $(GLIB_LIBS)
tests_store_ticket_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/common
tests_store_ticket_LDADD = libtlspin.la

# The client library's way to the daemon: a real bus, and fakepins for the daemon that has faults.
unit_client = tests/unit-address tests/unit-argument tests/unit-bus tests/unit-bus-fork \
	tests/unit-call tests/unit-call-replies tests/unit-client-admin tests/unit-client-check \
	tests/unit-client-doctor tests/unit-client-events tests/unit-client-put tests/unit-client-status tests/unit-connect \
	tests/unit-context tests/unit-context-threads tests/unit-deadline tests/unit-describe \
	tests/unit-entry tests/unit-keyset tests/unit-last tests/unit-lookup tests/unit-opinion \
	tests/unit-owner \
	tests/unit-listen tests/unit-path tests/unit-selection
check_PROGRAMS += $(unit_client) tests/fakepins
TESTS += $(unit_client)
client_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/common $(DBUS_CFLAGS)
client_libs = tests/libcaller.la $(CMOCKA_LIBS) $(DBUS_LIBS)
check_LTLIBRARIES += tests/libcaller.la
tests_libcaller_la_SOURCES = tests/bus.c tests/bus.h tests/caller.c tests/caller.h tests/world.c \
	tests/world.h
tests_libcaller_la_CPPFLAGS = $(client_cppflags)
tests_libcaller_la_LIBADD = libclient.la
tests_fakepins_SOURCES = tests/fakekeys.c tests/fakekeys.h tests/fakepins.c tests/fakestore.c \
	tests/fakestore.h
tests_fakepins_CPPFLAGS = $(client_cppflags)
tests_fakepins_LDADD = libbus.la libpinning.la libcommon.la $(DBUS_LIBS)
tests_unit_address_CPPFLAGS = $(client_cppflags)
tests_unit_address_LDADD = $(client_libs)
tests_unit_argument_CPPFLAGS = $(client_cppflags)
tests_unit_argument_LDADD = $(client_libs)
tests_unit_bus_CPPFLAGS = $(client_cppflags)
tests_unit_bus_LDADD = $(client_libs)
tests_unit_bus_fork_CPPFLAGS = $(client_cppflags)
tests_unit_bus_fork_LDADD = $(client_libs)
tests_unit_call_CPPFLAGS = $(client_cppflags)
tests_unit_call_LDADD = $(client_libs)
tests_unit_call_replies_CPPFLAGS = $(client_cppflags)
tests_unit_call_replies_LDADD = $(client_libs)
tests_unit_client_admin_CPPFLAGS = $(client_cppflags)
tests_unit_client_admin_LDADD = $(client_libs)
tests_unit_client_check_SOURCES = tests/pki.c tests/pki.h tests/unit-client-check.c
tests_unit_client_check_CPPFLAGS = $(client_cppflags) $(GNUTLS_CFLAGS)
tests_unit_client_check_LDADD = $(client_libs) $(GNUTLS_LIBS)
tests_unit_client_doctor_CPPFLAGS = $(client_cppflags)
tests_unit_client_doctor_LDADD = $(client_libs)
tests_unit_client_events_CPPFLAGS = $(client_cppflags)
tests_unit_client_events_LDADD = $(client_libs)
tests_unit_client_put_SOURCES = tests/pki.c tests/pki.h tests/unit-client-put.c
tests_unit_client_put_CPPFLAGS = $(client_cppflags) $(GNUTLS_CFLAGS)
tests_unit_client_put_LDADD = $(client_libs) $(GNUTLS_LIBS)
tests_unit_client_status_CPPFLAGS = $(client_cppflags)
tests_unit_client_status_LDADD = $(client_libs)
tests_unit_connect_CPPFLAGS = $(client_cppflags)
tests_unit_connect_LDADD = $(client_libs)
tests_unit_context_CPPFLAGS = $(client_cppflags)
tests_unit_context_LDADD = $(client_libs)
tests_unit_context_threads_CPPFLAGS = $(client_cppflags)
tests_unit_context_threads_LDADD = $(client_libs)
tests_unit_deadline_CPPFLAGS = $(client_cppflags)
tests_unit_deadline_LDADD = $(client_libs)
tests_unit_describe_CPPFLAGS = $(client_cppflags)
tests_unit_describe_LDADD = $(client_libs)
tests_unit_entry_CPPFLAGS = $(client_cppflags)
tests_unit_entry_LDADD = $(client_libs)
tests_unit_keyset_CPPFLAGS = $(client_cppflags)
tests_unit_keyset_LDADD = $(client_libs)
tests_unit_last_CPPFLAGS = $(client_cppflags)
tests_unit_last_LDADD = $(client_libs)
tests_unit_listen_CPPFLAGS = $(client_cppflags)
tests_unit_listen_LDADD = $(client_libs)
tests_unit_lookup_CPPFLAGS = $(client_cppflags)
tests_unit_lookup_LDADD = $(client_libs)
tests_unit_opinion_SOURCES = tests/pki.c tests/pki.h tests/unit-opinion.c
tests_unit_opinion_CPPFLAGS = $(client_cppflags) $(GNUTLS_CFLAGS)
tests_unit_opinion_LDADD = $(client_libs) $(GNUTLS_LIBS)
tests_unit_owner_CPPFLAGS = $(client_cppflags)
tests_unit_owner_LDADD = $(client_libs)
tests_unit_path_SOURCES = tests/pki.c tests/pki.h tests/unit-path.c
tests_unit_path_CPPFLAGS = $(client_cppflags) $(GNUTLS_CFLAGS)
tests_unit_path_LDADD = $(client_libs) $(GNUTLS_LIBS)
tests_unit_selection_CPPFLAGS = $(client_cppflags)
tests_unit_selection_LDADD = $(client_libs)

check_PROGRAMS += tests/unit-examine
TESTS += tests/unit-examine
tests_unit_examine_SOURCES = tests/pki.c tests/pki.h tests/unit-examine.c
tests_unit_examine_CPPFLAGS = $(client_cppflags) $(GNUTLS_CFLAGS)
tests_unit_examine_LDADD = libtlspin.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)

# The calls that libclient makes fail, one after the other.
check_PROGRAMS += tests/client-faults
TESTS += tests/client-faults
tests_client_faults_CPPFLAGS = $(client_cppflags)
tests_client_faults_LDADD = $(client_libs)
tests_client_faults_LDFLAGS = $(AM_LDFLAGS) $(wrap)malloc $(wrap)calloc $(wrap)vault_take $(wrap)reallocarray \
	$(wrap)strdup $(wrap)eventfd $(wrap)socket $(wrap)send $(wrap)dbus_address_escape_value \
	$(wrap)dbus_message_new_method_call $(wrap)dbus_message_copy \
	$(wrap)dbus_message_append_args $(wrap)dbus_connection_send_with_reply \
	$(wrap)dbus_connection_send $(wrap)dbus_connection_set_watch_functions \
	$(wrap)dbus_bus_set_unique_name
check_PROGRAMS += tests/path-faults
TESTS += tests/path-faults
tests_path_faults_SOURCES = tests/path-faults.c tests/pki.c tests/pki.h
tests_path_faults_CPPFLAGS = $(client_cppflags) $(GNUTLS_CFLAGS)
tests_path_faults_LDADD = $(client_libs) $(GNUTLS_LIBS)
tests_path_faults_LDFLAGS = $(AM_LDFLAGS) $(wrap)gnutls_x509_crt_init \
	$(wrap)gnutls_x509_crt_import $(wrap)gnutls_x509_crt_export2 \
	$(wrap)gnutls_x509_trust_list_init $(wrap)gnutls_x509_trust_list_add_cas \
	$(wrap)gnutls_x509_trust_list_verify_crt2

# The unit tests of the libraries and of the layers below them, of the matrix what goes through every
# part of the handshake, and of the daemon what reads, mends, clears and erases files, and its threads,
# under valgrind. Not what forks: the child would be blamed for what its parent holds.
valgrind_tests = $(unit_common) $(unit_pinning) $(unit_handshake) $(unit_client) \
	tests/unit-attachment tests/unit-seal tests/unit-keytext tests/matrix-limits $(valgrind_daemon)
valgrind_daemon = tests/unit-admin-doctor tests/unit-admin-erase tests/unit-backup tests/unit-clear \
	tests/unit-dispatch tests/unit-learn tests/unit-open tests/unit-pinrow tests/unit-recovery-restore \
	tests/unit-row tests/unit-traces tests/unit-undo
check-valgrind: all
	@test -n '$(VALGRIND)' || { echo 'valgrind was not found by configure' >&2; exit 1; }
	$(MAKE) $(AM_MAKEFLAGS) check-am TESTS='$(valgrind_tests)' \
		LOG_COMPILER='$(LIBTOOL) --mode=execute $(VALGRIND) -q --leak-check=full \
		--errors-for-leak-kinds=definite --error-exitcode=1'
.PHONY: check-valgrind
TESTS += tests/completion.test tests/tlspin.test tests/tlspin-connect.test tests/tlspin-doctor.test tests/tlspin-forever.test tests/tlspin-json.test \
	tests/tlspin-clock.test tests/tlspin-tlsa.test tests/tlspin-why.test
EXTRA_DIST += tests/completion.test tests/tlspin.sh tests/tlspin.test tests/tlspin-connect.test \
	tests/tlspin-doctor.test tests/tlspin-forever.test tests/tlspin-keys.test \
	tests/tlspin-advice.test tests/tlspin-clock.test tests/tlspin-json.test tests/tlspin-tlsa.test tests/tlspin-why.test

# The daemon above the store, and the messages. libupper: layers, a bus, and calls as words.
unit_upper = tests/unit-admin tests/unit-admin-doctor tests/unit-admin-erase tests/unit-advice tests/unit-announce tests/unit-authority tests/unit-bounds tests/unit-bus-check tests/unit-bus-keys \
	tests/unit-caller tests/unit-callers tests/unit-connection tests/unit-quota tests/unit-reception tests/unit-turns tests/unit-weight \
	tests/unit-catalogue tests/unit-catalogue-records tests/unit-changes tests/unit-changes-history tests/unit-changes-put tests/unit-clearing tests/unit-config-file \
	tests/unit-contract \
	tests/unit-cursor tests/unit-daemon-options tests/unit-dict tests/unit-dispatch tests/unit-doctor tests/unit-drafts tests/unit-entries \
	tests/unit-explain \
	tests/unit-fields tests/unit-filter tests/unit-handlers tests/unit-introspect \
	tests/unit-layers tests/unit-layers-changes tests/unit-log tests/unit-meant tests/unit-remedy tests/unit-renewal \
	tests/unit-loop \
	tests/unit-messages tests/unit-pins tests/unit-policy tests/unit-policy-journal \
	tests/unit-policy-unavailable tests/unit-presence tests/unit-put tests/unit-record \
	tests/unit-record-read tests/unit-seen tests/unit-shown tests/unit-standing tests/unit-status \
	tests/unit-waiting tests/unit-watch
check_PROGRAMS += $(unit_upper)
TESTS += $(unit_upper)
check_LTLIBRARIES += tests/libupper.la
tests_libupper_la_SOURCES = tests/bus.c tests/bus.h tests/contract.c tests/contract.h \
	tests/counter.c tests/counter.h tests/ledger.c tests/ledger.h tests/lobby.c tests/lobby.h tests/looped.h tests/puts.c tests/puts.h \
	tests/strata.c tests/strata.h tests/values.c tests/values.h
upper_cppflags = $(AM_CPPFLAGS) -DCONTRACT_DIR='"$(abs_top_srcdir)/dbus"' $(DBUS_CFLAGS) $(GLIB_CFLAGS) \
	$(CMOCKA_CFLAGS)
upper_libs = tests/libupper.la $(CMOCKA_LIBS) $(DBUS_LIBS) $(GLIB_LIBS)
tests_libupper_la_CPPFLAGS = $(upper_cppflags)
tests_libupper_la_LIBADD = libdaemon.la
tests_unit_admin_CPPFLAGS = $(upper_cppflags)
tests_unit_admin_LDADD = $(upper_libs)
tests_unit_admin_doctor_SOURCES = tests/unit-admin-doctor.c $(hinder)
tests_unit_admin_doctor_CPPFLAGS = $(gate_cppflags)
tests_unit_admin_doctor_LDADD = $(gate_libs)
tests_unit_admin_doctor_LDFLAGS = $(hinder_ldflags)
tests_unit_admin_erase_SOURCES = tests/unit-admin-erase.c $(hinder)
tests_unit_admin_erase_CPPFLAGS = $(gate_cppflags)
tests_unit_admin_erase_LDADD = $(gate_libs)
tests_unit_admin_erase_LDFLAGS = $(hinder_ldflags)
tests_unit_policy_recall_CPPFLAGS = $(gate_cppflags)
tests_unit_policy_recall_LDADD = $(gate_libs)
tests_unit_doctor_CPPFLAGS = $(upper_cppflags)
tests_unit_doctor_LDADD = $(upper_libs) $(SQLITE_LIBS)
tests_unit_doctor_LDFLAGS = $(AM_LDFLAGS) $(wrap)readdir
tests_unit_authority_CPPFLAGS = $(upper_cppflags)
tests_unit_authority_LDADD = $(upper_libs)
tests_unit_caller_CPPFLAGS = $(upper_cppflags)
tests_unit_caller_LDADD = $(upper_libs)
tests_unit_callers_CPPFLAGS = $(upper_cppflags)
tests_unit_callers_LDADD = $(upper_libs)
tests_unit_connection_CPPFLAGS = $(upper_cppflags)
tests_unit_connection_LDADD = $(upper_libs)
tests_unit_quota_CPPFLAGS = $(upper_cppflags)
tests_unit_quota_LDADD = $(upper_libs)
tests_unit_reception_CPPFLAGS = $(upper_cppflags)
tests_unit_reception_LDADD = $(upper_libs)
tests_unit_turns_CPPFLAGS = $(upper_cppflags)
tests_unit_turns_LDADD = $(upper_libs)
tests_unit_weight_CPPFLAGS = $(upper_cppflags)
tests_unit_weight_LDADD = $(upper_libs)
tests_unit_announce_CPPFLAGS = $(upper_cppflags)
tests_unit_announce_LDADD = $(upper_libs)
tests_unit_config_file_CPPFLAGS = $(upper_cppflags)
tests_unit_config_file_LDADD = $(upper_libs)
tests_unit_contract_CPPFLAGS = $(upper_cppflags)
tests_unit_contract_LDADD = $(upper_libs)
tests_unit_dict_CPPFLAGS = $(upper_cppflags)
tests_unit_dict_LDADD = libbus.la libcommon.la $(CMOCKA_LIBS) $(DBUS_LIBS)
tests_unit_dispatch_CPPFLAGS = $(upper_cppflags)
tests_unit_dispatch_LDADD = $(upper_libs)
tests_unit_filter_CPPFLAGS = $(upper_cppflags)
tests_unit_filter_LDADD = $(upper_libs)
tests_unit_handlers_CPPFLAGS = $(upper_cppflags)
tests_unit_handlers_LDADD = $(upper_libs)
tests_unit_introspect_CPPFLAGS = $(upper_cppflags)
tests_unit_introspect_LDADD = $(upper_libs)
tests_unit_layers_CPPFLAGS = $(upper_cppflags)
tests_unit_layers_LDADD = $(upper_libs)
tests_unit_layers_changes_CPPFLAGS = $(upper_cppflags)
tests_unit_layers_changes_LDADD = $(upper_libs)
tests_unit_layers_changes_LDFLAGS = $(AM_LDFLAGS) $(wrap)store_was_freed
tests_unit_renewal_CPPFLAGS = $(upper_cppflags)
tests_unit_renewal_LDADD = $(upper_libs)
tests_unit_loop_CPPFLAGS = $(upper_cppflags)
tests_unit_loop_LDADD = $(upper_libs)
tests_unit_messages_CPPFLAGS = $(upper_cppflags)
tests_unit_messages_LDADD = libbus.la libpinning.la libcommon.la $(CMOCKA_LIBS) $(DBUS_LIBS)
tests_unit_bounds_SOURCES = tests/unit-bounds.c tests/bounds.h tests/spellout.c tests/spellout.h \
	tests/vocabulary.c tests/vocabulary.h
tests_unit_bounds_CPPFLAGS = $(gate_cppflags)
tests_unit_bounds_LDADD = $(gate_libs)
tests_unit_pins_CPPFLAGS = $(gate_cppflags)
tests_unit_pins_LDADD = $(gate_libs)
tests_unit_policy_CPPFLAGS = $(upper_cppflags)
tests_unit_policy_LDADD = $(upper_libs)
tests_unit_policy_journal_CPPFLAGS = $(upper_cppflags)
tests_unit_policy_journal_LDADD = $(upper_libs)
tests_unit_policy_unavailable_CPPFLAGS = $(upper_cppflags)
tests_unit_policy_unavailable_LDADD = $(upper_libs)
tests_unit_drafts_CPPFLAGS = $(upper_cppflags)
tests_unit_drafts_LDADD = $(upper_libs)
tests_unit_presence_CPPFLAGS = $(upper_cppflags)
tests_unit_presence_LDADD = $(upper_libs)
tests_unit_status_CPPFLAGS = $(upper_cppflags)
tests_unit_status_LDADD = $(upper_libs)
tests_unit_waiting_CPPFLAGS = $(upper_cppflags)
tests_unit_waiting_LDADD = $(upper_libs)
tests_unit_watch_CPPFLAGS = $(upper_cppflags)
tests_unit_watch_LDADD = $(upper_libs)
tests_unit_watch_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap,inotify_add_watch
listing = tests/listing.c tests/listing.h
tests_unit_catalogue_SOURCES = tests/unit-catalogue.c $(listing)
tests_unit_catalogue_CPPFLAGS = $(upper_cppflags)
tests_unit_catalogue_LDADD = $(upper_libs)
tests_unit_catalogue_records_SOURCES = tests/unit-catalogue-records.c $(listing)
tests_unit_catalogue_records_CPPFLAGS = $(upper_cppflags)
tests_unit_catalogue_records_LDADD = $(upper_libs)
tests_unit_changes_CPPFLAGS = $(upper_cppflags)
tests_unit_changes_LDADD = $(upper_libs)
tests_unit_changes_put_CPPFLAGS = $(upper_cppflags)
tests_unit_changes_put_LDADD = $(upper_libs)
tests_unit_changes_history_CPPFLAGS = $(upper_cppflags) $(SQLITE_CFLAGS)
tests_unit_changes_history_LDADD = tests/libstores.la $(upper_libs) $(SQLITE_LIBS)
tests_unit_daemon_options_SOURCES = tests/unit-daemon-options.c daemon/options.c daemon/options.h \
	tests/capture.c tests/capture.h tests/said.c tests/said.h
tests_unit_daemon_options_CPPFLAGS = $(DAEMON_CPPFLAGS) $(upper_cppflags)
tests_unit_daemon_options_LDADD = $(upper_libs)
tests_unit_cursor_CPPFLAGS = $(upper_cppflags)
tests_unit_cursor_LDADD = $(upper_libs)
tests_unit_entries_CPPFLAGS = $(upper_cppflags)
tests_unit_entries_LDADD = $(upper_libs)
tests_unit_advice_CPPFLAGS = $(upper_cppflags)
tests_unit_advice_LDADD = $(upper_libs)
judged = tests/judged.c tests/judged.h
tests_unit_clearing_SOURCES = tests/unit-clearing.c $(judged)
tests_unit_clearing_CPPFLAGS = $(upper_cppflags)
tests_unit_clearing_LDADD = $(upper_libs)
tests_unit_meant_SOURCES = tests/unit-meant.c $(judged)
tests_unit_meant_CPPFLAGS = $(upper_cppflags)
tests_unit_meant_LDADD = $(upper_libs)
tests_unit_remedy_SOURCES = tests/unit-remedy.c $(judged)
tests_unit_remedy_CPPFLAGS = $(upper_cppflags)
tests_unit_remedy_LDADD = $(upper_libs)
tests_unit_explain_CPPFLAGS = $(upper_cppflags)
tests_unit_explain_LDADD = $(upper_libs)
tests_unit_log_CPPFLAGS = $(upper_cppflags)
tests_unit_log_LDADD = $(upper_libs)
tests_unit_put_CPPFLAGS = $(upper_cppflags)
tests_unit_put_LDADD = $(upper_libs)
tests_unit_record_read_CPPFLAGS = $(upper_cppflags)
tests_unit_record_read_LDADD = $(upper_libs)
tests_unit_seen_CPPFLAGS = $(upper_cppflags)
tests_unit_seen_LDADD = $(upper_libs)
tests_unit_shown_CPPFLAGS = $(gate_cppflags)
tests_unit_shown_LDADD = $(gate_libs)
tests_unit_standing_CPPFLAGS = $(upper_cppflags)
tests_unit_standing_LDADD = $(upper_libs)
tests_unit_bus_check_SOURCES = tests/unit-bus-check.c tests/values.c tests/values.h
tests_unit_bus_check_CPPFLAGS = $(upper_cppflags)
tests_unit_bus_check_LDADD = libbus.la libpinning.la libcommon.la $(CMOCKA_LIBS) $(DBUS_LIBS)
tests_unit_fields_SOURCES = tests/unit-fields.c tests/values.c tests/values.h
tests_unit_fields_CPPFLAGS = $(upper_cppflags)
tests_unit_fields_LDADD = libbus.la libpinning.la libcommon.la $(CMOCKA_LIBS) $(DBUS_LIBS)
tests_unit_bus_keys_CPPFLAGS = $(upper_cppflags)
tests_unit_bus_keys_LDADD = libbus.la libpinning.la libcommon.la $(CMOCKA_LIBS) $(DBUS_LIBS)
tests_unit_record_CPPFLAGS = $(upper_cppflags)
tests_unit_record_LDADD = libbus.la libpinning.la libcommon.la $(CMOCKA_LIBS) $(DBUS_LIBS)

# What the daemon makes of the keys that servers show. libgate: a policy, and certificates.
unit_gate = tests/unit-accept tests/unit-anchors tests/unit-answer tests/unit-check tests/unit-digest-glib \
	tests/unit-gathering tests/unit-judge tests/unit-judge-log \
	tests/unit-judge-missing tests/unit-learn tests/unit-lesson tests/unit-note \
	tests/unit-policy-modes tests/unit-policy-recall tests/unit-suffixes tests/unit-folder tests/unit-survey \
	tests/unit-recall tests/unit-report tests/unit-settings tests/unit-settings-resolve \
	tests/unit-tally
check_PROGRAMS += $(unit_gate)
TESTS += $(unit_gate)
check_LTLIBRARIES += tests/libgate.la
tests_libgate_la_SOURCES = tests/gate.c tests/gate.h tests/path.c tests/path.h tests/pki.c \
	tests/pki.h tests/stores.c tests/stores.h
gate_cppflags = $(upper_cppflags) $(GNUTLS_CFLAGS) $(JSON_CFLAGS) $(SQLITE_CFLAGS)
tests_libgate_la_CPPFLAGS = $(gate_cppflags)
tests_libgate_la_LIBADD = tests/libupper.la
gate_libs = tests/libgate.la $(upper_libs) $(GNUTLS_LIBS) $(JSON_LIBS) $(SQLITE_LIBS)
tests_unit_accept_CPPFLAGS = $(gate_cppflags)
tests_unit_accept_LDADD = $(gate_libs)
tests_unit_lesson_CPPFLAGS = $(gate_cppflags)
tests_unit_lesson_LDADD = $(gate_libs)
tests_unit_suffixes_CPPFLAGS = $(gate_cppflags)
tests_unit_suffixes_LDADD = $(gate_libs)
tests_unit_folder_CPPFLAGS = $(store_cppflags)
tests_unit_folder_LDADD = $(store_libs)
tests_unit_survey_CPPFLAGS = $(upper_cppflags)
tests_unit_survey_LDADD = $(upper_libs)
tests_unit_answer_SOURCES = tests/unit-answer.c $(misstep)
tests_unit_answer_CPPFLAGS = $(gate_cppflags)
tests_unit_answer_LDADD = $(gate_libs)
tests_unit_answer_LDFLAGS = $(misstep_ldflags)
tests_unit_anchors_CPPFLAGS = $(gate_cppflags)
tests_unit_anchors_LDADD = $(gate_libs)
tests_unit_check_CPPFLAGS = $(gate_cppflags)
tests_unit_check_LDADD = $(gate_libs)
tests_unit_digest_glib_CPPFLAGS = $(gate_cppflags)
tests_unit_digest_glib_LDADD = $(gate_libs)
tests_unit_gathering_CPPFLAGS = $(gate_cppflags)
tests_unit_gathering_LDADD = $(gate_libs)
tests_unit_gathering_LDFLAGS = $(AM_LDFLAGS) $(wrap)malloc
tests_unit_judge_CPPFLAGS = $(gate_cppflags)
tests_unit_judge_LDADD = $(gate_libs)
tests_unit_judge_log_CPPFLAGS = $(gate_cppflags)
tests_unit_judge_log_LDADD = $(gate_libs)
tests_unit_judge_missing_CPPFLAGS = $(gate_cppflags)
tests_unit_judge_missing_LDADD = $(gate_libs)
tests_unit_judge_missing_LDFLAGS = $(AM_LDFLAGS) $(wrap)store_log
tests_unit_learn_CPPFLAGS = $(gate_cppflags)
tests_unit_learn_LDADD = $(gate_libs)
tests_unit_note_CPPFLAGS = $(gate_cppflags)
tests_unit_note_LDADD = $(gate_libs)
tests_unit_policy_modes_CPPFLAGS = $(gate_cppflags)
tests_unit_policy_modes_LDADD = $(gate_libs)
tests_unit_recall_CPPFLAGS = $(gate_cppflags)
tests_unit_recall_LDADD = $(gate_libs)
tests_unit_report_CPPFLAGS = $(gate_cppflags)
tests_unit_report_LDADD = $(gate_libs)
tests_unit_settings_CPPFLAGS = $(gate_cppflags)
tests_unit_settings_LDADD = $(gate_libs)
tests_unit_settings_resolve_CPPFLAGS = $(gate_cppflags)
tests_unit_settings_resolve_LDADD = $(gate_libs)
tests_unit_tally_CPPFLAGS = $(gate_cppflags)
tests_unit_tally_LDADD = $(gate_libs)

# The daemon on a bus of its own.
short_bus_tests = tests/activation.bus tests/full-disk.bus tests/calls.bus tests/check-chain.bus \
	tests/config.bus tests/damage.bus tests/damage-two.bus tests/erase-two.bus tests/idle-backup.bus \
	tests/introspection.bus tests/layers.bus tests/log.bus tests/policy-imported.bus \
	tests/policy-show.bus tests/quota.bus tests/read-only.bus tests/records.bus tests/sandbox.bus tests/signals.bus
bus_tests = $(long_bus_tests) $(short_bus_tests)
TESTS += $(short_bus_tests) tests/includes.test tests/linking.test
EXTRA_DIST += $(bus_tests) tests/includes.sh tests/includes.test tests/linking.test tests/mounts.sh
check_PROGRAMS += tests/listen
tests_listen_SOURCES = tests/listen.c tests/values.c tests/values.h
tests_listen_CPPFLAGS = $(AM_CPPFLAGS) $(DBUS_CFLAGS)
tests_listen_LDADD = libbus.la libpinning.la libcommon.la $(DBUS_LIBS)
check_PROGRAMS += tests/flood
tests_flood_CPPFLAGS = $(AM_CPPFLAGS) $(DBUS_CFLAGS)
tests_flood_LDADD = libbus.la libpinning.la libcommon.la $(DBUS_LIBS)

# The translations, and a program that says something in them.
check_PROGRAMS += tests/texts
tests_texts_LDADD = libcommon.la
TESTS += tests/translation.test
EXTRA_DIST += tests/translation.test

# Policy text. libpolicies: texts and what is found in them.
unit_policy_text = tests/unit-compile tests/unit-defaults tests/unit-feed tests/unit-files \
	tests/unit-finding tests/unit-group tests/unit-group-keys tests/unit-linefile \
	tests/unit-lint tests/unit-lint-blocked tests/unit-lint-duplicates tests/unit-lint-group \
	tests/unit-lint-reach tests/unit-marker tests/unit-moment tests/unit-pemfile \
	tests/unit-policy-text-accord \
	tests/unit-publish tests/unit-rules tests/unit-section tests/unit-source tests/unit-trust \
	tests/unit-value
check_PROGRAMS += $(unit_policy_text)
TESTS += $(unit_policy_text)
check_LTLIBRARIES += tests/libpolicies.la
policy_cppflags = $(AM_CPPFLAGS) $(GLIB_CFLAGS) $(GNUTLS_CFLAGS) $(CMOCKA_CFLAGS)
policy_libs = tests/libpolicies.la $(CMOCKA_LIBS) $(GLIB_LIBS) $(GNUTLS_LIBS)
tests_libpolicies_la_SOURCES = tests/groups.c tests/groups.h tests/pki.c tests/pki.h tests/policies.c tests/policies.h
tests_libpolicies_la_CPPFLAGS = $(policy_cppflags)
tests_libpolicies_la_LIBADD = libpolicy.la
tests_unit_policy_text_accord_SOURCES = tests/path.c tests/path.h tests/unit-policy-text-accord.c
tests_unit_policy_text_accord_CPPFLAGS = $(policy_cppflags) $(JSON_CFLAGS)
tests_unit_policy_text_accord_LDADD = libformats.la $(policy_libs)
tests_unit_finding_CPPFLAGS = $(policy_cppflags)
tests_unit_finding_LDADD = $(policy_libs)
tests_unit_moment_CPPFLAGS = $(policy_cppflags)
tests_unit_moment_LDADD = $(policy_libs)
tests_unit_source_CPPFLAGS = $(policy_cppflags)
tests_unit_source_LDADD = $(policy_libs)
tests_unit_source_LDFLAGS = $(AM_LDFLAGS) $(wrap)pread
tests_unit_pemfile_CPPFLAGS = $(policy_cppflags)
tests_unit_pemfile_LDADD = $(policy_libs)
tests_unit_section_CPPFLAGS = $(policy_cppflags)
tests_unit_section_LDADD = $(policy_libs)
tests_unit_trust_CPPFLAGS = $(policy_cppflags)
tests_unit_trust_LDADD = $(policy_libs)
tests_unit_value_CPPFLAGS = $(policy_cppflags)
tests_unit_value_LDADD = $(policy_libs)
tests_unit_defaults_CPPFLAGS = $(policy_cppflags)
tests_unit_defaults_LDADD = $(policy_libs)
tests_unit_group_CPPFLAGS = $(policy_cppflags)
tests_unit_group_LDADD = $(policy_libs)
tests_unit_group_keys_CPPFLAGS = $(policy_cppflags)
tests_unit_group_keys_LDADD = $(policy_libs)
tests_unit_files_CPPFLAGS = $(policy_cppflags)
tests_unit_files_LDADD = $(policy_libs)
tests_unit_linefile_CPPFLAGS = $(policy_cppflags)
tests_unit_linefile_LDADD = $(policy_libs)
tests_unit_lint_CPPFLAGS = $(policy_cppflags)
tests_unit_lint_LDADD = $(policy_libs)
tests_unit_lint_blocked_CPPFLAGS = $(policy_cppflags)
tests_unit_lint_blocked_LDADD = $(policy_libs)
tests_unit_lint_duplicates_CPPFLAGS = $(policy_cppflags)
tests_unit_lint_duplicates_LDADD = $(policy_libs)
tests_unit_lint_group_CPPFLAGS = $(policy_cppflags)
tests_unit_lint_group_LDADD = $(policy_libs)
tests_unit_lint_reach_CPPFLAGS = $(policy_cppflags)
tests_unit_lint_reach_LDADD = $(policy_libs)
tests_unit_rules_CPPFLAGS = $(policy_cppflags)
tests_unit_rules_LDADD = $(policy_libs)
tests_unit_compile_CPPFLAGS = $(policy_cppflags)
tests_unit_compile_LDADD = $(policy_libs)
tests_unit_feed_CPPFLAGS = $(policy_cppflags)
tests_unit_feed_LDADD = $(policy_libs)
tests_unit_marker_CPPFLAGS = $(policy_cppflags)
tests_unit_marker_LDADD = $(policy_libs)
tests_unit_publish_CPPFLAGS = $(policy_cppflags)
tests_unit_publish_LDADD = $(policy_libs)
tests_unit_publish_LDFLAGS = $(AM_LDFLAGS) $(wrap)link $(wrap)rename $(wrap)fsync

# Chromium's pins as policy.
check_PROGRAMS += tests/pinlist-policy tests/pinlist-check
TESTS += tests/policy.test tests/policy-chromium.test tests/policy-terms.test
EXTRA_DIST += tests/policy.test tests/policy-chromium.test tests/policy-terms.test
tests_pinlist_policy_SOURCES = tests/pinlist-policy.c tests/pinlist.c tests/pinlist.h
tests_pinlist_policy_CPPFLAGS = $(AM_CPPFLAGS) $(JSON_CFLAGS)
tests_pinlist_policy_LDADD = $(JSON_LIBS)
tests_pinlist_check_SOURCES = tests/pinlist-check.c tests/pinlist-records.c tests/pinlist-records.h \
	tests/pinlist.c tests/pinlist.h
tests_pinlist_check_CPPFLAGS = $(AM_CPPFLAGS) $(JSON_CFLAGS) $(DBUS_CFLAGS)
tests_pinlist_check_LDADD = libdaemon.la libbus.la $(JSON_LIBS) $(GLIB_LIBS) $(DBUS_LIBS)

# What has a number in the table of targets, each with its full counts, and then the table. Others add
# to full_tests what may run beside another one, and to full_alone what measures time.
full_tests = tests/salvage-damage tests/store-damage tests/kills tests/crowd tests/clock-jumps
full_alone = tests/growth tests/start tests/outages tests/known-hosts-compare tests/flood.bus
TESTS += tests/full-table.test tests/listed.test

# Programs that write, and know what was acknowledged: clerks.
check_PROGRAMS += $(measures)
TESTS += $(measures)
measures = tests/kills tests/crowd tests/growth tests/start tests/outages tests/known-hosts-compare
clerk = tests/clerk.c tests/clerk.h tests/clerk-private.h tests/clerk-records.c tests/clerk-tickets.c \
	tests/path.c tests/path.h
full_cppflags = $(matrix_cppflags) $(DBUS_CFLAGS) $(GLIB_CFLAGS) $(GNUTLS_CFLAGS)
full_libs = tests/libstores.la $(keys_libs)
tests_kills_SOURCES = tests/kills.c $(clerk)
tests_kills_CPPFLAGS = $(full_cppflags)
tests_kills_LDADD = $(full_libs)
tests_crowd_SOURCES = tests/crowd.c $(clerk)
tests_crowd_CPPFLAGS = $(full_cppflags)
tests_crowd_LDADD = $(full_libs)
bulk = tests/bulk.c tests/bulk.h bench/asker.c bench/asker.h bench/sample.c bench/sample.h
tests_growth_SOURCES = tests/growth.c $(bulk)
tests_growth_CPPFLAGS = $(full_cppflags)
tests_growth_LDADD = $(full_libs)
tests_start_SOURCES = tests/start.c $(bulk)
tests_start_CPPFLAGS = $(full_cppflags)
tests_start_LDADD = $(full_libs)
check_PROGRAMS += tests/hindered
tests_outages_SOURCES = tests/outages.c tests/outage.h tests/outage-faults.c tests/path.c tests/path.h
tests_outages_CPPFLAGS = $(full_cppflags) $(SQLITE_CFLAGS)
tests_outages_LDADD = $(full_libs)
tests_known_hosts_compare_SOURCES = tests/known-hosts-compare.c bench/sample.c bench/sample.h
tests_known_hosts_compare_CPPFLAGS = $(full_cppflags)
tests_known_hosts_compare_LDADD = $(full_libs)

EXTRA_DIST += scripts/full-table tests/full-table.test tests/listed.test tests/full.h tests/full.sh tests/step.h
full_table = $(abs_builddir)/tests/full.table
full_check = TESTS_BRIEF= TESTS_FULL=yes TESTS_TABLE='$(full_table)'
check-full: all
	$(AM_V_at)rm -f '$(full_table)'; status=0; \
	$(MAKE) $(AM_MAKEFLAGS) -j2 check-am TESTS='$(full_tests)' $(full_check) || status=1; \
	$(MAKE) $(AM_MAKEFLAGS) -j1 check-TESTS TESTS='$(full_alone)' $(full_check) || status=1; \
	ANALYZE_BUILD='$(abs_builddir)' '$(srcdir)/scripts/analyze' || status=1; \
	SANITIZED_BUILD='$(abs_builddir)/sanitized' TESTS_TABLE='$(full_table)' '$(srcdir)/scripts/sanitized' || status=1; \
	COVERAGE_BUILD='$(abs_builddir)/coverage' TESTS_TABLE='$(full_table)' '$(srcdir)/scripts/coverage' || status=1; \
	MUTATE_BUILD='$(abs_builddir)/mutants' '$(srcdir)/scripts/mutate' --count 100 --seed 1 || status=1; \
	sh '$(srcdir)/scripts/full-table' '$(full_table)' $(full_tests) $(full_alone) || status=1; \
	exit $$status
# After a fault was mended: the tests that did not pass, and the table with what they say now, or what
# other parts of check-full have written into full_again.
full_again = $(abs_builddir)/tests/full.again
full_anew = TESTS_TABLE='$(full_again)'
check-full-again:
	$(AM_V_at)status=0; \
	$(MAKE) $(AM_MAKEFLAGS) -j2 recheck TESTS='$(full_tests)' $(full_check) $(full_anew) || status=1; \
	$(MAKE) $(AM_MAKEFLAGS) -j1 recheck TESTS='$(full_alone)' $(full_check) $(full_anew) || status=1; \
	sh '$(srcdir)/scripts/full-table' --renew '$(full_table)' '$(full_again)' && \
	sh '$(srcdir)/scripts/full-table' '$(full_table)' $(full_tests) $(full_alone) || status=1; \
	exit $$status
.PHONY: check-full check-full-again
# T15, the analyzers and the mutation test; what they go by, which a test looks through.
TESTS += tests/analysis.test
EXTRA_DIST += .clang-tidy tests/analysis.test scripts/analyze scripts/coverage scripts/mutate \
	scripts/decisive scripts/findings scripts/survivors scripts/uncovered
CLEANFILES += tests/full.table

# T2, T5, T7: losses of power, faults of the system, very many calls. long-run-clean is for the table
# alone: under valgrind here, with sanitizers by scripts/sanitized.
EXTRA_DIST += tests/long-run-clean.test scripts/sanitized
full_tests += tests/long-run-clean.test tests/power-loss tests/store-faults tests/import-faults tests/full-disk.bus \
	tests/long-run tests/recovery-faults tests/backup-faults tests/erasure-faults \
	tests/read-only.bus

# T12: hostile calls of every method, made as Introspect says.
full_tests += tests/fuzz-calls.bus
TESTS += tests/fuzz-calls.bus
EXTRA_DIST += tests/fuzz-calls.bus
check_PROGRAMS += tests/fuzz-calls
tests_fuzz_calls_SOURCES = tests/fuzz-calls.c tests/attempt.c tests/attempt.h tests/object.c tests/object.h \
	$(marshal)
marshal = tests/marshal.c tests/marshal.h tests/vocabulary.c tests/vocabulary.h
tests_fuzz_calls_CPPFLAGS = $(TEST_CPPFLAGS) $(DBUS_CFLAGS) $(GLIB_CFLAGS)
tests_fuzz_calls_LDADD = libcommon.la $(DBUS_LIBS) $(GLIB_LIBS)

# T13: secrets in memory and in logs. memory: what is in the memory of a process.
full_tests += tests/secrets.bus
TESTS += tests/secrets.bus
EXTRA_DIST += tests/secrets.bus
full_tests += tests/erase.bus
TESTS += tests/erase.bus
EXTRA_DIST += tests/erase.bus
memory = tests/memory.c tests/memory.h
unit_secrets = tests/unit-heap tests/unit-seclusion tests/unit-slack tests/unit-spent tests/unit-sqlite-memory tests/unit-vault tests/unit-wipe
check_PROGRAMS += tests/memory-search tests/secrets-client $(unit_secrets)
TESTS += $(unit_secrets)
tests_memory_search_SOURCES = tests/memory-search.c $(memory)
tests_secrets_client_SOURCES = tests/secrets-client.c $(memory)
tests_secrets_client_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/common
tests_secrets_client_LDADD = libclient.la
tests_unit_heap_SOURCES = tests/unit-heap.c daemon/heap.c daemon/heap.h $(memory)
tests_unit_heap_CPPFLAGS = $(upper_cppflags)
tests_unit_heap_LDADD = $(CMOCKA_LIBS) $(GLIB_LIBS)
tests_unit_seclusion_LDADD = libcommon.la $(CMOCKA_LIBS)
tests_unit_slack_CPPFLAGS = $(upper_cppflags)
tests_unit_slack_LDADD = $(upper_libs)
tests_unit_spent_CPPFLAGS = $(upper_cppflags)
tests_unit_spent_LDADD = $(upper_libs)
tests_unit_sqlite_memory_SOURCES = tests/unit-sqlite-memory.c $(memory)
tests_unit_sqlite_memory_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
tests_unit_sqlite_memory_LDADD = libdaemon.la $(CMOCKA_LIBS) $(SQLITE_LIBS)
tests_unit_wipe_CPPFLAGS = $(AM_CPPFLAGS) $(DBUS_CFLAGS)
tests_unit_wipe_LDADD = libbus.la $(CMOCKA_LIBS) $(DBUS_LIBS)
tests_unit_vault_SOURCES = tests/unit-vault.c $(memory)
tests_unit_vault_LDADD = libcommon.la $(CMOCKA_LIBS)

# T16: the unit of the daemon, under a service manager where one can be had.
full_tests += tests/exposure.test
TESTS += tests/exposure.test
EXTRA_DIST += tests/exposure.test tests/user-manager.sh
check_PROGRAMS += tests/sandbox-probe
