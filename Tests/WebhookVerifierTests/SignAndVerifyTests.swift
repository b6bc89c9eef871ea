import Cryptography
import Testing
import Timing
import WebhookVerifier

struct SignAndVerifyTests {
    static let textSecret = "signing_secret_of_good_length_1"
    static let names = SignatureProfile.builtInNames

    private func secret(for name: String, random: RandomSource) -> String {
        let bytes = (0..<32).map { _ in UInt8(random.below(256)) }
        switch name {
        case "adyen-standard", "adyen-platform": return Hex.encode(bytes)
        case "omise": return Base64.encode(bytes)
        case "standard-webhooks", "svix", "clerk", "autumn", "dodo", "lithic":
            return "whsec_" + Base64.encode(bytes)
        default: return "text_" + Hex.encode(bytes)
        }
    }

    private func configuration(_ name: String, _ secrets: [String]) throws -> VerifierConfiguration {
        let profile = try #require(SignatureProfile.builtIn(name))
        return try VerifierConfiguration(
            profile: profile,
            secrets: secrets.map { try WebhookSecret(RedactedText($0), for: profile) },
            publicURL: "https://pay.example.net/hooks/in"
        )
    }

    private func verify(
        _ configuration: VerifierConfiguration,
        _ headers: [(name: String, value: String)],
        _ body: [UInt8],
        _ now: Timestamp
    ) -> VerificationOutcome {
        let list = HeaderList(headers)
        let query = Array("data.id=ord%5F77".utf8)
        return body.withUnsafeBytes { body in
            query.withUnsafeBytes { query in
                WebhookVerifier(configuration).verify(headers: list, query: query, body: body, now: now)
            }
        }
    }

    private func body(_ random: RandomSource) -> [UInt8] {
        let noise = (0..<random.below(400)).map { _ in
            String(UnicodeScalar(UInt8(random.below(26)) + UInt8(ascii: "a")))
        }
        return Array(
            """
            {"id":"\(random.next())","pspReference":"\(random.next())","amount":{"value":\(random.below(9999))},
             "iyziEventType":"X","paymentId":\(random.below(9999)),"status":"S","text":"\(noise.joined())"}
            """.utf8
        )
    }

    @Test(arguments: names)
    func `what the signer signs the verifier accepts, and nothing near it`(name: String) throws {
        let seed = name.utf8.reduce(UInt64(7)) { $0 &* 31 &+ UInt64($1) }
        let random = RandomSource(seed: seed)
        for _ in 0..<20 {
            let right = secret(for: name, random: random)
            let wrong = secret(for: name, random: random)
            let now = Timestamp(milliseconds: 1_700_000_000_000 + Int64(random.below(100_000_000)) * 1000)
            let plain = body(random)
            let signed = try WebhookSigner(configuration(name, [right]))
                .sign(body: plain, id: "msg_\(random.next())", timestamp: now, query: "data.id=ord%5F77")
            let both = try configuration(name, [wrong, right])
            let at = name == "metronome" || signed.headers.isEmpty ? now : now.adding(milliseconds: 400)
            guard case .verified(let signedAt, 1) = verify(both, signed.headers, signed.body, at) else {
                Issue.record("seed \(seed): \(verify(both, signed.headers, signed.body, at))")
                continue
            }
            if let signedAt { #expect(abs(signedAt.milliseconds(since: now)) < 1000) }
            let refused = try verify(configuration(name, [wrong]), signed.headers, signed.body, at)
            #expect(refused == .refused(.noMatch), "seed \(seed)")
            #expect(signed.headers.allSatisfy { !$0.value.contains(right) })

            // One flipped bit of the body, where the whole body is signed.
            guard try #require(SignatureProfile.builtIn(name)).trustedFields.isEmpty else { continue }
            var tampered = signed.body
            let index = Int(random.below(UInt64(tampered.count - 1))) + 1
            tampered[index] ^= 1 << UInt8(random.below(8))
            #expect(
                verify(both, signed.headers, tampered, at) == .refused(.noMatch),
                "seed \(seed), byte \(index)"
            )
        }
    }

    @Test func `limits hold exactly`() throws {
        let configuration = try configuration("stripe", [Self.textSecret])
        let now = Timestamp(milliseconds: 1_700_000_000_000)
        let body = Array("{}".utf8)
        let signed = try WebhookSigner(configuration).sign(body: body, id: "", timestamp: now)
        let value = try #require(signed.headers.first { $0.name == "Stripe-Signature" }?.value)
        func verdict(_ value: String) -> VerificationOutcome {
            verify(configuration, [("stripe-signature", value)], body, now)
        }
        let accepted = verdict(value)
        #expect(accepted == .verified(signedAt: now, secret: 0))
        #expect(verdict(value + String(repeating: ",v1=00", count: 31)) == accepted)
        #expect(verdict(value + String(repeating: ",v1=00", count: 32)) == .refused(.tooManySignatures))
        let room = 8192 - value.utf8.count - 1
        #expect(verdict(value + "," + String(repeating: "x", count: room)) == accepted)
        #expect(verdict(value + "," + String(repeating: "x", count: room + 1)) == .refused(.headerTooLarge))
        #expect(verdict(value + ",t=1700000000") == .refused(.malformedTimestamp))
        #expect(verdict("t=1700000000") == .refused(.malformedSignature))
        #expect(verdict(String(value.drop { $0 != "v" })) == .refused(.missingTimestamp))
        #expect(verdict("t=9223372036854775807,v1=00") == .refused(.malformedTimestamp))
        #expect(verdict("t=999999999999999999,v1=00") == .refused(.malformedTimestamp))
    }

    @Test func `secrets are checked when the configuration is read`() throws {
        let stripe = try #require(SignatureProfile.builtIn("stripe"))
        let standard = try #require(SignatureProfile.builtIn("standard-webhooks"))
        let adyen = try #require(SignatureProfile.builtIn("adyen-standard"))
        for blank in ["", " ", "\t\n"] {
            #expect(throws: WebhookSecret.Problem.empty) {
                try WebhookSecret(RedactedText(blank), for: stripe)
            }
        }
        #expect(throws: WebhookSecret.Problem.empty) {
            try WebhookSecret(RedactedText("whsec_"), for: standard)
        }
        #expect(throws: WebhookSecret.Problem.self) {
            try WebhookSecret(RedactedText("not base64!"), for: standard)
        }
        #expect(throws: WebhookSecret.Problem.self) { try WebhookSecret(RedactedText("xyz"), for: adyen) }
        #expect(try WebhookSecret(RedactedText("short"), for: stripe).warning?.contains("5 bytes") == true)
        let good = try WebhookSecret(RedactedText(Self.textSecret), for: stripe)
        #expect(good.warning == nil)
        #expect(!String(reflecting: good).contains(Self.textSecret))
        #expect(throws: VerifierConfiguration.Problem.noSecret) {
            try VerifierConfiguration(profile: stripe, secrets: [])
        }
        let square = try #require(SignatureProfile.builtIn("square"))
        #expect(throws: VerifierConfiguration.Problem.publicURLMissing(profile: "square")) {
            try VerifierConfiguration(profile: square, secrets: [good])
        }
    }
}
