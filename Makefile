# mkscratch: `make` builds build/mkscratch; `make help` lists the rest.
#
#   MODE=release|debug|asan|tsan|cov|fuzz|swift   how to build (release)
#   BUILD=DIR                          where (build); objects of a mode lie in $(BUILD)/$(MODE)
#   DEVELOPER=1                        warnings are errors, and the compiler's analyzer runs
#   FUZZ=TARGET FUZZ_SECONDS=60        for fuzz: one of tests/fuzz/fuzz_TARGET.c (all), and how long each
#   DESTDIR= PREFIX=/usr/local         for install
#   STATIC_LIBS='archive crypto ...'   which libraries become part of the program, where they can be linked (release: all)

MODE    ?= release
BUILD   ?= build
PREFIX  ?= /usr/local
CC      ?= cc
AR      ?= ar
PKG_CONFIG ?= pkg-config
MAKEFLAGS += --no-builtin-rules

VERSION := 0.1.0
O       := $(BUILD)/$(MODE)
BIN     := $(if $(filter release,$(MODE)),$(BUILD)/mkscratch,$(O)/mkscratch)

LIBS := libarchive libcrypto jansson libelf libdeflate libzstd zlib
LIBS_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(LIBS))
LIBS_LDLIBS := $(shell $(PKG_CONFIG) --libs $(LIBS))

# Loading shared libraries is half of what starting costs: libarchive's alone brings some ten more (XML, ICU, LZMA, ...) of
# which a tar needs none. Of a static one only what is called comes in; it is taken where a program can be made with it. The
# order is that of the linker: each before those it needs itself. The other modes link faster with shared ones, and
# sanitizers see more.
STATIC_LIBS ?= archive $(if $(filter release,$(MODE)),crypto jansson elf deflate zstd z)

CALLS_archive := archive_write_set_format_pax_restricted()+archive_write_set_options()+archive_read_support_filter_gzip()+\
	archive_read_support_filter_zstd()+archive_read_support_format_tar()+archive_read_support_format_raw()
CALLS_crypto  := SHA256_Update()+d2i_X509_NAME()
CALLS_jansson := json_loadb()+json_dump_callback()
CALLS_elf     := elf_memory()+elf_getdata()
CALLS_deflate := libdeflate_deflate_compress()+libdeflate_crc32()
CALLS_zstd    := ZSTD_compress2()+ZSTD_decompressDCtx()
CALLS_z       := inflate()
LIBS_PATHS    := $(filter -L%,$(LIBS_LDLIBS))
links = $(shell echo 'int main(void) { return $(foreach l,$(1),$(CALLS_$(l))+) 0; }' | $(CC) -std=gnu89 -w -pthread -x c - \
	-o /dev/null $(LIBS_PATHS) $(LDFLAGS) -Wl,--gc-sections $(1:%=-l:lib%.a) -lzstd -lz 2>/dev/null && echo '$(1)')
STATIC := $(or $(call links,$(STATIC_LIBS)),$(foreach l,$(STATIC_LIBS),$(call links,$(l))))
LIBS_LDLIBS := $(LIBS_PATHS) -Wl,--gc-sections $(STATIC:%=-l:lib%.a) $(filter-out -L% $(STATIC:%=-l%),$(LIBS_LDLIBS))

# A flag the compiler does not know is left out.
accepts = $(shell echo 'int main(void){return 0;}' | $(CC) -Werror $(1) -x c - -o /dev/null 2>/dev/null && echo '$(1)')
ARCH_CFLAGS := $(call accepts,-fcf-protection=full)
ARCH_CFLAGS += $(if $(filter aarch64%,$(shell $(CC) -dumpmachine)),$(call accepts,-mbranch-protection=standard))

WARN := -Wall -Wextra -Wshadow -Wformat=2 -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wpointer-arith \
	-Wundef -Wdate-time -Wwrite-strings
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE $(call accepts,-fstack-clash-protection) \
	$(ARCH_CFLAGS) $(call accepts,-ftrivial-auto-var-init=zero) -fno-strict-overflow \
	-fno-delete-null-pointer-checks $(call accepts,-fstrict-flex-arrays=3)
HARDEN_LD := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed

MODE_release := -O2 $(HARDEN)
MODE_debug   := -O0 -g3
MODE_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
MODE_tsan    := -O1 -g -fsanitize=thread
MODE_swift   := -O2 -g -fsanitize=fuzzer-no-link
# Counters lie in a file that the kernel writes: what ends by a signal, by _exit or in the sandbox is counted too. Its
# name is part of the program, since tests start it with an environment of their own.
MODE_cov     := -O1 -g -fcoverage-mapping -mllvm -runtime-counter-relocation \
	-fprofile-instr-generate='$(abspath $(BUILD))/cov/profile/%c%m.profraw'
