/// Lines on standard error that tell what a run is doing.
enum Progress {
    static func say(_ line: String) {
        // Nobody reads it any more: that is no reason to end a run.
        _ = Descriptor.writeAll("· \(line)\n", to: 2)
    }
}
