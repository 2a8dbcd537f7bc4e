# Every unit test is tests/unit-NAME.c for one source file NAME.c, with CMocka.
# A paragraph a layer: the programs, and the convenience library that they link.
AM_TESTS_ENVIRONMENT = \
	TOP_SRCDIR='$(abs_top_srcdir)'; TOP_BUILDDIR='$(abs_top_builddir)'; \
	DBUS_DAEMON='$(DBUS_DAEMON)'; VALGRIND='$(VALGRIND)'; \
	export TOP_SRCDIR TOP_BUILDDIR DBUS_DAEMON VALGRIND;
TEST_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_DATA='"$(abs_top_srcdir)/tests/data"'

unit_common = tests/unit-bytes tests/unit-error tests/unit-host tests/unit-spki tests/unit-text
check_PROGRAMS += $(unit_common)
TESTS += $(unit_common)
tests_unit_bytes_LDADD = libcommon.la $(CMOCKA_LIBS)
tests_unit_error_LDADD = libcommon.la $(CMOCKA_LIBS)
tests_unit_host_CPPFLAGS = $(TEST_CPPFLAGS) $(JSON_CFLAGS)
tests_unit_host_LDADD = libcommon.la $(CMOCKA_LIBS) $(JSON_LIBS)
tests_unit_spki_LDADD = libcommon.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_text_LDADD = libcommon.la $(CMOCKA_LIBS)

unit_pinning = tests/unit-refusal tests/unit-ticket
check_PROGRAMS += $(unit_pinning)
TESTS += $(unit_pinning)
tests_unit_refusal_LDADD = libpinning.la $(CMOCKA_LIBS)
tests_unit_ticket_CPPFLAGS = $(TEST_CPPFLAGS) $(JSON_CFLAGS)
tests_unit_ticket_LDADD = libpinning.la $(CMOCKA_LIBS) $(JSON_LIBS)

unit_handshake = tests/unit-hello tests/unit-probe tests/unit-secret tests/unit-session tests/unit-transcript
check_PROGRAMS += $(unit_handshake)
TESTS += $(unit_handshake)
tests_unit_hello_LDADD = libhandshake.la $(CMOCKA_LIBS)
tests_unit_probe_LDADD = libhandshake.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_secret_LDADD = libhandshake.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_session_LDADD = libhandshake.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
tests_unit_transcript_LDADD = libhandshake.la $(CMOCKA_LIBS) $(GNUTLS_LIBS)
