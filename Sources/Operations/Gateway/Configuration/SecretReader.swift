import Cryptography
import JSON

/// Resolves `{"env": "NAME"}` and `{"file": "PATH"}`. A literal is refused, and nothing of it is echoed.
struct SecretReader {
    /// A secret is a line of text; anything longer is the wrong file.
    static let bytesMax = 8 * 1024
    /// Below the 192 bits that providers' own secrets have, guessing begins to be thinkable.
    static let bytesAdvised = 24

    let sources: ConfigurationSources
    let report: ConfigurationReport

    private static let wanted = "{\"env\": \"NAME\"} or {\"file\": \"PATH\"}"

    /// `purpose` completes "a variable with …": `the signing secret of endpoint "stripe"`.
    func secret(_ value: JSONValue, path: String, purpose: String) -> RedactedText? {
        guard value.kind == .object else {
            let found = value.kind == .string ? "a literal text" : ConfigurationReport.shown(value)
            report.problem(
                path,
                found: found,
                wanted: Self.wanted,
                hint: value.kind == .string
                    ? "secrets never stand in the configuration: put it into a variable or a file of mode 0600, "
                        + "and change it if this file was shared" : nil
            )
            return nil
        }
        let members = Array(value.members)
        guard members.count == 1, let member = members.first, ["env", "file"].contains(member.key),
            let target = member.value.string, !target.isEmpty, !member.value.containsNUL
        else {
            report.problem(path, found: "an object of another shape", wanted: Self.wanted)
            return nil
        }
        let text =
            member.key == "env"
            ? variable(target, path: path, purpose: purpose) : file(target, path: path, purpose: purpose)
        guard let text else { return nil }
        return checked(text, path: path, purpose: purpose)
    }

    private func variable(_ name: String, path: String, purpose: String) -> String? {
        let isCapital = name.utf8.allSatisfy { byte in
            UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || byte == UInt8(ascii: "_")
        }
        guard let text = sources.environment(name) else {
            // A name that is not written in capitals may be the secret itself, put into the wrong place.
            let isShown = isCapital && name.utf8.count <= 64
            report.problem(
                path,
                found: isShown ? "the variable \(name) unset" : "a variable that is unset",
                wanted: "a variable with \(purpose)",
                hint: isShown ? "export \(name)=… before the start" : "write the variable's name in capitals"
            )
            return nil
        }
        return text
    }

    private func file(_ target: String, path: String, purpose: String) -> String? {
        let wanted = "a readable file with \(purpose)"
        switch sources.file(target, Self.bytesMax) {
        case .failure(.unreadable(let reason)):
            report.problem(path, found: "the file \(shownPath(target)): \(reason)", wanted: wanted)
            return nil
        case .failure(.longer(let bytes)):
            report.problem(
                path,
                found: "the file \(shownPath(target)), longer than \(bytes) bytes",
                wanted: wanted
            )
            return nil
        case .success(var bytes):
            while bytes.last == UInt8(ascii: "\n") || bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
            guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
                report.problem(
                    path,
                    found: "the file \(shownPath(target)), which is not text",
                    wanted: wanted
                )
                return nil
            }
            return text
        }
    }

    private func checked(_ text: String, path: String, purpose: String) -> RedactedText? {
        guard !text.isEmpty else {
            report.problem(path, found: "an empty secret", wanted: purpose)
            return nil
        }
        if text.utf8.count < Self.bytesAdvised {
            report.warning(
                path,
                found: "a secret of \(text.utf8.count) bytes",
                wanted: "at least \(Self.bytesAdvised) bytes",
                hint: "a short secret can be guessed; let the provider make a new one"
            )
        }
        if let first = text.unicodeScalars.first, let last = text.unicodeScalars.last,
            first.properties.isWhitespace || last.properties.isWhitespace
        {
            report.warning(path, found: "a secret with white space at an end", wanted: "the bare secret")
        }
        return RedactedText(text)
    }

    private func shownPath(_ path: String) -> String {
        // Paths are long words by nature, so only what cannot be printed or looks like a provider's key is hidden.
        let looksLikeKey = ["sk_", "rk_", "whsec"].contains { path.hasPrefix($0) }
        let isPlain = path.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && path.utf8.count <= 256
        return isPlain && !looksLikeKey ? path : "named there"
    }
}
