# Every unit test is tests/unit-NAME.c for one source file NAME.c, with CMocka.
# A paragraph a layer: the programs, and the convenience library that they link.
AM_TESTS_ENVIRONMENT = \
	TOP_SRCDIR='$(abs_top_srcdir)'; TOP_BUILDDIR='$(abs_top_builddir)'; \
	DBUS_DAEMON='$(DBUS_DAEMON)'; VALGRIND='$(VALGRIND)'; \
	export TOP_SRCDIR TOP_BUILDDIR DBUS_DAEMON VALGRIND;
TEST_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_DATA='"$(abs_top_srcdir)/tests/data"'

unit_common = tests/unit-bytes tests/unit-error tests/unit-host tests/unit-host-split \
	tests/unit-spki tests/unit-text
check_PROGRAMS += $(unit_common)
TESTS += $(unit_common)
tests_unit_bytes_LDADD = libcommon.la $(CMOCKA_LIBS)
tests_unit_error_CPPFLAGS = $(TEST_CPPFLAGS)
tests_unit_error_LDADD = libcommon.la $(CMOCKA_LIBS)
tests_unit_host_SOURCES = tests/unit-host.c tests/locales.c tests/locales.h
tests_unit_host_LDADD = libcommon.la $(CMOCKA_LIBS)
tests_unit_host_split_LDADD = libcommon.la $(CMOCKA_LIBS)
tests_unit_spki_SOURCES = tests/unit-spki.c tests/hex.c tests/hex.h tests/pki.c tests/pki.h
tests_unit_spki_LDADD = libcommon.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
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
	tests/vectors-hosts.c tests/vectors-rfc8448.c tests/vectors-ticket.c
tests_vectors_CPPFLAGS = $(AM_CPPFLAGS) $(JSON_CFLAGS) $(GNUTLS_CFLAGS)
tests_vectors_LDADD = libhandshake.la $(JSON_LIBS) $(GNUTLS_LIBS)
EXTRA_DIST += tests/vectors.test tests/data/README \
	tests/data/host_cases.json tests/data/host_octets.json tests/data/rfc8448_hrr.json \
	tests/data/rfc8448_vectors.json tests/data/rfc8672_kat.json

# Scripts: *.test need nothing, *.bus start a session bus of their own (tests/private-bus.sh).
TEST_EXTENSIONS = .test .bus
TEST_LOG_COMPILER = $(SHELL)
BUS_LOG_COMPILER = $(SHELL)
EXTRA_DIST += tests/private-bus.sh
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
tests_server_faults_LDFLAGS = $(AM_LDFLAGS) $(wrap)malloc $(wrap)calloc $(wrap)fstat $(wrap)flock \
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
TESTS += tests/tlspin-server.test tests/unit-crew
EXTRA_DIST += tests/tlspin-server.test

# The house: the story that ./quickstart tells, and the manual pages.
noinst_PROGRAMS += tests/make-pki
tests_make_pki_SOURCES = tests/make-pki.c tests/pki.c tests/pki.h
tests_make_pki_LDADD = $(GNUTLS_LIBS)
TESTS += tests/install.test tests/man.test tests/story.test tests/tls-get.test
EXTRA_DIST += tests/install.test tests/man.test tests/story.test tests/tls-get.test

# What the commands share.
unit_tools = tests/unit-cells tests/unit-certificate tests/unit-columns tests/unit-command \
	tests/unit-dial tests/unit-hosts tests/unit-json tests/unit-output tests/unit-progress \
	tests/unit-sheet tests/unit-tls tests/unit-when
check_PROGRAMS += $(unit_tools)
TESTS += $(unit_tools)
check_LTLIBRARIES += tests/libtooling.la
tests_libtooling_la_SOURCES = tests/capture.c tests/capture.h tests/greeter.c tests/greeter.h \
	tests/pki.c tests/pki.h
