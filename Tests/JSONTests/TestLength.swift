import Glibc

/// Long loops run in full only when TOLLGATE_LONG=1.
enum TestLength {
    static let isLong = getenv("TOLLGATE_LONG").map { String(cString: $0) } == "1"
}
