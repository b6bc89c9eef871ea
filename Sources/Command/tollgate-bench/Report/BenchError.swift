/// Why a run cannot go on; the text says what to do.
package struct BenchError: Error, CustomStringConvertible {
    package let description: String
    /// 1 for a run that failed, 64 for a wrong command line (`EX_USAGE` of sysexits.h).
    package let exitCode: Int32

    package init(_ description: String, exitCode: Int32 = 1) {
        self.description = description
        self.exitCode = exitCode
    }

    package static func usage(_ description: String) -> BenchError {
        BenchError(description, exitCode: 64)
    }
}
