import CustomerStore
import Testing
import Timing

@testable import API

@Suite struct CursorTests {
    private func list(_ path: String = "/v1/x", _ scope: String = "s", _ query: String = "") throws
        -> ListIdentity
    {
        ListIdentity(path: path, scope: scope, filters: try QueryParameters(query).pairs)
    }

    private let positions = [
        (0, 1), (1_750_000_000_000, 42), (-1, Int64.max), (Int64.max, 0), (Int64.min, -1),
    ].map {
        PagePosition(createdAt: Timestamp(milliseconds: $0), number: $1)
    }

    @Test func `a cursor comes back as it went`() throws {
        let list = try list()
        for position in positions {
            #expect(Cursor(Cursor(position).text(list: list), list: list)?.position == position)
        }
    }

    @Test func `a cursor of another path, scope or filter is none`() throws {
        let text = Cursor(positions[1]).text(list: try list("/v1/x", "s", "a=1&b=2"))
        let same = try list("/v1/x", "s", "b=2&a=1")
        #expect(Cursor(text, list: same) != nil)
        for other in [
            try list("/v1/y", "s", "a=1&b=2"), try list("/v1/x", "t", "a=1&b=2"),
            try list("/v1/x", "s", "a=1"),
            try list("/v1/x", "s", "a=12&b="), try list("/v1/x", "s", "a=1&b=3"),
            try list("/v1/x", "sa", "=1&b=2"),
        ] {
            #expect(Cursor(text, list: other) == nil)
        }
    }

    @Test func `no changed character and no cut of a cursor is accepted`() throws {
        let list = try list()
        let good = Array(Cursor(positions[1]).text(list: list).utf8)
        for index in good.indices {
            var bad = good
            bad[index] = bad[index] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
            #expect(Cursor(String(decoding: bad, as: UTF8.self), list: list) == nil)
            #expect(Cursor(String(decoding: good[..<index], as: UTF8.self), list: list) == nil)
        }
        let upper = String(decoding: good, as: UTF8.self).uppercased()
        #expect(upper == String(decoding: good, as: UTF8.self) || Cursor(upper, list: list) == nil)
    }

    @Test(arguments: [
        "", "x", "é", "00", String(repeating: "0", count: 50), String(repeating: "f", count: 5_000),
    ])
    func `what never was a cursor is none`(text: String) throws {
        #expect(Cursor(text, list: try list()) == nil)
    }
}
