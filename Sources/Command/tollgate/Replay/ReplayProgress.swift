/// How far a replay is: a bar on a terminal, a line for every tenth elsewhere.
struct ReplayProgress {
    private let terminal: Terminal
    private let isWatched: Bool
    private var tenthsTold = 0

    private static let barCells = 30

    init(_ terminal: Terminal) {
        self.terminal = terminal
        isWatched = terminal.isWatched
    }

    mutating func show(done: Int, planned: Int) {
        guard planned > 0 else { return }
        if isWatched {
            terminal.redraw(Self.bar(done: done, planned: planned))
        } else {
            let tenths = done * 10 / planned
            guard tenths > tenthsTold, tenths < 10 else { return }
            tenthsTold = tenths
            terminal.note("\(done) of \(planned) delivered")
        }
    }

    /// Removes the bar, so that the summary stands alone.
    func end() {
        if isWatched { terminal.redraw("") }
    }

    static func bar(done: Int, planned: Int) -> String {
        let filled = done * barCells / planned
        let cells = String(repeating: "█", count: filled) + String(repeating: "░", count: barCells - filled)
        return "\(cells) \(done * 100 / planned) %  \(done) of \(planned)"
    }
}