tests_libtooling_la_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS) $(GNUTLS_CFLAGS)
tests_libtooling_la_LIBADD = libtools.la
tools_cppflags = $(AM_CPPFLAGS) $(JSON_CFLAGS) $(GNUTLS_CFLAGS)
tools_libs = tests/libtooling.la $(CMOCKA_LIBS) $(JSON_LIBS) $(GNUTLS_LIBS)
tests_unit_cells_CPPFLAGS = $(tools_cppflags)
tests_unit_cells_LDADD = $(tools_libs)
tests_unit_certificate_CPPFLAGS = $(tools_cppflags)
tests_unit_certificate_LDADD = $(tools_libs)
tests_unit_columns_CPPFLAGS = $(tools_cppflags)
tests_unit_columns_LDADD = $(tools_libs)
tests_unit_command_CPPFLAGS = $(tools_cppflags)
tests_unit_command_LDADD = $(tools_libs)
tests_unit_dial_CPPFLAGS = $(tools_cppflags)
tests_unit_dial_LDADD = $(tools_libs)
tests_unit_hosts_CPPFLAGS = $(tools_cppflags)
tests_unit_hosts_LDADD = $(tools_libs)
tests_unit_json_CPPFLAGS = $(tools_cppflags)
tests_unit_json_LDADD = $(tools_libs)
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

# The store of the daemon: real files, and what can happen to them.
unit_store = tests/unit-absence tests/unit-cell tests/unit-clear tests/unit-contents tests/unit-database \
	tests/unit-file tests/unit-journal tests/unit-layerfile tests/unit-list tests/unit-lockfile \
	tests/unit-open tests/unit-problem tests/unit-row tests/unit-schema tests/unit-store \
	tests/unit-table tests/unit-undo tests/unit-verify
check_PROGRAMS += $(unit_store)
TESTS += $(unit_store)
check_LTLIBRARIES += tests/libstores.la
tests_libstores_la_SOURCES = tests/stores.c tests/stores.h
tests_libstores_la_CFLAGS = $(AM_CFLAGS) $(GLIB_CFLAGS) $(SQLITE_CFLAGS) $(CMOCKA_CFLAGS)
tests_libstores_la_LIBADD = libdaemon.la
store_cppflags = $(AM_CPPFLAGS) $(GLIB_CFLAGS) $(SQLITE_CFLAGS) $(CMOCKA_CFLAGS)
store_libs = tests/libstores.la $(CMOCKA_LIBS) $(GLIB_LIBS) $(SQLITE_LIBS)
tests_unit_cell_CPPFLAGS = $(store_cppflags)
tests_unit_cell_LDADD = $(store_libs)
tests_unit_clear_CPPFLAGS = $(store_cppflags)
tests_unit_clear_LDADD = $(store_libs)
tests_unit_contents_CPPFLAGS = $(store_cppflags)
tests_unit_contents_LDADD = $(store_libs)
tests_unit_database_CPPFLAGS = $(store_cppflags)
tests_unit_database_LDADD = $(store_libs)
tests_unit_file_CPPFLAGS = $(store_cppflags)
tests_unit_file_LDADD = $(store_libs)
tests_unit_journal_CPPFLAGS = $(store_cppflags)
tests_unit_journal_LDADD = $(store_libs)
tests_unit_layerfile_CPPFLAGS = $(store_cppflags)
tests_unit_layerfile_LDADD = $(store_libs)
tests_unit_list_CPPFLAGS = $(store_cppflags)
tests_unit_list_LDADD = $(store_libs)
tests_unit_lockfile_CPPFLAGS = $(store_cppflags)
tests_unit_lockfile_LDADD = $(store_libs)
tests_unit_open_CPPFLAGS = $(store_cppflags)
tests_unit_open_LDADD = $(store_libs)
tests_unit_problem_CPPFLAGS = $(store_cppflags)
tests_unit_problem_LDADD = $(store_libs)
tests_unit_row_CPPFLAGS = $(store_cppflags)
tests_unit_row_LDADD = $(store_libs)
tests_unit_schema_CPPFLAGS = $(store_cppflags)
tests_unit_schema_LDADD = $(store_libs)
tests_unit_absence_CPPFLAGS = $(store_cppflags)
tests_unit_absence_LDADD = $(store_libs)
tests_unit_store_CPPFLAGS = $(store_cppflags)
tests_unit_store_LDADD = $(store_libs)
tests_unit_table_CPPFLAGS = $(store_cppflags)
tests_unit_table_LDADD = $(store_libs)
tests_unit_undo_CPPFLAGS = $(store_cppflags)
tests_unit_undo_LDADD = $(store_libs)
tests_unit_verify_CPPFLAGS = $(store_cppflags)
tests_unit_verify_LDADD = $(store_libs)

# Each call that the store makes fails, one after the other.
check_PROGRAMS += tests/store-faults
TESTS += tests/store-faults
tests_store_faults_CPPFLAGS = $(store_cppflags)
tests_store_faults_LDADD = $(store_libs)
tests_store_faults_LDFLAGS = $(AM_LDFLAGS) $(wrap)fsync $(wrap)fchmod $(wrap)flock $(wrap)fstat \
	$(wrap)lstat $(wrap)mkdir $(wrap)open $(wrap)pread $(wrap)pwrite $(wrap)realpath \
	$(wrap)rename $(wrap)stat $(wrap)malloc

