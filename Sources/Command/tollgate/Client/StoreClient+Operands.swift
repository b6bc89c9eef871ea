extension StoreClient {
    /// Does one thing after the other to what the operands name, and tells what became of each.
    ///
    /// One that is refused does not keep the others waiting; the exit code is then the last refusal's.
    /// - Parameter act: returns the word to show behind the operand.
    static func forEachOperand(
        of arguments: ParsedArguments,
        _ terminal: Terminal,
        _ act: (StoreClient, String) throws(CommandFailure) -> String
    ) throws(CommandFailure) -> Int32 {
        let client = try StoreClient(arguments)
        var exitCode = ExitCode.success
        for operand in arguments.operands {
            do throws(CommandFailure) {
                terminal.line("\(printable(operand)): \(try act(client, operand))")
            } catch {
                terminal.note("\(printable(operand)): \(error.message)")
                exitCode = error.exitCode
            }
        }
        return exitCode
    }
}
