// liblz4 (Debian liblz4-dev). Only Packing imports this room.
#ifndef TOLLGATE_CLZ4_SHIM_H
#define TOLLGATE_CLZ4_SHIM_H

#include <lz4.h>

#endif