MODE_fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LD_release   := $(HARDEN_LD)
LD_asan      := -fsanitize=address,undefined
LD_fuzz      := -fsanitize=address,undefined
LD_tsan      := -fsanitize=thread
LD_cov       := -fprofile-instr-generate

ifdef DEVELOPER
WARN += -Werror
ANALYZER := $(if $(findstring Free Software Foundation,$(shell $(CC) --version)),-fanalyzer)
endif

ALL_CFLAGS := -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DMSK_VERSION='"$(VERSION)"' -Iinclude -pthread \
	$(WARN) $(MODE_$(MODE)) $(LIBS_CFLAGS) $(CFLAGS)
ALL_LDFLAGS := -pthread $(LD_$(MODE)) $(LDFLAGS)
ALL_LDLIBS := $(LIBS_LDLIBS) $(LDLIBS)

SRC  := $(sort $(filter-out src/main.c,$(wildcard src/*.c src/*/*.c))) probe/url.c probe/text.c
OBJ  := $(SRC:%.c=$(O)/%.o) $(O)/probe/table.o
# The analyzer for the program's sources. An assertion that fails is a bug: there is no test of it.
$(OBJ) $(O)/src/main.o: ALL_CFLAGS += $(ANALYZER) $(if $(filter cov,$(MODE)),-DNDEBUG)
LIB  := $(O)/libmkscratch.a
UNIT := $(sort $(wildcard tests/unit/test_*.c))
UNIT_BIN := $(UNIT:tests/unit/%.c=$(O)/tests/%)

