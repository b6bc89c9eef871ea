import JSON
import Telemetry

/// What of Stripe's error object may be kept.
enum StripeFault {
    /// Of an answer whose body is no error object: its status only.
    static func bare(_ facts: AnswerFacts) -> ProviderFault {
        fault(facts, nil)
    }

    static func fault(_ facts: AnswerFacts, _ error: JSONValue?) -> ProviderFault {
        let type = word(error?["type"])
        let code = word(error?["code"])
        let parameter = word(error?["param"])
        // These messages are about the very text that must not be kept.
        let quotesAddress =
            code == "email_invalid" || parameter == "email" || parameter == "customer_email"
            || parameter == "phone"
        return ProviderFault(
            status: facts.status,
            type: type,
            code: code,
            declineCode: word(error?["decline_code"]),
            parameter: parameter,
            requestID: facts.requestID,
            message: quotesAddress ? nil : error?["message"]?.string.map(redacted)
        )
    }

    private static let wordBytesMax = 100

    /// A name such as `invoice_settings[default_payment_method]`; anything that looks like prose is dropped.
    static func word(_ value: JSONValue?) -> String? {
        value?.string.flatMap(word)
    }

    static func word(_ text: String) -> String? {
        guard !text.isEmpty, text.utf8.count <= wordBytesMax, text.utf8.allSatisfy(isWordByte) else {
            return nil
        }
        // A parameter of metadata carries a key of the merchant's, which may be anything.
        return LogRedactor.redacted(text) == text ? text : nil
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "["), UInt8(ascii: "]"):
            true
        default: false
        }
    }

    /// Without addresses, keys, the last characters of a masked key, and long numbers; at most 256 bytes.
    static func redacted(_ message: String) -> String {
        // Cut first, so that a message of megabytes costs nothing; what is cut off is not shown anyway.
        let start = message.unicodeScalars.prefix(LogRedactor.textBytesMax * 4)
        var words: [String] = []
        for word in String(String.UnicodeScalarView(start)).split(
            omittingEmptySubsequences: true,
            whereSeparator: \.isWhitespace
        ) {
            words.append(isSecret(word) ? "<secret>" : String(word))
        }
        return LogRedactor.redacted(words.joined(separator: " "))
    }

    // `sk_test_****1234` shows the end of a key; nine digits or more are a telephone, a card or an account.
    private static func isSecret(_ word: Substring) -> Bool {
        if word.contains("***") || word.contains("•") { return true }
        var digits = 0
        for byte in word.utf8 {
            if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                digits += 1
                if digits >= 9 { return true }
            } else if byte != UInt8(ascii: "-"), byte != UInt8(ascii: "/") {
                digits = 0
            }
        }
        return false
    }
}
