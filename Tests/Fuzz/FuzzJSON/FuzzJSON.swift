import CFuzzer
import JSON

/// Throws bytes at the parser; whatever it accepts must read, compare, merge and write back without a trap, and
/// mean the same afterwards.
enum FuzzJSON {
    static func run() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        _ = LLVMFuzzerRunDriver(&count, &arguments) { data, size in
            FuzzJSON.one(UnsafeRawBufferPointer(start: data, count: size))
            return 0
        }
    }

    private static func one(_ bytes: UnsafeRawBufferPointer) {
        // A refusal is what fuzzing mostly sees, and says nothing more.
        guard let document = try? JSONDocument.parse(bytes) else { return }
        let root = document.root
        precondition(String(validating: bytes, as: UTF8.self) != nil, "accepted bytes are valid UTF-8")
        walk(root)
        let digest = JSONDigest(of: root)

        // Nil is the finding: the else ends the program.
        guard let canonical = try? JSONDocument.parse(root.canonicalBytes).root else {
            preconditionFailure("canonical text is valid")
        }
        precondition(JSONDigest(of: canonical) == digest, "canonical text means the same")
        precondition(
            canonical.canonicalBytes == root.canonicalBytes,
            "canonical text is its own canonical text"
        )

        // The document's own parts laid over each other.
        let parts = [root] + Array(root.elements) + root.members.map(\.value)
        for upper in parts.prefix(4) {
            for lower in parts.prefix(4) {
                // Nil is the finding: the else ends the program.
                guard let merged = try? JSONDocument.parse(lower.merged(overlay: upper)).root else {
                    preconditionFailure("a merged text is valid")
                }
                precondition(
                    JSONDigest(of: merged) == JSONDigest.pair(of: lower, overlay: upper).overlaid,
                    "an overlay means what the merged text means"
                )
            }
        }
    }

    private static func walk(_ value: JSONValue) {
        precondition(
            value.rawBytes.count == value.byteRange.count && !value.byteRange.isEmpty,
            "a value has bytes"
        )
        _ = (value.string, value.integer, value.numberText, value.boolean, value.containsNUL)
        var count = 0
        for element in value.elements {
            walk(element)
            count += 1
        }
        for member in value.members {
            precondition(value.member(member.key) != nil, "each member is found by its name")
            walk(member.value)
            count += 1
        }
        precondition(count == value.count, "the count is that of what is walked")
    }
}
