/// One thing that can be asked of `tollgate`.
struct Command: Sendable {
    let syntax: CommandSyntax
    /// Returns the exit code. Throws what the person at the keyboard should read.
    let run: @Sendable (_ arguments: ParsedArguments, _ terminal: Terminal) throws(CommandFailure) -> Int32
}
