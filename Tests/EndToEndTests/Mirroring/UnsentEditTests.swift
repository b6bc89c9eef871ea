import Foundation
import TestSupport
import Testing

extension `End to end` {
    @Suite struct `An edit that was not sent yet` {
        @Test func `outlives a webhook with the old value, and reaches both sides after the outage`()
            async throws
        {
            let mirrored = try await MirroredShop()
            let (shop, sandbox, key) = (mirrored.shop, mirrored.sandbox, mirrored.key)
            let id = try shop.makeCustomer(
                #"{"external_id":"ada","email":"ada@example.com","name":"Old","phone":"+49301234567"}"#,
                key: key
            )
            try await eventually("the customer is synced") { try shop.syncState(id, key: key) == "synced" }
            let remote = try #require(
                try shop.get("/v1/customers/\(id)", key: key).members["stripe_customer_id"] as? String
            )
            try await shop.drained()

            // Nothing can be written there; reads are answered, so that the old value comes in confirmed as well.
            try sandbox.fault(
                #"{"action": "status", "status": 503, "match": {"method": "POST", "path": "/v1"}}"#
            )
            let edit = #"{"name":"New","email":"new@example.com"}"#
            let edited = try shop.send("PATCH /v1/customers/\(id)", key: key, body: edit)
            #expect(edited.status == 200)
            func found(_ address: String) throws -> [String] {
                try shop.list("/v1/customers?email=\(address)", key: key).compactMap { $0["id"] as? String }
            }
            // Somebody changes the phone number in the provider's dashboard, where the old name still stands.
            try sandbox.request("POST /sandbox/customers/\(remote)", body: #"{"phone": "+4930999"}"#)
            try await eventually("the webhook, and a read after it, are applied") {
                try shop.get("/v1/customers/\(id)", key: key).members["phone"] as? String == "+4930999"
            }
            let told = try shop.store().bodies().filter { $0.contains("+4930999") && $0.contains(#""Old""#) }
            #expect(told.count == 1)
            let shown = try shop.get("/v1/customers/\(id)", key: key).members
            #expect(shown["name"] as? String == "New")
            // It is found by the address that it shows, and by no other.
            #expect(shown["email"] as? String == "new@example.com")
            #expect(try found("new@example.com") == [id])
            #expect(try found("ada@example.com") == [])
            #expect((shown["sync"] as? [String: Any])?["state"] as? String == "pending")

            try sandbox.heal()
            try await eventually("the edit arrived") { try shop.syncState(id, key: key) == "synced" }
            #expect(try shop.get("/v1/customers/\(id)", key: key).members["name"] as? String == "New")
            let there = try sandbox.request("GET /v1/customers/\(remote)").members
            #expect(there["name"] as? String == "New" && there["phone"] as? String == "+4930999")
            #expect(there["email"] as? String == "new@example.com")
            #expect(try found("new@example.com") == [id])
            #expect(try shop.store().owed() == 0)
            #expect(await shop.gateway.stop() == 0)
        }
    }
}
