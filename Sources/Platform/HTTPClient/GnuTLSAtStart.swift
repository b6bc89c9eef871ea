/// Tells GnuTLS not to make itself ready when the process starts.
///
/// Debian's libcurl speaks TLS by OpenSSL, and brings GnuTLS along for LDAP and RTMP, which nobody uses here. Its
/// start would cost every gateway 0.9 MB. Whoever does use it makes it ready himself (GnuTLS manual, "Initialization":
/// `GNUTLS_SKIP_GLOBAL_INIT`). Called by its library, by this name, so the program exports it (`Package.swift`).
@_cdecl("_gnutls_global_init_skip")
public func skipGnuTLSAtStart() -> Int32 { 1 }
