# The front door: Meson and Ninja do the work. The build is in build/, the program is build/thalweg.
BUILD          ?= build
PREFIX         ?= /usr/local
FUZZ_SECONDS   ?= 60
CONFORMANCE    ?= ../shared/conformance/conformance.py
BIDS           ?= $(BUILD)/bids.json
ROUNDS         ?= 3
CLANG          ?= clang-19
MESON_FLAGS    ?=
SETUP          := tools/setup.sh
MAKEFLAGS      += --no-print-directory
# Sanitizers report the first finding and end the test with it.
SANITIZERS     := UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 ASAN_OPTIONS=detect_leaks=1 TSAN_OPTIONS=halt_on_error=1
TEST           := meson test --no-rebuild --print-errorlogs --quiet

# $(call configure,FOLDER,OPTIONS): sets a build folder up, once.
configure = @test -f $(1)/build.ninja || { echo "configure $(1)"; $(3) meson setup $(1) $(2) $(MESON_FLAGS) >$(1).log 2>&1 \
	&& rm $(1).log || { cat $(1).log; rm -rf $(1) $(1).log; echo "configuring failed; $(SETUP) installs what is missing"; exit 1; }; }
ninja = @echo "build $(1)"; ninja -C $(1) --quiet $(2)

.PHONY: build setup check test demo asan tsan fuzz clang bench conformance includes format docs tidy install clean help
.DEFAULT_GOAL := build

build: ## build the release into build/ (the default)
	$(call configure,$(BUILD),--buildtype=release)
	$(call ninja,$(BUILD))

setup: ## install the Debian packages that are missing (tools/packages.txt)
	@$(SETUP) build

check: build ## unit and behaviour tests, under a minute
	@echo "test $(BUILD)"; $(TEST) -C $(BUILD) --no-suite slow

test: setup ## set up, build, run everything; what CI runs
	@$(MAKE) build
	@echo "test $(BUILD)"; $(TEST) -C $(BUILD)
	@$(MAKE) asan tsan includes

demo: setup ## set up, build, show the market example on recorded trades
	@$(MAKE) build
	@$(BUILD)/thalweg demo

asan: ## all tests under AddressSanitizer and UBSan, in build-asan/
	$(call configure,build-asan,-Db_sanitize=address$(COMMA)undefined)
	$(call ninja,build-asan)
	@echo "test build-asan"; $(SANITIZERS) $(TEST) -C build-asan --wrapper $(CURDIR)/tools/fixed_layout.sh --timeout-multiplier 5

tsan: ## all tests under ThreadSanitizer, in build-tsan/
	$(call configure,build-tsan,-Db_sanitize=thread)
	$(call ninja,build-tsan)
	@echo "test build-tsan"; $(SANITIZERS) $(TEST) -C build-tsan --wrapper $(CURDIR)/tools/fixed_layout.sh --timeout-multiplier 10

fuzz: ## every fuzz target for FUZZ_SECONDS (60), in build-fuzz/
	@$(SETUP) build clang
	$(call configure,build-fuzz,-Dfuzz=true -Db_sanitize=address$(COMMA)undefined -Db_lundef=false,CC=$(CLANG))
	$(call ninja,build-fuzz)
	@tools/fuzz.sh build-fuzz $(FUZZ_SECONDS)

clang: ## build and check with clang, warnings as errors, in build-clang/
	@$(SETUP) build clang
	$(call configure,build-clang,--buildtype=release --werror,CC=$(CLANG))
	$(call ninja,build-clang)
	@echo "test build-clang"; $(TEST) -C build-clang --no-suite slow

bench: build ## the benchmarks, ROUNDS (3) times (BIDS names the file of JSON bids, which is made when missing)
	$(call ninja,$(BUILD),bench)
	@bench/run.py --bids $(BIDS) --rounds $(ROUNDS) $(BUILD)
	@$(BUILD)/bench/bench_json $(BIDS)
	@$(BUILD)/bench/bench_log $(BUILD)/bench-log

conformance: build ## the scripts with real Flink's answers (CONFORMANCE names the runner)
	@if [ -x $(CONFORMANCE) ]; then $(CONFORMANCE) $(BUILD)/thalweg; else echo "conformance: no $(CONFORMANCE) here, left out"; fi

includes:
	@python3 tools/check_includes.py

format: ## lay the source out by .clang-format
	@$(SETUP) tidy
	@git ls-files '*.c' '*.h' | xargs clang-format-19 -i

docs: ## write the pages of docs/ that are made from the engine's tables
	$(call configure,$(BUILD),--buildtype=release)
	$(call ninja,$(BUILD),tools/make_docs)
	@$(BUILD)/tools/make_docs docs

tidy: ## layout, direction of includes, stale pages of docs/, static checks
	@$(SETUP) build tidy
	$(call configure,$(BUILD),--buildtype=release)
	$(call ninja,$(BUILD),tools/make_docs)
	@tools/tidy.sh $(BUILD)

install: build ## install under DESTDIR and PREFIX (/usr/local)
	@meson setup --reconfigure $(BUILD) -Dprefix=$(PREFIX) >/dev/null
	@meson install -C $(BUILD) --no-rebuild --quiet

clean: ## remove all build folders
	rm -rf $(BUILD) build-asan build-tsan build-fuzz build-clang

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

COMMA := ,
