import Cryptography
import Database
import DatabaseSQLite
import TestSupport
import Testing

@testable import Packing

@Suite struct PackingTests {
    private static let event = Array(
        """
        {"id":"evt_1","object":"event","api_version":"2026-06-24.dahlia","data":{"object":{"id":"sub_1",\
        "object":"subscription","application":null,"automatic_tax":{"disabled_reason":null,"enabled":false}}}}
        """.utf8
    )

    @Test func `a body of JSON becomes smaller and whole again`() throws {
        let packed = PackedBytes(packing: Self.event)
        #expect(packed.count == Self.event.count)
        #expect(packed.storedCount * 2 < Self.event.count)
        #expect(try packed.unpacked() == Self.event)
    }

    @Test func `any bytes come back as they were, whatever their length`() throws {
        for count in [0, 1, 2, 11, 12, 13, 63, 64, 1_000, 65_535, 65_536, 3 << 20] {
            let noise = SecretRandom.bytes(count: count)
            #expect(try PackedBytes(packing: noise).unpacked() == noise)
            let plain = [UInt8](repeating: 0x20, count: count)
            #expect(try PackedBytes(packing: plain).unpacked() == plain)
        }
    }

    @Test func `what does not become smaller is stored as it is`() throws {
        let noise = SecretRandom.bytes(count: 1_000)
        let packed = PackedBytes(packing: noise)
        #expect(packed.values == [.bytes(noise), .null, .null])
    }

    @Test func `damaged bytes, lengths and unknown packings are errors`() throws {
        let values = PackedBytes(packing: Self.event).values
        guard case .bytes(let stored) = values[0] else {
            Issue.record("the first value is the bytes")
            return
        }
        let count = Int64(Self.event.count)
        for wrong in [count - 1, count + 1, 0, -1, .max] {
            #expect(throws: DatabaseError.self) {
                try PackedBytes(stored: stored, packing: 1, unpackedCount: wrong).unpacked()
            }
        }
        #expect(throws: DatabaseError.self) {
            try PackedBytes(stored: Array(stored.dropLast()), packing: 1, unpackedCount: count).unpacked()
        }
        #expect(throws: DatabaseError.self) {
            try PackedBytes(stored: stored, packing: 2, unpackedCount: count).unpacked()
        }
        // Every single damaged byte is noticed or gives as many bytes, and never touches what is outside.
        for index in stored.indices {
            var damaged = stored
            damaged[index] ^= 0xFF
            // An error is as good as bytes: only what is outside must stay untouched.
            let unpacked = try? PackedBytes(stored: damaged, packing: 1, unpackedCount: count).unpacked()
            #expect(unpacked == nil || unpacked?.count == Self.event.count)
        }
    }

    /// Whoever changes the words makes every stored body unreadable.
    @Test func `the first dictionary is what it was when the first body was packed with it`() {
        let words = UnsafeRawBufferPointer(PackingDictionary.first.bytes)
        let digest = "44359c9ad376a51689a3f830e8a11935fe7b2cc1eafff8682d869376e3a9736e"
        #expect(SHA256.hex(of: Array(words)) == digest)
    }

    @Test func `three columns hold packed and plain bytes, and those that were never packed`() throws {
        let file = try TemporaryDatabase()
        let database = try file.open(migrations: [Self.notes])
        try database.start()
        defer { database.stop() }
        let noise = SecretRandom.bytes(count: 50)
        let packed = [PackedBytes(packing: Self.event), PackedBytes(packing: noise)]
        try database.writeAndWait { transaction throws(DatabaseError) in
            for bytes in packed { try transaction.execute(Self.insert, bytes.values) }
            try transaction.execute(Self.insert, [.bytes(Self.event), .null, .null])
        }
        let read = try database.read { transaction throws(DatabaseError) in
            try transaction.rows(Self.all) { $0.packed(0) }
        }
        #expect(try read.map { try $0.unpacked() } == [Self.event, noise, Self.event])
        #expect(read.map(\.storedCount) == [packed[0].storedCount, 50, Self.event.count])
    }

    private static let notes = Migration(
        number: 1,
        name: "notes",
        statements: [
            """
            CREATE TABLE notes (id INTEGER PRIMARY KEY, bytes BLOB, packing BIGINT, unpacked_bytes BIGINT)
            """
        ]
    )
    private static let insert = Statement(
        "notes.insert",
        "INSERT INTO notes (bytes, packing, unpacked_bytes) VALUES ($1, $2, $3)"
    )
    private static let all = Statement(
        "notes.all",
        "SELECT bytes, packing, unpacked_bytes FROM notes ORDER BY id"
    )
}
