import Testing

@testable import tollgate_bench

@Suite struct PageScanTests {
    @Test func `a page is known by its rows, its last id, and whether more follow`() {
        let row = #"{"id":"cus_1","object":"customer","address":null,"invoice_settings":{"footer":null}}"#
        let other = row.replacing("cus_1", with: "cus_2")
        func page(_ rows: [String], more: Bool) -> PageScan {
            PageScan(
                Array(
                    #"{"object":"list","data":[\#(rows.joined(separator: ","))],"has_more":\#(more),"url":"/v1/customers"}"#
                        .utf8
                )
            )
        }
        let first = page([row, other], more: true)
        #expect(first.rows == 2 && first.lastID == "cus_2" && first.hasMore)
        let last = page([other, row], more: false)
        #expect(last.rows == 2 && last.lastID == "cus_1" && !last.hasMore)
        let empty = page([], more: false)
        #expect(empty.rows == 0 && empty.lastID == nil && !empty.hasMore)
        #expect(!PageScan([]).hasMore)
    }

    @Test func `parts of a list leave nothing out and meet nowhere`() throws {
        let targets = try PageCalls.parts(4, newest: 1_600_000_000 + 1_001).map(\.target)
        #expect(
            targets == [
                "/v1/customers?created[lte]=1600000250&limit=100",
                "/v1/customers?created[gte]=1600000251&created[lte]=1600000500&limit=100",
                "/v1/customers?created[gte]=1600000501&created[lte]=1600000750&limit=100",
                "/v1/customers?created[gte]=1600000751&limit=100",
            ]
        )
        #expect(try PageCalls.parts(1, newest: 1_600_001_000).map(\.target) == ["/v1/customers?limit=100"])
    }
}
