import Database
import Glibc
import Threading

/// `<database file>.lock`, held while a process may write. A second one is refused, not made to wait.
final class DatabaseFileLock: Sendable {
    /// Nil once released: closing twice could close what somebody opened meanwhile.
    private let held: Lock<Int32?>

    init(path: String) throws(DatabaseError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
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
        held = Lock(descriptor)
    }

    func release() {
        let descriptor = held.withLock { held in
            let descriptor = held
            held = nil
            return descriptor
        }
        guard let descriptor else { return }
        // Closing alone leaves it locked while a process that was forked meanwhile has not run exec yet.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
