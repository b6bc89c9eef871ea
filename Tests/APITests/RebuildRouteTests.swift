import API
import BillingModel
import Database
import HTTPServer
import JSON
import Testing

@Suite struct RebuildRouteTests {
    let harness: Harness
    let admin: String
    private static let spoil = Statement("test.spoil", "UPDATE customers SET email = 'other@example.com'")

    init() throws {
        harness = try Harness()
        admin = try harness.key(scopes: [.admin])
        for number in 1...3 {
            try StoreRows(harness: harness).customer(
                "cus_\(number)",
                json:
                    #"{"id":"cus_\#(number)","object":"customer","created":1700000000,"email":"a@example.com"}"#
            ) { $0.email = "a@example.com" }
        }
    }

    /// All steps, each of one object; the sum of `differing_rows`, and the steps' fields.
    private func rebuild(_ mode: String, key: String? = nil) throws -> (differing: Int64, compared: Int64) {
        var sum: (differing: Int64, compared: Int64) = (0, 0)
        var cursor: String?
        repeat {
            let next = cursor.map { #","cursor":"\#($0)""# } ?? ""
            let step = harness.post(
                "/v1/rebuilds",
                key: key ?? admin,
                body: #"{"mode":"\#(mode)","limit":1\#(next)}"#
            )
            try #require(step.status == 200, "\(step.text)")
            let json = try step.json()
            sum.differing += json["differing_rows"]?.integer ?? 0
            sum.compared += json["compared"]?.integer ?? 0
            #expect(json["has_more"]?.boolean == (json["next_cursor"]?.string != nil))
            cursor = json["next_cursor"]?.string
        } while cursor != nil
        return sum
    }

    @Test func `a dry run tells and writes nothing, applying mends, and then nothing differs`() throws {
        #expect(try rebuild("dry_run") == (0, 3))
        _ = try harness.write { transaction throws(DatabaseError) in
            try transaction.execute(Self.spoil, [])
        }
        #expect(try rebuild("dry_run") == (3, 3))
        #expect(try rebuild("apply") == (3, 3))
        #expect(try rebuild("apply") == (0, 3))
        // On record for the operator, because it is of no site.
        let log = harness.call(APICall(.get, "/v1/audit_log?act=store.rebuild"), through: .socket)
        let targets = try #require(try log.json()["data"]).elements.map { $0["target"]?.string ?? "" }
        // A line for each rebuild, not for each step.
        #expect(targets == ["apply", "apply", "dry_run", "dry_run"])
    }

    @Test func `a key rebuilds what it may see, and only an admin's`() throws {
        let other = try harness.key(sites: ["shop"], scopes: [.admin])
        #expect(try rebuild("apply", key: other) == (0, 0))
        let reader = try harness.key(scopes: [.read, .write])
        #expect(harness.post("/v1/rebuilds", key: reader, body: "{}").status == 403)
    }

    @Test func `what cannot be asked is refused`() throws {
        for (body, code) in [
            (#"{"mode":"wet"}"#, "validation_failed"), (#"{"limit":0}"#, "validation_failed"),
            (#"{"scope":"all"}"#, "unknown_field"), (#"{"cursor":"00"}"#, "invalid_cursor"),
        ] {
            #expect(harness.post("/v1/rebuilds", key: admin, body: body).code == code, "\(body)")
        }
        // A dry run's place is none in a rebuild that writes.
        let step = harness.post("/v1/rebuilds", key: admin, body: #"{"mode":"dry_run","limit":1}"#)
        let cursor = try #require(try step.field("next_cursor"))
        #expect(
            harness.post("/v1/rebuilds", key: admin, body: #"{"cursor":"\#(cursor)"}"#).code
                == "invalid_cursor"
        )
        #expect(harness.get("/v1/rebuilds", key: admin).status == 405)
    }
}
