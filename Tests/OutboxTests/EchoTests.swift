import BillingModel
import Database
import Lanes
import Outbox
import Testing
import Timing

/// Events that carry a key of ours.
@Suite struct EchoTests {
    let outbox: OutboxHarness

    init() throws { outbox = try OutboxHarness() }

    private func tell(_ key: IdempotencyKey, of type: ObjectType, _ id: String) throws -> Lane? {
        let object = ObjectKey(connection: outbox.connection, type: type, id: ProviderID(id))
        let now = outbox.now
        return try outbox.write { transaction throws(DatabaseError) in
            try OutboxSettlingTable.acknowledge(key, toldBy: object, now: now, in: transaction)
        }
    }

    @Test func `an event with our key acknowledges what was thought dead, and binds what it made`() throws {
        try outbox.make(1, name: "a")
        let make = try #require(try outbox.claim().first)
        let key = try #require(try outbox.send(make)?.key)
        try outbox.settle(make, .dead(AttemptTrouble("http_400")))
        #expect(try outbox.operation(make.id)?.state == .dead)
        let told = ObjectKey(connection: outbox.connection, type: .customer, id: ProviderID("cus_1"))
        let own = try #require(IdempotencyKey(key))
        let now = outbox.now
        let lane = try outbox.write { transaction throws(DatabaseError) in
            try OutboxSettlingTable.acknowledge(own, toldBy: told, now: now, in: transaction)
        }
        #expect(lane?.providerID == ProviderID("cus_1"))
        #expect(try outbox.operation(make.id)?.state == .acknowledged)
        let foreign = IdempotencyKey(epoch: 1, operation: own.operation, generation: 1)
        let nothing = try outbox.write { transaction throws(DatabaseError) in
            try OutboxSettlingTable.acknowledge(foreign, toldBy: told, now: now, in: transaction)
        }
        #expect(nothing == nil)
    }

    @Test(arguments: [true, false])
    func `an event of something else than what was made has it looked up, for its id`(isDead: Bool) throws {
        try outbox.make(1, name: "a")
        try outbox.update(outbox.unknown(1), name: "b")
        let make = try #require(try outbox.claim().first)
        let key = try #require(try outbox.send(make).flatMap { IdempotencyKey($0.key) })
        let trouble = AttemptTrouble("timeout")
        let later = outbox.now.adding(seconds: 3_600)
        try outbox.settle(make, isDead ? .dead(trouble) : .retry(at: later, trouble))
        #expect(try tell(key, of: .paymentMethod, "pm_1") == nil)
        let told = try #require(try outbox.operation(make.id))
        #expect(told.state == .sent && told.wantsLookup)
        let again = try #require(try outbox.claim().first)
        #expect(again.id == make.id && again.wantsLookup)
        try outbox.settle(again, .acknowledged(ProviderID("cus_1")))
        #expect(try tell(key, of: .paymentMethod, "pm_1") == nil)
        #expect(try outbox.lane(of: 1)?.providerID == ProviderID("cus_1"))
        #expect(try outbox.operation(make.id)?.state == .acknowledged)
    }

    @Test func `an event of something else leaves a call in flight its lease`() throws {
        try outbox.make(1, name: "a")
        let make = try #require(try outbox.claim().first)
        let key = try #require(try outbox.send(make).flatMap { IdempotencyKey($0.key) })
        #expect(try tell(key, of: .paymentMethod, "pm_1") == nil)
        #expect(try outbox.claim().isEmpty)
        try outbox.settle(make, .acknowledged(ProviderID("cus_1")))
        #expect(try outbox.operation(make.id)?.wantsLookup == false)
        #expect(try outbox.lane(of: 1)?.providerID == ProviderID("cus_1"))
    }
}
