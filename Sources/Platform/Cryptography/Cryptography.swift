// Purpose:  keyed hashes, digests, secret randomness, strict hex and base64, and text that cannot be printed.
// Owns:     libcrypto's contexts.
// May import: CCrypto.
// Never:    business words, headers, clocks; an algorithm of our own making.
// Start reading at: HMACContext.swift.
