# Not built by default: make bench; a short run is part of make check, so that it goes on working.
check_PROGRAMS += bench/bench bench/empty bench/measure bench/pace
bench_bench_SOURCES = bench/activation.c bench/asker.c bench/asker.h bench/bench.c bench/bench.h bench/calls.c \
	bench/decisions.c bench/handshakes.c bench/sample.c bench/sample.h tests/path.c tests/path.h
bench_bench_CPPFLAGS = $(matrix_cppflags)
bench_bench_CFLAGS = $(AM_CFLAGS) $(DBUS_CFLAGS) $(GNUTLS_CFLAGS) -pthread
bench_bench_LDADD = $(matrix_libs)
bench_empty_SOURCES = bench/empty.c
bench_empty_CFLAGS = $(AM_CFLAGS) $(DBUS_CFLAGS)
bench_empty_LDADD = $(DBUS_LIBS)
bench_measure_SOURCES = bench/measure.c bench/sample.c bench/sample.h
bench_pace_SOURCES = bench/asker.c bench/asker.h bench/pace.c bench/sample.c bench/sample.h
bench_pace_CPPFLAGS = $(AM_CPPFLAGS) $(DBUS_CFLAGS)
bench_pace_LDADD = libbus.la libpinning.la libcommon.la $(DBUS_LIBS)
TESTS += bench/bench.test
EXTRA_DIST += bench/bench.test bench/compile.sh

.PHONY: bench
bench: bench/bench bench/empty bench/measure tlspind tools/tlspin
	$(AM_V_at)TOP_BUILDDIR='$(abs_top_builddir)' DBUS_DAEMON='$(DBUS_DAEMON)' bench/bench 2>/dev/null
	$(AM_V_at)TOP_SRCDIR='$(abs_top_srcdir)' TOP_BUILDDIR='$(abs_top_builddir)' sh '$(srcdir)/bench/compile.sh'
