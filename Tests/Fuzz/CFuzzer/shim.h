// libFuzzer's driver: SwiftPM renames `main`, so the fuzz programs call it themselves.
#ifndef TOLLGATE_CFUZZER_SHIM_H
#define TOLLGATE_CFUZZER_SHIM_H

#include <stddef.h>
#include <stdint.h>

extern int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));

#endif
