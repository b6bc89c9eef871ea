import Database

/// Provider JSON is stored packed.
enum Migration0009PackedBytes {
    static let migration = Migration(
        number: 9,
        name: "packed_bytes",
        statements: [bodies, documents]
    )

    // packing: how the bytes were made small; NULL: they are as they are, as all were before. unpacked_bytes: how many
    // they were before that. No CHECK: adding one would read every body that is there.
    private static let bodies = """
        ALTER TABLE inbox_bodies ADD COLUMN packing BIGINT;
        ALTER TABLE inbox_bodies ADD COLUMN unpacked_bytes BIGINT;
        """

    private static let documents = """
        ALTER TABLE object_documents ADD COLUMN packing BIGINT;
        ALTER TABLE object_documents ADD COLUMN unpacked_bytes BIGINT;
        """
}
