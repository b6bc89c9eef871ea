package import BillingModel
package import Timing

package struct ChargeRecord: Sendable, Hashable {
    package var number: Int64
    package var version: Int64
    package var customer: Int64?
    package var invoice: ObjectLink?
    package var amount: Int64
    package var amountCaptured: Int64
    package var amountRefunded: Int64
    package var currency: String
    package var status: ChargeSnapshot.Status
    package var failureMessage: String?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var sync: SyncRecord
}

package struct RefundRecord: Sendable, Hashable {
    package var number: Int64
    package var version: Int64
    package var charge: ObjectLink?
    package var amount: Int64
    package var currency: String
    package var status: RefundSnapshot.Status
    package var reason: String?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var sync: SyncRecord
}

package struct DisputeRecord: Sendable, Hashable {
    package var number: Int64
    package var version: Int64
    package var charge: ObjectLink?
    package var amount: Int64
    package var currency: String
    package var status: DisputeSnapshot.Status
    package var reason: String?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var sync: SyncRecord
}