# A fuzz target is driven by libFuzzer in MODE=fuzz and MODE=swift, and by replay.c in the others.
FUZZ         := $(sort $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_BIN     := $(FUZZ:%=$(O)/fuzz/fuzz_%)
FUZZ_DRIVER  := $(if $(filter fuzz swift,$(MODE)),,tests/fuzz/replay.c)
LD_FUZZ      := $(if $(filter fuzz swift,$(MODE)),-fsanitize=fuzzer)
FUZZ_CFLAGS  := $(call accepts,-Wno-override-init) $(call accepts,-Wno-initializer-overrides) -MMD -MP
FUZZ_CC      ?= clang
FUZZ_SECONDS ?= 60

.PHONY: all lib unit differ check check-asan torture peers repro check-tsan coverage tidy valgrind fuzz fuzz-bin fuzz-seeds lint lint-deps bench install uninstall dist clean help
all: $(BIN)
lib: $(LIB)
unit: $(UNIT_BIN) $(if $(filter release,$(MODE)),$(O)/fuzz/facts $(O)/fuzz/deflated)
fuzz-bin: $(FUZZ_BIN)

include probe/probe.mk

$(BIN): $(O)/src/main.o $(LIB)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(ALL_LDLIBS)

$(LIB): $(OBJ)
	@rm -f $@
	$(AR) rcsD $@ $^

$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/src/cli/inspect_page.o: src/page/inspect.html

$(O)/tests/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Wno-override-init -Itests/unit -MMD -MP -o $@ $< $(LIB) $(ALL_LDFLAGS) -lcmocka $(ALL_LDLIBS)

# Of several sources at once the compiler tells the headers of the last alone.
$(O)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_DRIVER) $(wildcard tests/fuzz/*.h) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(FUZZ_CFLAGS) -o $@ $< $(FUZZ_DRIVER) $(LIB) $(ALL_LDFLAGS) $(LD_FUZZ) $(ALL_LDLIBS)

$(O)/fuzz/seeds $(O)/fuzz/facts $(O)/fuzz/deflated: $(O)/fuzz/%: tests/fuzz/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(FUZZ_CFLAGS) -o $@ $< $(LIB) $(ALL_LDFLAGS) $(ALL_LDLIBS)

# Search for inputs that break a parser, with sanitizers and, five times as fast, without. What is found lands in its corpus, where
# `make check` meets it again; inputs that merely lead to new places are kept in build/fuzz/found. What was done is added to
# tests/FUZZ.json, from which tests/FUZZ.md is made.
fuzz:
	@$(MAKE) --no-print-directory MODE=fuzz CC='$(FUZZ_CC)' fuzz-bin
	@$(MAKE) --no-print-directory MODE=swift CC='$(FUZZ_CC)' fuzz-bin
	@BUILD='$(abspath $(BUILD))' python3 tests/fuzz/campaign.py --seconds $(FUZZ_SECONDS) $(FUZZ:%=--target %)

# Our readings of ELF files, tars and images against those of other tools; the counts are added to tests/FUZZ.md.
differ: all unit
	@BUILD='$(abspath $(BUILD))' MKSCRATCH='$(abspath $(BIN))' python3 tests/oracle/differ.py --mutants 6000 --record \
		--seed $(or $(SEED),$(shell date +%s))

fuzz-seeds: $(O)/fuzz/seeds
	$< tests/fuzz/corpus
	python3 -B tests/fuzz/seeds.py

# Every suite against the release program; unit tests and the fuzzers' corpora also under the sanitizers.
check: all unit lint
	@$(MAKE) --no-print-directory MODE=asan unit fuzz-bin
	BUILD='$(abspath $(BUILD))' MKSCRATCH='$(abspath $(BIN))' tests/run.sh

check-asan:
	@$(MAKE) --no-print-directory MODE=asan all unit fuzz-bin
	BUILD='$(abspath $(BUILD))' MKSCRATCH='$(abspath $(BUILD)/asan/mkscratch)' tests/run.sh

# What starts threads, under the thread sanitizer: none of its reports is forgiven.
TSAN_UNIT   := test_task test_early test_compress test_cache test_layer test_sink
TSAN_SUITES := integration/cache integration/progress integration/auto integration/content repro/ spec/compression
check-tsan:
	@$(MAKE) --no-print-directory MODE=tsan all $(TSAN_UNIT:%='$(BUILD)'/tsan/tests/%)
	@for t in $(TSAN_UNIT); do TSAN_OPTIONS='exitcode=66' '$(BUILD)'/tsan/tests/$$t || exit 1; done
	@rm -f '$(BUILD)'/tsan/report.*
	@for s in $(TSAN_SUITES); do TSAN_OPTIONS='exitcode=66 log_path=$(abspath $(BUILD))/tsan/report' BUILD='$(abspath $(BUILD))' \
		MKSCRATCH='$(abspath $(BUILD)/tsan/mkscratch)' tests/run.sh -k $$s || exit 1; done
	@! ls '$(BUILD)'/tsan/report.* 2>/dev/null

# Everything else fails: memory, system calls, the disk, the power. Half an hour; the figures go into tests/TORTURE.md.
TORTURE := oom corpora calls kill order disk hostile mutate parallel entries
torture: all
	@$(MAKE) --no-print-directory MODE=asan fuzz-bin
	@for t in $(TORTURE); do \
		BUILD='$(abspath $(BUILD))' MKSCRATCH='$(abspath $(BIN))' python3 tests/fault/$$t.py --full || true; \
	done
	@BUILD='$(abspath $(BUILD))' MKSCRATCH='$(abspath $(BIN))' python3 tests/fault/report.py

# What of the sources the suites come to; the figures go into tests/COVERAGE.md. COVERAGE='-k PATTERN...': see the script.
coverage:
	@$(MAKE) --no-print-directory MODE=cov CC='$(FUZZ_CC)' all unit fuzz-bin
	@BUILD='$(abspath $(BUILD))' python3 tests/tools/coverage.py $(COVERAGE)

# .clang-tidy says which checks; a file at a time, two at once. TIDY_SRC='src/elf/*.c': these alone.
TIDY       ?= clang-tidy
TIDY_SRC   ?= src/*.c src/*/*.c probe/*.c bench/*.c tests/unit/*.c tests/fuzz/*.c tests/tools/*.c
TIDY_FLAGS := $(filter-out -pthread -W% -O% -f% -D_FORTIFY_SOURCE%,$(ALL_CFLAGS)) -Itests/unit
tidy:
	@printf '%s\n' $(or $(wildcard $(TIDY_SRC)),$(error nothing matches $(TIDY_SRC))) | xargs -P2 -I{} $(TIDY) --quiet {} -- $(TIDY_FLAGS) 2>/dev/null

# Every verb under memcheck: no error, nothing left at the end.
valgrind: all
	@BUILD='$(abspath $(BUILD))' MKSCRATCH='$(abspath $(BIN))' python3 tests/fault/memcheck.py

# Peers that are built from source, which takes minutes the first time (Go 1.25 or later); the figures go into tests/PEERS.md.
peers: all
	@status=0; SUITES=peers BUILD='$(abspath $(BUILD))' MKSCRATCH='$(abspath $(BIN))' tests/run.sh || status=$$?; \
		BUILD='$(abspath $(BUILD))' MKSCRATCH='$(abspath $(BIN))' python3 tests/peers/report.py && exit $$status

# Builds with other libraries, or other builds of the same, give the same images: musl and all it needs, versions of libdeflate,
# libzstd and libarchive. The first time it downloads and compiles them, which takes minutes. At the end it says what was compared.
repro: all
	@rm -f '$(BUILD)'/libraries/compared
	@SUITES=libraries BUILD='$(abspath $(BUILD))' MKSCRATCH='$(abspath $(BIN))' tests/run.sh; status=$$?; \
		cat '$(BUILD)'/libraries/compared && exit $$status

lint:
	@tests/tools/lint-deps.sh
	@tests/tools/lint-size.sh
	@tests/tools/lint-cleanup.sh
	@tests/tools/banned.sh

# Side by side with the other tools; what it takes from the environment is told at the head of bench/bench.py.
$(BUILD)/bench/%: bench/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -pthread $(WARN) $(LIBS_CFLAGS) $(CFLAGS) -o $@ $< $(LDFLAGS) $(ALL_LDLIBS)

bench: $(BIN) $(BUILD)/bench/limit $(BUILD)/bench/stopwatch
	BUILD='$(abspath $(BUILD))' MKSCRATCH='$(abspath $(BIN))' PYTHONDONTWRITEBYTECODE=1 python3 bench/bench.py

$(BUILD)/man/mkscratch.1: $(BIN)
	@mkdir -p $(@D)
	$(BIN) help --man >$@

$(BUILD)/completion/mkscratch.%: $(BIN)
	@mkdir -p $(@D)
	$(BIN) completion $* >$@

install: $(BIN) $(BUILD)/man/mkscratch.1 $(foreach s,bash zsh fish,$(BUILD)/completion/mkscratch.$(s))
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(DESTDIR)$(PREFIX)/share/man/man1' \
		'$(DESTDIR)$(PREFIX)/share/bash-completion/completions' \
		'$(DESTDIR)$(PREFIX)/share/zsh/site-functions' '$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d'
	install -m 755 $(BIN) '$(DESTDIR)$(PREFIX)/bin/mkscratch'
	install -m 644 $(BUILD)/man/mkscratch.1 '$(DESTDIR)$(PREFIX)/share/man/man1/mkscratch.1'
	install -m 644 $(BUILD)/completion/mkscratch.bash '$(DESTDIR)$(PREFIX)/share/bash-completion/completions/mkscratch'
	install -m 644 $(BUILD)/completion/mkscratch.zsh '$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_mkscratch'
	install -m 644 $(BUILD)/completion/mkscratch.fish '$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/mkscratch.fish'

uninstall:
	rm -f '$(DESTDIR)$(PREFIX)/bin/mkscratch' '$(DESTDIR)$(PREFIX)/share/man/man1/mkscratch.1' \
		'$(DESTDIR)$(PREFIX)/share/bash-completion/completions/mkscratch' \
		'$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_mkscratch' \
		'$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/mkscratch.fish'

# A release: the source as committed, and the probes of all machines, for those who have fewer compilers.
dist: $(PROBES)
	git archive --prefix=mkscratch-$(VERSION)/ $(foreach a,$(notdir $(PROBES)),--prefix=mkscratch-$(VERSION)/probe/prebuilt/ \
		--add-file=$(BUILD)/probe/$(a)) --prefix=mkscratch-$(VERSION)/ HEAD | gzip -n9 >$(BUILD)/mkscratch-$(VERSION).tar.gz

clean:
	rm -rf $(BUILD)

help:
	@echo 'make              build/mkscratch'
	@echo 'make check        all tests (./bootstrap check installs what they need)'
	@echo 'make check-asan   the same against the sanitizers build'
	@echo 'make check-tsan   what starts threads, against the thread sanitizer build'
	@echo 'make fuzz         search for inputs that break a parser (clang); FUZZ=TARGET FUZZ_SECONDS=60'
	@echo 'make torture      let everything else fail; writes tests/TORTURE.md'
	@echo 'make coverage     lines and branches that the suites come to (clang); writes tests/COVERAGE.md'
	@echo 'make tidy         clang-tidy with the checks of .clang-tidy'
	@echo 'make valgrind     every verb under memcheck'
	@echo 'make peers        Docker 29 and BuildKit, built from source and held against us; writes tests/PEERS.md'
	@echo 'make repro        the same bytes by builds with musl and with other versions of libraries'
	@echo 'make lint         rules of the house: include directions, sizes, what is cleaned up, banned calls'
	@echo 'make bench        measure beside other tools (BENCH_QUICK=1: in short; see bench/bench.py)'
	@echo 'make install      program, man page, completions; DESTDIR= PREFIX='
	@echo 'make dist         build/mkscratch-$(VERSION).tar.gz, with the probes of all machines'
	@echo 'make clean'

-include $(shell find $(O) -name '*.d' 2>/dev/null)
