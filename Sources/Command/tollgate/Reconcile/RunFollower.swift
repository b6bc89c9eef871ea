import HTTPServer
import JSON
import Timing

/// Watches a run until it is over: one line redrawn on a terminal, a line now and then elsewhere.
struct RunFollower {
    enum Ending {
        case over(RunView)
        /// A person held it; it goes on when somebody resumes it.
        case paused(RunView)
        /// Ctrl-C: the run goes on without us.
        case left
    }

    private static let lookMilliseconds = 250
    private static let lineMilliseconds: Int64 = 5_000

    let client: StoreClient
    let terminal: Terminal
    var clock = WallClock.system

    func follow(_ id: String) throws(CommandFailure) -> Ending {
        let interrupts = InterruptWait()
        let isWatched = terminal.isWatched
        var speed = RunSpeed()
        var lastLine = clock.now()
        while true {
            let run = try look(id)
            let now = clock.now()
            speed.add(seen: run.seen, at: now)
            if run.isOver || run.state == "paused" {
                if isWatched { terminal.redraw("") }
                return run.isOver ? .over(run) : .paused(run)
            }
            if isWatched {
                terminal.redraw(run.line(speed))
            } else if now.milliseconds(since: lastLine) >= Self.lineMilliseconds {
                lastLine = now
                terminal.note(run.line(speed))
            }
            if interrupts.sleep(milliseconds: Self.lookMilliseconds) {
                if isWatched { terminal.note("") }
                return .left
            }
        }
    }

    private func look(_ id: String) throws(CommandFailure) -> RunView {
        do throws(CommandFailure) {
            return RunView(json: try client.call(.get, "/v1/reconciliations/\(percentEncoded(id))"))
        } catch {
            guard error.exitCode == ExitCode.unavailable else { throw error }
            if terminal.isWatched { terminal.note("") }
            throw CommandFailure(
                error.message,
                hint:
                    "the run goes on with the next server: tollgate reconcile show \(id) --follow watches it",
                exitCode: error.exitCode
            )
        }
    }
}
