import Cryptography
import Glibc
import JSON
import WebhookVerifier

/// The options by which `sign` and `replay` learn how to sign.
enum SigningOptions {
    static let all: [OptionSyntax] = [
        .value(
            "--secret-env",
            "NAME",
            "environment variable that holds the signing secret",
            isRequired: true
        ),
        .value(
            "--profile",
            "NAME",
            "a built-in profile, or a .json file with one of your own; stripe unless given"
        ),
        .value("--public-url", "URL", "the URL as registered with the provider, for profiles that sign it"),
    ]

    /// Warnings go to the terminal; the secret goes nowhere.
    static func configuration(
        _ arguments: ParsedArguments,
        publicURL: String?,
        _ terminal: Terminal
    ) throws(CommandFailure) -> VerifierConfiguration {
        let profile = try profile(named: arguments.value("--profile") ?? "stripe")
        let (name, text) = try secret(arguments)
        let secret: WebhookSecret
        do throws(WebhookSecret.Problem) {
            secret = try WebhookSecret(RedactedText(text), for: profile)
        } catch {
            throw CommandFailure("\(name): \(error)", exitCode: ExitCode.configuration)
        }
        if let warning = secret.warning { terminal.note("warning: \(name): \(warning)") }
        do throws(VerifierConfiguration.Problem) {
            return try VerifierConfiguration(
                profile: profile,
                secrets: [secret],
                publicURL: arguments.value("--public-url") ?? publicURL
            )
        } catch {
            throw CommandFailure(
                "profile \(profile.name) signs the URL that the provider calls",
                hint: "give it as --public-url URL",
                exitCode: ExitCode.usage
            )
        }
    }

    private static func secret(_ arguments: ParsedArguments) throws(CommandFailure) -> (
        name: String, text: String
    ) {
        guard let name = arguments.value("--secret-env") else {
            throw CommandFailure(
                "--secret-env is missing",
                hint: "put the endpoint's secret into an environment variable and name it: --secret-env NAME",
                exitCode: ExitCode.usage
            )
        }
        let isName =
            name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || isAlphanumeric($0) }
            && name.utf8.first.map { !isDigit($0) } == true
        // Somebody who puts the secret itself there must not see it again in a log.
        guard isName, !name.hasPrefix("whsec_"), !name.hasPrefix("sk_") else {
            throw CommandFailure(
                "--secret-env wants the name of an environment variable, not the secret itself",
                exitCode: ExitCode.usage
            )
        }
        guard let value = getenv(name) else {
            throw CommandFailure(
                "the environment variable \(name) is not set",
                hint: "it has to hold the secret of the endpoint that the events are sent to",
                exitCode: ExitCode.configuration
            )
        }
        return (name, String(cString: value))
    }

    private static func profile(named name: String) throws(CommandFailure) -> SignatureProfile {
        if name.hasSuffix(".json") {
            let bytes = try EventFiles.read(name)
            do {
                let document = try JSONDocument.parse(bytes)
                return try SignatureProfile.parse(name: "file", document.root)
            } catch let problems as ProfileProblems {
                let lines = problems.all.map(\.description).joined(separator: "\n  ")
                throw CommandFailure("\(printable(name)): \(lines)", exitCode: ExitCode.configuration)
            } catch {
                throw CommandFailure("\(printable(name)) is not JSON: \(error)", exitCode: ExitCode.input)
            }
        }
        guard let profile = SignatureProfile.builtIn(name) else {
            throw CommandFailure(
                "there is no built-in profile \"\(printable(name))\"",
                hint: "one of: \(SignatureProfile.builtInNames.joined(separator: ", "))",
                exitCode: ExitCode.usage
            )
        }
        return profile
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
