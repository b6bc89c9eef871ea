// libcrypto (Debian libssl-dev). Only Cryptography imports this room.
#ifndef TOLLGATE_CCRYPTO_SHIM_H
#define TOLLGATE_CCRYPTO_SHIM_H

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/core_names.h>
#include <openssl/rand.h>

#endif
