import CLinux
import Glibc

/// A program that this one started; stopped at the latest when its keeper is.
final class ChildProcess {
    let identifier: pid_t
    /// Its standard input and output, where asked for; -1 otherwise.
    private(set) var input: Int32
    private(set) var output: Int32
    private let keeper: ChildKeeper
    private var exitStatus: Int32?

    enum Streams {
        /// Standard input and output are pipes to us; standard error is ours.
        case pipes
        /// Standard output and error are appended to a file.
        case log(path: String)
    }

    /// `environment` is added to our own.
    init(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        streams: Streams,
        keeper: ChildKeeper
    ) throws(BenchError) {
        self.keeper = keeper
        input = -1
        output = -1
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        // Signals are blocked here because a thread waits for them; the child shall have them.
        var unblocked = sigset_t()
        sigemptyset(&unblocked)
        posix_spawnattr_setsigmask(&attributes, &unblocked)
        // A group of its own: Ctrl-C reaches us alone, and we stop the children in order.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

        var theirs: [Int32] = []
        switch streams {
        case .pipes:
            let toChild = try Self.makePipe()
            let fromChild = try Self.makePipe()
            posix_spawn_file_actions_adddup2(&actions, toChild.reading, 0)
            posix_spawn_file_actions_adddup2(&actions, fromChild.writing, 1)
            input = toChild.writing
            output = fromChild.reading
            theirs = [toChild.reading, fromChild.writing]
        case .log(let path):
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        }

        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = Self.merged(environment).map { strdup($0) } + [nil]
        defer { for word in words + variables { free(word) } }
        var started: pid_t = 0
        let failure = posix_spawn(&started, program, &actions, &attributes, &words, &variables)
        for descriptor in theirs { close(descriptor) }
        guard failure == 0 else {
            throw BenchError("cannot start \(program): \(SystemError.text(failure))")
        }
        identifier = started
        keeper.add(started)
    }

    deinit {
        if exitStatus == nil { stop(signal: SIGKILL) }
        if input >= 0 { close(input) }
        if output >= 0 { close(output) }
    }

    var isRunning: Bool {
        guard exitStatus == nil else { return false }
        var status: Int32 = 0
        guard waitpid(identifier, &status, WNOHANG) == identifier else { return true }
        didEnd(status)
        return false
    }

    /// Sends the signal and waits for the end; gives the wait status. A second call gives it again.
    @discardableResult
    func stop(signal: Int32, patienceSeconds: Double = 30) -> Int32 {
        if isRunning {
            kill(identifier, signal)
            var waited = 0.0
            while isRunning {
                Pause.milliseconds(2)
                waited += 0.002
                if waited > patienceSeconds { kill(identifier, SIGKILL) }
            }
        }
        return exitStatus ?? 0
    }

    func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    private func didEnd(_ status: Int32) {
        exitStatus = status
        keeper.remove(identifier)
    }

    private static func makePipe() throws(BenchError) -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw BenchError("cannot make a pipe: \(SystemError.text(errno))") }
        // Only the ends that are given to the child by dup2 shall survive its exec.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func merged(_ additions: [String: String]) -> [String] {
        var variables: [String] = []
        var position = environ
        while let entry = position.pointee {
            let text = String(cString: entry)
            let name = text.prefix { $0 != "=" }
            if additions[String(name)] == nil { variables.append(text) }
            position += 1
        }
        return variables + additions.map { "\($0.key)=\($0.value)" }
    }
}
