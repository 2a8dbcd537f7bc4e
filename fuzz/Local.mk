# Fuzz targets. Configured with --enable-fuzzing they are linked with libFuzzer, and scripts/fuzz
# runs them; else with replay.c, and each is a test that runs what is in fuzz/corpus/NAME/.
fuzz_targets = fuzz/fuzz-certificate fuzz/fuzz-host fuzz/fuzz-import fuzz/fuzz-keyfile \
	fuzz/fuzz-message fuzz/fuzz-methods fuzz/fuzz-policy fuzz/fuzz-rows fuzz/fuzz-salvage fuzz/fuzz-store \
	fuzz/fuzz-wire
fuzz_scratch = fuzz/scratch.c fuzz/scratch.h
EXTRA_DIST += fuzz/corpus fuzz/fuzz.h fuzz/fuzz.test scripts/fuzz scripts/fuzz-seeds
full_tests += fuzz/fuzz.test
check_PROGRAMS += $(fuzz_targets)
FUZZ_CPPFLAGS = $(AM_CPPFLAGS) $(GLIB_CFLAGS) $(GNUTLS_CFLAGS) -DFUZZ_CORPUS='"$(abs_top_srcdir)/fuzz/corpus"'
FUZZ_LINK = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
if FUZZING
fuzz_main =
else
fuzz_main = fuzz/replay.c
TESTS += $(fuzz_targets)
endif
fuzz_fuzz_certificate_SOURCES = fuzz/fuzz-certificate.c $(fuzz_main)
fuzz_fuzz_certificate_CPPFLAGS = $(FUZZ_CPPFLAGS)
fuzz_fuzz_certificate_LDADD = libpinning.la $(GNUTLS_LIBS)
fuzz_fuzz_certificate_LDFLAGS = $(FUZZ_LINK)
fuzz_fuzz_host_SOURCES = fuzz/fuzz-host.c $(fuzz_main)
fuzz_fuzz_host_CPPFLAGS = $(FUZZ_CPPFLAGS)
fuzz_fuzz_host_LDADD = libpinning.la $(GLIB_LIBS)
fuzz_fuzz_host_LDFLAGS = $(FUZZ_LINK)
fuzz_fuzz_keyfile_SOURCES = fuzz/fuzz-keyfile.c $(fuzz_main)
fuzz_fuzz_keyfile_CPPFLAGS = $(FUZZ_CPPFLAGS)
fuzz_fuzz_keyfile_LDADD = libserver.la $(GNUTLS_LIBS)
fuzz_fuzz_keyfile_LDFLAGS = $(FUZZ_LINK)
fuzz_fuzz_import_SOURCES = fuzz/fuzz-import.c $(fuzz_scratch) $(fuzz_main)
fuzz_fuzz_import_CPPFLAGS = $(FUZZ_CPPFLAGS)
fuzz_fuzz_import_LDADD = libformats.la libpolicy.la $(GLIB_LIBS)
fuzz_fuzz_import_LDFLAGS = $(FUZZ_LINK)
fuzz_fuzz_policy_SOURCES = fuzz/fuzz-policy.c $(fuzz_scratch) $(fuzz_main)
fuzz_fuzz_policy_CPPFLAGS = $(FUZZ_CPPFLAGS)
fuzz_fuzz_policy_LDADD = libpolicy.la $(GLIB_LIBS)
fuzz_fuzz_policy_LDFLAGS = $(FUZZ_LINK)
fuzz_specimen = fuzz/specimen.c fuzz/specimen.h $(fuzz_scratch)
fuzz_fuzz_rows_SOURCES = fuzz/fuzz-rows.c $(fuzz_specimen) $(fuzz_main)
fuzz_fuzz_rows_CPPFLAGS = $(FUZZ_CPPFLAGS)
fuzz_fuzz_rows_LDADD = libdaemon.la $(GLIB_LIBS) $(SQLITE_LIBS)
fuzz_fuzz_rows_LDFLAGS = $(FUZZ_LINK)
fuzz_fuzz_salvage_SOURCES = fuzz/fuzz-salvage.c $(fuzz_specimen) $(fuzz_main)
fuzz_fuzz_salvage_CPPFLAGS = $(FUZZ_CPPFLAGS)
fuzz_fuzz_salvage_LDADD = libdaemon.la $(GLIB_LIBS) $(SQLITE_LIBS)
fuzz_fuzz_salvage_LDFLAGS = $(FUZZ_LINK)
fuzz_fuzz_store_SOURCES = fuzz/fuzz-store.c $(fuzz_specimen) $(fuzz_main)
fuzz_fuzz_store_CPPFLAGS = $(FUZZ_CPPFLAGS)
fuzz_fuzz_store_LDADD = libdaemon.la $(GLIB_LIBS)
fuzz_fuzz_store_LDFLAGS = $(FUZZ_LINK)
fuzz_fuzz_wire_SOURCES = fuzz/fuzz-wire.c $(fuzz_main)
fuzz_fuzz_wire_CPPFLAGS = $(FUZZ_CPPFLAGS)
fuzz_fuzz_wire_LDADD = libserver.la $(GNUTLS_LIBS)
fuzz_fuzz_wire_LDFLAGS = $(FUZZ_LINK)
fuzz_fuzz_message_SOURCES = fuzz/fuzz-message.c $(marshal) $(fuzz_main)
fuzz_fuzz_message_CPPFLAGS = $(FUZZ_CPPFLAGS) $(DBUS_CFLAGS)
fuzz_fuzz_message_LDADD = libbus.la libpinning.la $(DBUS_LIBS) $(GLIB_LIBS)
fuzz_fuzz_message_LDFLAGS = $(FUZZ_LINK)
fuzz_fuzz_methods_SOURCES = fuzz/fuzz-methods.c $(marshal) $(fuzz_specimen) $(fuzz_main)
fuzz_fuzz_methods_CPPFLAGS = $(FUZZ_CPPFLAGS) $(DBUS_CFLAGS)
fuzz_fuzz_methods_LDADD = libdaemon.la $(DBUS_LIBS) $(GLIB_LIBS)
fuzz_fuzz_methods_LDFLAGS = $(FUZZ_LINK)

clean-local: clean-fuzz
clean-fuzz:
	rm -rf fuzz/build fuzz/build.log
.PHONY: clean-fuzz
