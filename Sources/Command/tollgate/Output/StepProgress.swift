/// How far a command of many steps is: one line redrawn on a terminal, a line for every tenth elsewhere.
struct StepProgress {
    private let terminal: Terminal
    private let isWatched: Bool
    private var tenthsTold = 0

    init(_ terminal: Terminal) {
        self.terminal = terminal
        isWatched = terminal.isWatched
    }

    mutating func show(percent: Int, _ words: String) {
        if isWatched { return terminal.redraw("\(percent) %  \(words)") }
        let tenths = percent / 10
        guard tenths > tenthsTold, tenths < 10 else { return }
        tenthsTold = tenths
        terminal.note("\(percent) %  \(words)")
    }

    /// Removes the line, so that the summary stands alone.
    func end() {
        if isWatched { terminal.redraw("") }
    }
}
