import Glibc

/// The paging loop as a child process, so that its memory and CPU are its own.
enum PagingProcess {
    /// - Parameter newest: when the newest customer was made, Unix seconds.
    static func run(
        port: UInt16,
        parts: Int,
        newest: Int64,
        pagesMax: Int,
        keeper: ChildKeeper
    ) throws(BenchError) -> BareReport {
        let words = [
            "pages", "--port", "\(port)", "--parts", "\(parts)", "--newest", "\(newest)", "--pages-max",
            "\(pagesMax)",
        ]
        return try BareProcess.run(words, keeper: keeper)
    }
}
