// Purpose:  stored bytes made small and whole again: LZ4 with a dictionary of the words that provider JSON is made of.
// Owns:     liblz4's states; the dictionaries, which never change once a store may hold bytes packed with them.
// May import: CLZ4, Database.
// Never:    knowledge of what the bytes mean; a length that is believed before it was checked.
// Start reading at: PackedBytes.swift.

/// How stored bytes were made small. The numbers stand in the database and keep their meaning for ever.
package enum Packing: Int64, Sendable {
    /// An LZ4 block (github.com/lz4/lz4, `doc/lz4_Block_format.md`), made with `PackingDictionary.first`.
    case firstDictionary = 1
}