# The command tlspin.
check_PROGRAMS += tests/json-query tests/make-layer tests/store-ticket tests/terminal
tests_json_query_CPPFLAGS = $(tools_cppflags)
tests_json_query_LDADD = $(JSON_LIBS)
tests_make_layer_CPPFLAGS = $(AM_CPPFLAGS) $(GLIB_CFLAGS)
tests_make_layer_LDADD = libdaemon.la $(GLIB_LIBS)
tests_store_ticket_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/common
tests_store_ticket_LDADD = libtlspin.la

# The client library's way to the daemon: a real bus, and fakepins for the daemon that has faults.
unit_client = tests/unit-address tests/unit-argument tests/unit-bus tests/unit-bus-fork \
	tests/unit-call tests/unit-call-replies tests/unit-client-admin tests/unit-client-status \
	tests/unit-connect tests/unit-context tests/unit-context-threads tests/unit-deadline \
	tests/unit-entry tests/unit-last tests/unit-lookup tests/unit-owner tests/unit-selection
check_PROGRAMS += $(unit_client) tests/fakepins
TESTS += $(unit_client)
client_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/common $(DBUS_CFLAGS)
client_libs = tests/libcaller.la $(CMOCKA_LIBS) $(DBUS_LIBS)
check_LTLIBRARIES += tests/libcaller.la
tests_libcaller_la_SOURCES = tests/bus.c tests/bus.h tests/caller.c tests/caller.h
tests_libcaller_la_CPPFLAGS = $(client_cppflags)
tests_libcaller_la_LIBADD = libclient.la
tests_fakepins_CPPFLAGS = $(client_cppflags)
tests_fakepins_LDADD = libbus.la $(DBUS_LIBS)
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
tests_unit_entry_CPPFLAGS = $(client_cppflags)
tests_unit_entry_LDADD = $(client_libs)
tests_unit_last_CPPFLAGS = $(client_cppflags)
tests_unit_last_LDADD = $(client_libs)
tests_unit_lookup_CPPFLAGS = $(client_cppflags)
tests_unit_lookup_LDADD = $(client_libs)
tests_unit_owner_CPPFLAGS = $(client_cppflags)
tests_unit_owner_LDADD = $(client_libs)
tests_unit_selection_CPPFLAGS = $(client_cppflags)
tests_unit_selection_LDADD = $(client_libs)

# The calls that libclient makes fail, one after the other.
check_PROGRAMS += tests/client-faults
TESTS += tests/client-faults
tests_client_faults_CPPFLAGS = $(client_cppflags)
tests_client_faults_LDADD = $(client_libs)
tests_client_faults_LDFLAGS = $(AM_LDFLAGS) $(wrap)malloc $(wrap)calloc $(wrap)reallocarray \
	$(wrap)strdup $(wrap)eventfd $(wrap)socket $(wrap)send $(wrap)dbus_address_escape_value \
	$(wrap)dbus_message_new_method_call $(wrap)dbus_message_copy \
	$(wrap)dbus_message_append_args $(wrap)dbus_connection_send_with_reply \
	$(wrap)dbus_connection_send $(wrap)dbus_connection_set_watch_functions \
	$(wrap)dbus_bus_set_unique_name

# The unit tests of the libraries and of the layers below them, and of the matrix what goes through
# every part of the handshake, under valgrind.
valgrind_tests = $(unit_common) $(unit_pinning) $(unit_handshake) $(unit_client) \
	tests/unit-attachment tests/unit-seal tests/unit-keytext tests/matrix-limits
check-valgrind: all
	@test -n '$(VALGRIND)' || { echo 'valgrind was not found by configure' >&2; exit 1; }
	$(MAKE) $(AM_MAKEFLAGS) check-am TESTS='$(valgrind_tests)' \
		LOG_COMPILER='$(LIBTOOL) --mode=execute $(VALGRIND) -q --leak-check=full \
		--errors-for-leak-kinds=definite --error-exitcode=1'
.PHONY: check-valgrind
TESTS += tests/completion.test tests/tlspin.test tests/tlspin-connect.test
EXTRA_DIST += tests/completion.test tests/tlspin.sh tests/tlspin.test tests/tlspin-connect.test

