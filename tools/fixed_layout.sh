#!/bin/sh
# Runs a command without address randomisation, where the system allows that: programs with gcc 12's AddressSanitizer or
# ThreadSanitizer hang at random at start under kernels whose vm.mmap_rnd_bits is 32.
if setarch -R true 2>/dev/null; then
    exec setarch -R "$@"
fi
exec "$@"
