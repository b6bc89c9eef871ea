import Database
import Glibc

/// `<database file>.lock`, held while a process may write. A second one is refused, not made to wait.
final class DatabaseFileLock: Sendable {
    private let descriptor: Int32

    init(path: String) throws(DatabaseError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw DatabaseError(
                kind: .other,
                statement: "lock",
                code: errno,
                message: "\(path): \(String(cString: strerror(errno)))"
            )
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw DatabaseError(
                kind: .busy,
                statement: "lock",
                code: EWOULDBLOCK,
                message: "another tollgate process has \(path)"
            )
        }
    }

    func release() {
        close(descriptor)
    }
}
