import BillingModel

/// Metadata as parameters, with our marks.
enum StripeMetadataForm {
    /// The merchant's metadata and our marks behind it. Throws when the merchant's uses a mark's name or too much.
    static func form(
        setting metadata: Metadata,
        marks: [(key: String, value: String)] = [],
        field: String = "metadata"
    ) throws(ProviderCallError) -> StripeFormBuilder {
        var form = StripeFormBuilder()
        for entry in metadata.entries {
            // The store's copy of a customer may carry the mark; ours follows.
            if marks.contains(where: { $0.key == entry.key }) { continue }
            try check(entry.key, entry.value, field)
            form.add(entry.key, text: entry.value)
        }
        for mark in marks {
            try check(mark.key, mark.value, field)
            form.add(mark.key, .text(mark.value))
        }
        guard form.members.count <= CallLimits.metadataKeysMax else {
            throw ProviderCallError(.tooMany, field)
        }
        return form
    }

    static func form(changing patch: MetadataPatch) throws(ProviderCallError) -> StripeFormBuilder {
        var form = StripeFormBuilder()
        for entry in patch.entries {
            try check(entry.key, entry.value ?? "", "metadata")
            guard !ProviderMark.all.contains(entry.key) else {
                throw ProviderCallError(.reserved, "metadata")
            }
            form.add(entry.key, change: FieldChange.text(entry.value))
        }
        // What is set must fit; what is deleted makes room.
        guard patch.entries.count(where: { $0.value != nil }) <= CallLimits.metadataKeysMax else {
            throw ProviderCallError(.tooMany, "metadata")
        }
        return form
    }

    private static func check(_ key: String, _ value: String, _ field: String) throws(ProviderCallError) {
        guard !key.isEmpty else { throw ProviderCallError(.empty, field) }
        guard !key.utf8.contains(UInt8(ascii: "[")), !key.utf8.contains(UInt8(ascii: "]")) else {
            throw ProviderCallError(.brackets, field)
        }
        guard key.unicodeScalars.count <= CallLimits.metadataKeyLengthMax,
            value.unicodeScalars.count <= CallLimits.metadataValueLengthMax
        else { throw ProviderCallError(.tooLong, field) }
    }
}
