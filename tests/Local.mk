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
tests_unit_text_SOURCES = tests/unit-text.c tests/locales.c tests/locales.h
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
TESTS += tests/man.test tests/story.test
EXTRA_DIST += tests/man.test tests/story.test
