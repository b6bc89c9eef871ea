import Gateway

/// The configuration as commands take it: `--config FILE`, or `tollgate.json` in the working directory.
enum ConfigurationFile {
    static let option = OptionSyntax.value(
        "--config",
        "FILE",
        "the configuration, tollgate.json in the working directory unless given"
    )

    static func path(_ arguments: ParsedArguments) -> String {
        arguments.value(option.name) ?? "tollgate.json"
    }

    /// Says all warnings and problems; nil when there are problems, which means exit code 78.
    static func decode(_ path: String, _ terminal: Terminal) -> GatewayConfiguration? {
        let outcome = ConfigurationDecoder(sources: .process).decode(file: path)
        for warning in outcome.warnings { terminal.note("warning: \(warning)") }
        guard let configuration = outcome.configuration else {
            let count = outcome.problems.count
            terminal.note("tollgate: \(count) \(count == 1 ? "problem" : "problems") in \(path)")
            for problem in outcome.problems { terminal.note("  \(problem)") }
            return nil
        }
        return configuration
    }
}