# The daemon above the store, and the messages. libupper: layers, a bus, and calls as words.
unit_upper = tests/unit-admin tests/unit-announce tests/unit-config-file tests/unit-contract \
	tests/unit-dict tests/unit-dispatch tests/unit-filter tests/unit-handlers \
	tests/unit-introspect tests/unit-layers tests/unit-layers-changes tests/unit-loop tests/unit-messages \
	tests/unit-pins tests/unit-policy tests/unit-policy-journal tests/unit-policy-list \
	tests/unit-policy-unavailable tests/unit-presence tests/unit-status tests/unit-watch
check_PROGRAMS += $(unit_upper)
TESTS += $(unit_upper)
check_LTLIBRARIES += tests/libupper.la
tests_libupper_la_SOURCES = tests/bus.c tests/bus.h tests/contract.c tests/contract.h \
	tests/counter.c tests/counter.h tests/strata.c tests/strata.h tests/values.c tests/values.h
upper_cppflags = $(AM_CPPFLAGS) -DCONTRACT_DIR='"$(abs_top_srcdir)/dbus"' $(DBUS_CFLAGS) $(GLIB_CFLAGS) \
	$(CMOCKA_CFLAGS)
upper_libs = tests/libupper.la $(CMOCKA_LIBS) $(DBUS_LIBS) $(GLIB_LIBS)
tests_libupper_la_CPPFLAGS = $(upper_cppflags)
tests_libupper_la_LIBADD = libdaemon.la
tests_unit_admin_CPPFLAGS = $(upper_cppflags)
tests_unit_admin_LDADD = $(upper_libs)
tests_unit_announce_CPPFLAGS = $(upper_cppflags)
tests_unit_announce_LDADD = $(upper_libs)
tests_unit_config_file_CPPFLAGS = $(upper_cppflags)
tests_unit_config_file_LDADD = $(upper_libs)
tests_unit_contract_CPPFLAGS = $(upper_cppflags)
tests_unit_contract_LDADD = $(upper_libs)
tests_unit_dict_CPPFLAGS = $(upper_cppflags)
tests_unit_dict_LDADD = libbus.la $(CMOCKA_LIBS) $(DBUS_LIBS)
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
tests_unit_loop_CPPFLAGS = $(upper_cppflags)
tests_unit_loop_LDADD = $(upper_libs)
tests_unit_messages_CPPFLAGS = $(upper_cppflags)
tests_unit_messages_LDADD = libbus.la libpinning.la libcommon.la $(CMOCKA_LIBS) $(DBUS_LIBS)
tests_unit_pins_CPPFLAGS = $(upper_cppflags)
tests_unit_pins_LDADD = $(upper_libs)
tests_unit_policy_CPPFLAGS = $(upper_cppflags)
tests_unit_policy_LDADD = $(upper_libs)
tests_unit_policy_journal_CPPFLAGS = $(upper_cppflags)
tests_unit_policy_journal_LDADD = $(upper_libs)
tests_unit_policy_list_CPPFLAGS = $(upper_cppflags)
tests_unit_policy_list_LDADD = $(upper_libs)
tests_unit_policy_unavailable_CPPFLAGS = $(upper_cppflags)
tests_unit_policy_unavailable_LDADD = $(upper_libs)
tests_unit_presence_CPPFLAGS = $(upper_cppflags)
tests_unit_presence_LDADD = $(upper_libs)
tests_unit_status_CPPFLAGS = $(upper_cppflags)
tests_unit_status_LDADD = $(upper_libs)
tests_unit_watch_CPPFLAGS = $(upper_cppflags)
tests_unit_watch_LDADD = $(upper_libs)
tests_unit_watch_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap,inotify_add_watch

# The daemon on a bus of its own.
bus_tests = tests/activation.bus tests/calls.bus tests/config.bus tests/damage.bus \
	tests/introspection.bus tests/layers.bus tests/log.bus tests/signals.bus
TESTS += $(bus_tests) tests/includes.test
EXTRA_DIST += $(bus_tests) tests/includes.sh tests/includes.test
check_PROGRAMS += tests/listen
tests_listen_SOURCES = tests/listen.c tests/values.c tests/values.h
tests_listen_CPPFLAGS = $(AM_CPPFLAGS) $(DBUS_CFLAGS)
tests_listen_LDADD = libbus.la libpinning.la libcommon.la $(DBUS_LIBS)

# The translations, and a program that says something in them.
check_PROGRAMS += tests/texts
tests_texts_LDADD = libcommon.la
TESTS += tests/translation.test
EXTRA_DIST += tests/translation.test
