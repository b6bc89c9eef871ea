package import BillingModel
package import Timing

package struct ProductRecord: Sendable, Hashable {
    package var number: Int64
    package var version: Int64
    package var name: String
    package var details: String?
    package var isActive: Bool
    package var defaultPrice: ObjectLink?
    package var unitLabel: String?
    package var metadata: Metadata
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var sync: SyncRecord
}

package struct PriceRecord: Sendable, Hashable {
    package var number: Int64
    package var version: Int64
    package var product: ObjectLink?
    package var currency: String
    package var unitAmount: Int64?
    /// Decimal text; only when `unitAmount` cannot hold the price.
    package var unitAmountDecimal: String?
    package var isRecurring: Bool
    package var interval: String?
    package var intervalCount: Int64?
    package var isMetered: Bool
    package var isTiered: Bool
    package var nickname: String?
    package var lookupKey: String?
    package var isActive: Bool
    package var metadata: Metadata
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var sync: SyncRecord
}
