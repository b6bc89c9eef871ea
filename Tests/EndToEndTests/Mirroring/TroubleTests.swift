import Foundation
import TestSupport
import Testing

extension `End to end` {
    @Suite struct `A provider that cannot be used` {
        /// One connection, and a site, for each trouble.
        private enum Trouble: String, CaseIterable {
            case credential, html, network, trust, name

            /// The outcome that the operation bears.
            var outcome: String {
                switch self {
                case .credential: "http_401"
                case .html: "invalid_json"
                case .network: "CURLE_COULDNT_CONNECT"
                case .trust: "CURLE_PEER_FAILED_VERIFICATION"
                case .name: "CURLE_COULDNT_RESOLVE_HOST"
                }
            }

            /// Why the whole connection stands still; nil for none.
            var pause: String? {
                switch self {
                case .credential: "credentials_paused_at"
                case .trust: "trust_paused_at"
                case .html, .network, .name: nil
                }
            }

            var logged: String {
                switch self {
                case .credential: "mirror_credential_refused"
                case .trust: "mirror_untrusted"
                case .html, .network, .name: outcome
                }
            }
        }

        private static func configuration(_ urls: [Trouble: String], authority: String) -> String {
            let connections = Trouble.allCases.map { trouble in
                """
                {"name": "\(trouble)", "site": "\(trouble)", "mode": "test", "provider": "stripe",
                 "api": {"base_url": "\(urls[trouble] ?? "")", "key": {"env": "API_KEY"}, "probe_s": 1,
                         "ca_file": \(trouble == .trust || trouble == .name ? "\"\(authority)\"" : "null"),
                         "allow_private_addresses": \(trouble == .name)}}
                """
            }
            let endpoints = Trouble.allCases.map { trouble in
                """
                {"name": "\(trouble)", "connection": "\(trouble)", "profile": "stripe",
                 "secrets": [{"env": "SECRET"}]}
                """
            }
            return """
                {"database": "sqlite:shop.db", "listen": {"public": "127.0.0.1:0", "admin": "127.0.0.1:0"},
                 "connections": [\(connections.joined(separator: ",\n"))],
                 "endpoints": [\(endpoints.joined(separator: ",\n"))]}
                """
        }

        @Test func `is named in row, list and log, and used again without a restart`() async throws {
            let refusing = try await RunningSandbox()
            let talking = try await RunningSandbox()
            let latePort = try FreePort.find()
            try refusing.fault(
                #"{"action": "status", "status": 401, "message": "Invalid API Key provided", "match": {"path": "/v1"}}"#
            )
            try talking.fault(#"{"action": "html", "match": {"path": "/v1"}}"#)
            let front = try TLSFront(to: refusing)
            try await front.start(showing: "stranger")
            let names = try OwnNames()
            let urls: [Trouble: String] = [
                .credential: refusing.url, .html: talking.url, .network: "http://127.0.0.1:\(latePort)",
                .trust: "https://127.0.0.1:\(front.addressPort)",
                .name: "https://\(TLSFront.name):\(front.namePort)",
            ]
            let shop = try await Shop(
                configuration: Self.configuration(urls, authority: front.authorityFile),
                environment: MirroredShop.environment,
                through: names?.launcher ?? []
            )
            var keys: [Trouble: String] = [:]
            var customers: [Trouble: String] = [:]
            for trouble in Trouble.allCases {
                let key = try await shop.key(scopes: "write", site: trouble.rawValue)
                keys[trouble] = key
                customers[trouble] = try shop.makeCustomer(
                    #"{"external_id":"u","email":"u@\#(trouble).example"}"#,
                    key: key
                )
            }

            for trouble in Trouble.allCases {
                // Without names of our own, whatever resolves here may take its time and say something else.
                guard trouble != .name || names != nil else { continue }
                try await eventually("\(trouble) is told") { try Self.isTold(trouble, shop) }
                #expect(try shop.syncState(customers[trouble] ?? "", key: keys[trouble] ?? "") == "pending")
            }
            let listed = try await shop.tollgate("outbox", "list")
            for trouble in Trouble.allCases where trouble != .name || names != nil {
                let line = listed.output.split(separator: "\n").first { $0.contains(" \(trouble) ") }
                #expect(line?.contains(trouble.outcome) == true, "\(trouble): \(listed.everything)")
            }

            try refusing.heal()
            try talking.heal()
            let late = try await RunningSandbox(port: latePort)
            try await front.start(showing: "good")
            try names?.resolve(TLSFront.name)
            for trouble in Trouble.allCases where trouble != .name || names != nil {
                try await eventually("\(trouble) is over") {
                    try shop.syncState(customers[trouble] ?? "", key: keys[trouble] ?? "") == "synced"
                }
            }
            #expect(try refusing.customers().count == (names == nil ? 2 : 3))
            #expect(try talking.customers().count == 1)
            #expect(try late.customers().count == 1)
            try await eventually("no connection is paused") {
                try shop.store().number(
                    """
                    SELECT COUNT(*) FROM connection_lanes
                    WHERE credentials_paused_at IS NOT NULL OR trust_paused_at IS NOT NULL
                    """
                ) == 0
            }
            let log = shop.gateway.logText
            for trouble in [Trouble.credential, .trust] {
                #expect(log.contains("the lane goes on") && log.contains(#""connection":"\#(trouble)""#))
            }
            for secret in MirroredShop.environment.values { #expect(!log.contains(secret)) }
            #expect(await shop.gateway.stop() == 0)
        }

        private static func isTold(_ trouble: Trouble, _ shop: Shop) throws -> Bool {
            let rows = try shop.store().rows(
                """
                SELECT outbox.state, outbox.outcome, outbox.message, \(trouble.pause ?? "NULL")
                FROM outbox
                JOIN connections ON connections.id = outbox.connection_id
                LEFT JOIN connection_lanes ON connection_lanes.connection_id = outbox.connection_id
                WHERE connections.name = '\(trouble)'
                """
            )
            guard rows.count == 1, rows[0][1] == trouble.outcome,
                (rows[0][3] != "NULL") == (trouble.pause != nil)
            else { return false }
            return shop.gateway.logText.split(separator: "\n").contains { line in
                line.contains(trouble.logged) && line.contains(#""connection":"\#(trouble)""#)
            }
        }
    }
}
