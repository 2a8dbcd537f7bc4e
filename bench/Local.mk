# Not built by default: make bench; a short run is part of make check, so that it goes on working.
check_PROGRAMS += bench/bench bench/empty
bench_bench_SOURCES = bench/bench.c bench/sample.c bench/sample.h
bench_bench_CPPFLAGS = $(matrix_cppflags)
bench_bench_CFLAGS = $(AM_CFLAGS) $(DBUS_CFLAGS) $(GNUTLS_CFLAGS) -pthread
bench_bench_LDADD = $(matrix_libs)
bench_empty_SOURCES = bench/empty.c
bench_empty_CFLAGS = $(AM_CFLAGS) $(DBUS_CFLAGS)
bench_empty_LDADD = $(DBUS_LIBS)
TESTS += bench/bench.test
EXTRA_DIST += bench/bench.test

.PHONY: bench
bench: bench/bench bench/empty tlspind
	$(AM_V_at)TOP_BUILDDIR='$(abs_top_builddir)' DBUS_DAEMON='$(DBUS_DAEMON)' bench/bench 2>/dev/null
