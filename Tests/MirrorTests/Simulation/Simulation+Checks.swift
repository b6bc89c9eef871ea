import BillingModel
import Database
import DatabaseSQLite
import Lanes
import Timing

@testable import Mirror

/// What must hold at every moment, and at the end.
extension Simulation {
    func providerID(_ customer: Int64) throws -> ProviderID? {
        if options.areKnown { return ProviderID("cus_known_\(customer)") }
        return try database.read { transaction throws(DatabaseError) in
            try LanesTable.find(local: customer, .customer, on: Self.connection, in: transaction)?.providerID
        }
    }

    func checkView(_ object: String) throws {
        let local = try database.read { transaction throws(DatabaseError) in
            let key = ObjectKey(connection: Self.connection, type: .customer, id: ProviderID(object))
            return try LanesTable.find(key, in: transaction)?.localNumber
        }
        if let local { try checkView(local: local) }
    }

    /// Nobody else edits this field, so the last local edit is what must be seen, whatever is on its way.
    func checkView(local customer: Int64) throws {
        guard let number = edits[customer], violations.count < 50 else { return }
        let application = application
        let seen = try database.read { transaction throws(DatabaseError) in
            try application.view(of: customer, in: transaction)
        }
        if seen.email != "u\(number)@c\(customer).example" {
            violations.append(
                "customer \(customer) shows \(seen.email ?? "nothing") after edit \(number), at \(now.rfc3339)"
            )
        }
    }

    func alerts(_ code: MirrorAlert.Code) -> UInt64 {
        statistics.alertCounts.first { $0.code == code }?.count ?? 0
    }

    /// Open operations and owed reads: none, once everything is over.
    func openRows() throws -> [String] {
        try database.read { transaction throws(DatabaseError) in
            try transaction.rows(RowCounts.open) { "operation \($0.integer(0)) is \($0.text(1))" }
                + transaction.rows(RowCounts.reads) { "lane \($0.integer(0)) owes a read" }
        }
    }

    func isQuiet() throws -> Bool { try openRows().isEmpty }

    func checkEnd() throws {
        let ledger = provider.ledger
        violations += try openRows().prefix(10).map { "stuck: \($0)" }
        for (key, count) in ledger.effects where count > 1 {
            violations.append("key \(key) had \(count) effects")
        }
        for (mark, count) in ledger.createdWithMark where count > 1 {
            violations.append("customer \(mark) was created \(count) times")
        }
        if ledger.refusedKeys > 0 {
            violations.append("\(ledger.refusedKeys) calls had a key of other bytes")
        }
        if ledger.callsAfterKeyExpiry > 0 {
            violations.append("\(ledger.callsAfterKeyExpiry) calls had a key that was forgotten")
        }
        if ledger.keys.count > editsMade {
            violations.append("\(ledger.keys.count) keys for \(editsMade) changes")
        }
        if inFlightLargest > 1 { violations.append("\(inFlightLargest) calls of one object in flight") }
        for (object, values) in ledger.values {
            let numbers = values.map { Int($0.dropFirst().prefix { $0 != "@" }) ?? -1 }
            if zip(numbers, numbers.dropFirst()).contains(where: { $0 >= $1 }) {
                violations.append("\(object) got values out of order: \(numbers.suffix(20))")
            }
        }
        for (customer, number) in edits {
            let id = try providerID(customer)
            let value = id.flatMap { provider.customers[$0.rawValue]?.fields["email"] }
            if value != "u\(number)@c\(customer).example" {
                violations.append(
                    "customer \(customer) is \(value ?? "missing") at the provider, not edit \(number)"
                )
            }
            try compareConfirmed(customer, id)
        }
        violations += application.stepsBack
    }

    private func compareConfirmed(_ customer: Int64, _ id: ProviderID?) throws {
        let lane = try database.read { transaction throws(DatabaseError) in
            try LanesTable.find(local: customer, .customer, on: Self.connection, in: transaction)
        }
        guard let lane, let id, let there = provider.customers[id.rawValue] else {
            violations.append("customer \(customer) has no lane or no provider id")
            return
        }
        let here = application.remote(lane.id)
        if here?.email != there.fields["email"] || here?.name != there.fields["name"] {
            violations.append(
                "customer \(customer) is confirmed as \(here?.email ?? "-") \(here?.name ?? "-"), "
                    + "and is \(there.fields["email"] ?? "-") \(there.fields["name"] ?? "-")"
            )
        }
    }
}
