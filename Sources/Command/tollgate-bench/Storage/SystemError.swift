import Glibc

/// The C library's words for an `errno`.
enum SystemError {
    static func text(_ number: Int32) -> String {
        strerror(number).map { String(cString: $0) } ?? "error \(number)"
    }
}
