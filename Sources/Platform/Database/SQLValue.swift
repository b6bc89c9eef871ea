/// A value bound to a parameter. Times are milliseconds, money is minor units, both as integers.
package enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case text(String)
    case bytes([UInt8])
    /// 16 bytes as two numbers, the highest byte first; no array has to be made for it.
    case digest(UInt64, UInt64)

    package static func boolean(_ value: Bool) -> SQLValue { .integer(value ? 1 : 0) }
    package static func optional(_ value: String?) -> SQLValue { value.map(SQLValue.text) ?? .null }
    package static func optional(_ value: Int64?) -> SQLValue { value.map(SQLValue.integer) ?? .null }
    package static func optional(_ value: [UInt8]?) -> SQLValue { value.map(SQLValue.bytes) ?? .null }
    package static func optional(_ value: Bool?) -> SQLValue { value.map(SQLValue.boolean) ?? .null }
}

/// One row of a result; valid only inside the closure that receives it. Columns count from zero.
///
/// The plain accessors are for columns that the schema declares NOT NULL: a NULL there reads as zero or empty.
package protocol Row {
    func isNull(_ column: Int) -> Bool
    func integer(_ column: Int) -> Int64
    func text(_ column: Int) -> String
    func bytes(_ column: Int) -> [UInt8]
    /// 16 bytes as two numbers, the highest byte first; nil for anything else.
    func digest(_ column: Int) -> (high: UInt64, low: UInt64)?
    /// Whether the column holds exactly this value, of this kind; without reading it out.
    func holds(_ value: SQLValue, at column: Int) -> Bool
}

extension Row {
    package func boolean(_ column: Int) -> Bool { integer(column) != 0 }
    package func optionalInteger(_ column: Int) -> Int64? { isNull(column) ? nil : integer(column) }
    package func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }
    package func optionalBytes(_ column: Int) -> [UInt8]? { isNull(column) ? nil : bytes(column) }
    package func optionalBoolean(_ column: Int) -> Bool? { isNull(column) ? nil : boolean(column) }
}
