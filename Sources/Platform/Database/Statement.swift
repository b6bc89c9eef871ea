/// One SQL text with its dotted name, such as `"inbox.insert"`, that errors and logs show.
///
/// Make each one once, as a `static let`: engines keep the prepared form by identity. Parameters are
/// `$1…$n`; a number may occur several times.
package final class Statement: Sendable {
    package let name: String
    package let sql: String

    package init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
    }
}
