/// What providers take at most; checked before a request is made, so that it does not fail there.
package enum CallLimits {
    /// Keys on one object, ours included.
    package static let metadataKeysMax = 50
    /// Characters of one key.
    package static let metadataKeyLengthMax = 40
    /// Characters of one value.
    package static let metadataValueLengthMax = 500
    package static let clientReferenceLengthMax = 200
    package static let lineItemsMax = 100
    package static let trialDaysMax: Int64 = 730
    package static let eventTypesMax = 20
}
