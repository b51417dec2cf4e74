# The health probe, once for each machine, and the table by which it becomes part of mkscratch.
#
# A machine whose compiler is not there takes probe/prebuilt/ARCH, which `make dist` puts into a release; where that is
# missing too, this mkscratch has no probe for it and says so when one is asked for.

PROBE_SRC   := probe/main.c probe/http.c probe/grpc.c probe/net.c probe/url.c probe/text.c probe/memory.c
PROBE_ARCHS := amd64 arm64 arm 386 riscv64 ppc64le s390x

probe_gcc_amd64   := x86_64-linux-gnu-gcc
probe_gcc_arm64   := aarch64-linux-gnu-gcc
probe_gcc_arm     := arm-linux-gnueabihf-gcc
probe_gcc_386     := i686-linux-gnu-gcc
probe_gcc_riscv64 := riscv64-linux-gnu-gcc
probe_gcc_ppc64le := powerpc64le-linux-gnu-gcc
probe_gcc_s390x   := s390x-linux-gnu-gcc

# The compiler of this build makes those of its own machine; on amd64 it makes 386 as well.
PROBE_HOST := $(patsubst x86_64-%,amd64,$(patsubst aarch64-%,arm64,$(patsubst riscv64-%,riscv64,$(patsubst \
	powerpc64le-%,ppc64le,$(patsubst s390x-%,s390x,$(shell $(CC) -dumpmachine))))))
probe_own_$(PROBE_HOST) := $(CC)
ifeq ($(PROBE_HOST),amd64)
probe_own_386 := $(CC) -m32
endif

# Least common ground of each machine; soft floats, as there are none.
probe_flags_amd64 := $(call accepts,-fcf-protection=none)
probe_flags_386   := $(call accepts,-fcf-protection=none) -march=i586
probe_flags_arm   := -marm -march=armv5te -mfloat-abi=soft

PROBE_CFLAGS := -std=gnu11 -Os -Iinclude -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fno-pic \
	-fno-pie -ffunction-sections $(call accepts,-fno-tree-loop-distribute-patterns) -Wall -Wextra -Wshadow -Wmissing-prototypes
PROBE_LDFLAGS := -nostdlib -static -no-pie -s -Wl,--gc-sections,--build-id=none,-z,noexecstack,-z,norelro

probe_cc = $(or $(probe_own_$(1)),$(if $(shell command -v $(probe_gcc_$(1)) 2>/dev/null),$(probe_gcc_$(1))))
PROBES := $(foreach a,$(PROBE_ARCHS),$(if $(or $(call probe_cc,$(a)),$(wildcard probe/prebuilt/$(a))),$(BUILD)/probe/$(a)))

$(BUILD)/probe/%: $(PROBE_SRC) $(wildcard probe/*.h) include/mkscratch/probe_url.h probe/probe.mk
	@mkdir -p $(@D)
	$(if $(call probe_cc,$*),$(call probe_cc,$*) $(PROBE_CFLAGS) $(probe_flags_$*) $(PROBE_LDFLAGS) -o $@ $(PROBE_SRC),cp \
		probe/prebuilt/$* $@)

# One row a probe; the bytes come in through the assembler.
$(BUILD)/probe/table.c: $(PROBES) probe/table.sh
	@mkdir -p $(@D)
	probe/table.sh $(@D) $(notdir $(PROBES)) >$@.new && mv $@.new $@

$(O)/probe/table.o: $(BUILD)/probe/table.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

probes: $(PROBES)
.PHONY: probes
